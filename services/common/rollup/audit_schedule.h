#pragma once

#include <condition_variable>
#include <functional>
#include <thread>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/rollup/auditor.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// Runs an audit from time to time, in its own thread, and hands on what came of it.
class AuditSchedule {
 public:
  struct Options {
    absl::Duration interval = absl::Hours(6);  // from start to start; the first one comes after it
    absl::Duration deadline = absl::Hours(1);  // of one run
    int max_differences = 100;
  };
  // From the schedule's thread: a report, or why there is none. Log a difference as an alert; it is not repaired.
  using Done = std::function<void(const absl::StatusOr<AuditReport>&)>;

  // The auditor outlives it and is its own: stopping cancels it.
  AuditSchedule(Auditor& auditor, Options options, Done done);
  ~AuditSchedule();  // stops
  void Start();
  // Ends a run that is going on. Not to be started again. `done` does not run after it returns.
  void Stop();

 private:
  void Run() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // waiting is beyond it

  Auditor& auditor_;
  const Options options_;
  const Done done_;
  Mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::common
