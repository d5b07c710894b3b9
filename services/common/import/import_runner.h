#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "services/common/import/import_engine.h"
#include "services/common/import/import_hub.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// Brings committed imports to their end, in one thread: those it finds at the start, those whose commit wakes it, and
// those that another process left behind. Several processes may have one; the lease lets one of them work at a time.
// Each step is safe on its own, so losing the lease in the middle costs time, not rows.
class ImportRunner {
 public:
  struct Options {
    std::string holder;                             // names this process for the lease
    absl::Duration look = absl::Milliseconds(250);  // how often to look for work nobody announced
    absl::Duration lease = absl::Seconds(3);
    absl::Duration housekeeping = absl::Minutes(10);
  };
  // `report` takes what went wrong, for the log.
  using Report = std::function<void(std::string_view what, const absl::Status& status)>;
  ImportRunner(ImportEngine& engine, ImportHub& hub, Options options, Report report);
  ~ImportRunner();  // stops

  void Start();
  // Ends after the transaction it is in.
  void Stop();
  // There is work. Cheap, from any thread.
  void Wake();
  // One round in the caller's thread, for tests: everything that is due is brought to its end or to its next retry.
  absl::Status RunOnce();

 private:
  struct Trouble {
    int failures = 0;
    absl::Time not_before;
  };
  void Loop();
  // True if there may be more to do at once.
  absl::StatusOr<bool> Round();
  // True if it can go on at once.
  bool Advance(int64_t id);
  absl::StatusOr<bool> HoldLease();
  void Follow();
  absl::Status Housekeep();
  bool stopping() const;
  common::Call NewCall() const;

  ImportEngine& engine_;
  ImportHub& hub_;
  const Options options_;
  const Report report_;
  // Of the thread that runs rounds.
  std::map<int64_t, Trouble> troubles_;
  absl::Time leased_until_ = absl::InfinitePast();
  absl::Time housekept_ = absl::InfinitePast();

  mutable common::Mutex mutex_;
  std::condition_variable wake_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace ronghe::common
