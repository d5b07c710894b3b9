#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <thread>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/sql/database.h"
#include "services/common/values/mutex.h"
#include "services/organization/storage/person_vault.h"

namespace ronghe::organization {

// Gives members that were registered before there were name indexes theirs: in its own thread, in small transactions
// that go on where an earlier process stopped. It looks again every ten minutes, for what a process of the version
// before may still write. Any number of processes may run one. Thread-safe.
class MemberIndexFiller {
 public:
  // All must outlive it. `on_error`: for the log.
  MemberIndexFiller(common::sql::Database& database, const PersonVault& vault,
                    std::function<void(const absl::Status&)> on_error);
  ~MemberIndexFiller();  // stops
  void Start();
  void Stop();
  // Fills everything now, in the caller's thread.
  absl::Status FillAll();
  // Whether nothing was left at the last look: until then searches by name would miss somebody.
  bool complete() const { return complete_; }

 private:
  void Run() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // waiting is beyond it
  bool stopping();

  common::sql::Database& database_;
  const PersonVault& vault_;
  std::function<void(const absl::Status&)> on_error_;
  std::atomic<bool> complete_ = false;
  common::Mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::organization
