#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "services/common/import/import.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// Tells waiting streams how far imports are. Whoever runs an import publishes it; streams track it, read the latest
// news and wait for newer ones without a thread and without the database. Thread-safe.
class ImportHub {
 public:
  // News that only differ in their counters follow one another no faster than this.
  static constexpr absl::Duration kPace = absl::Milliseconds(100);

  explicit ImportHub(const common::Clock& clock) : clock_(clock) {}

  // News of an import are kept from Track to as many Untrack.
  void Track(int64_t import_id);
  void Untrack(int64_t import_id);
  std::vector<int64_t> Tracked() const;

  struct News {
    int64_t version = 0;  // 0: none yet
    Import import;
  };
  News Latest(int64_t import_id) const;

  // Calls `wake` once, from the publishing thread or at once, when there are news after `version`. Cancel guarantees
  // that `wake` will not run after it returned; it must not be called from `wake`.
  uint64_t WakeAfter(int64_t import_id, int64_t version, std::function<void()> wake);
  void Cancel(uint64_t handle);

  void Publish(const Import& import);
  // Publishes what was held back by the pace. To be called every now and then while nothing else is published.
  void Flush();

 private:
  struct Topic {
    int trackers = 0;
    int64_t version = 0;
    absl::Time published = absl::InfinitePast();
    Import import;
    std::optional<Import> held;
  };
  struct Waiter {
    int64_t import_id = 0;
    int64_t version = 0;
    std::function<void()> wake;
  };
  void Announce(Topic& topic, Import import) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Runs the waiters that have become due. Not under mutex_.
  void WakeDue();

  const common::Clock& clock_;
  common::Mutex waking_;  // held while waiters run: what Cancel waits for. Before mutex_.
  mutable common::Mutex mutex_;
  std::map<int64_t, Topic> topics_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_handle_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ronghe::common
