#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

#include "gateway/overview/freshness.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "services/common/values/mutex.h"

namespace ronghe::gateway {

// Looks again at what is being watched when it may have changed: soon after a change that concerns its unit, at most
// once every kPause, and every kTick in any case. Looks run on a few threads of its own, so that watchers cannot take
// the pool from other calls. Thread-safe.
class WatchHub {
 public:
  static constexpr absl::Duration kPause = absl::Milliseconds(20);
  static constexpr absl::Duration kTick = absl::Seconds(1);

  explicit WatchHub(const common::Clock& clock, int threads = 2);
  ~WatchHub();  // stops

  using Look = std::function<void()>;
  using Id = uint64_t;
  // The first look is at once. Looks of one watch never overlap.
  Id Add(common::UnitUid unit, Look look);
  // Waits for a look that runs; none begins afterwards. Not from within a look.
  void Remove(Id id);
  // One watch, soon.
  void Wake(Id id);
  void Changed(const Touched& touched);
  void ChangedAll();
  // No looks any more. Idempotent.
  void Stop();
  size_t size() const;

 private:
  struct Watch {
    common::UnitUid unit;
    Look look;
    absl::Time due;
    absl::Time looked = absl::InfinitePast();
    bool running = false;
    bool again = false;  // woken while running
  };
  void Run();
  void WakeLocked(Id id, Watch& watch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetDue(Id id, Watch& watch, absl::Time due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const common::Clock& clock_;
  mutable common::Mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Id last_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Id, std::shared_ptr<Watch>> watches_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<int64_t, std::vector<Id>> by_unit_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, Id>> queue_ ABSL_GUARDED_BY(mutex_);  // those not running
  std::vector<std::thread> threads_;
};

}  // namespace ronghe::gateway
