#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

#include "gateway/overview/summary.h"
#include "services/common/directory/directory.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "services/common/values/mutex.h"

namespace ronghe::gateway {

// What changes a kept total, as far as the feed tells. The feed names the units whose own figures changed; whose totals
// that changes follows from the structure of today, so it serves for the figures summed under it. Totals summed under
// another structure may have changed with any unit.
enum class Sensitivity { kUnit, kAnyUnit };

// A message of a service's feed (common.v1.FollowSummariesResponse).
struct FeedChange {
  bool reset = false;
  std::string incarnation;
  int64_t position = 0;
  int64_t cache_epoch = 0;
  std::vector<common::UnitUid> units;
  bool structure_changed = false;
  int64_t structure_revision = 0;
};

// Whose totals a message changed.
struct Touched {
  bool everything = false;
  std::vector<common::UnitUid> units;  // with all above them
};

// What this process knows about the changes of one service's totals, and with it the one rule by which a kept total may
// be served. Bounded, however many units there are. Thread-safe.
class Freshness {
 public:
  // A total is served if it is known to have been current so long ago at most.
  static constexpr absl::Duration kMaxAge = absl::Seconds(1);

  // Both outlive it. `max_changes`: how many units' last changes are remembered.
  Freshness(const common::Directory& directory, const common::Clock& clock, size_t max_changes = 100'000)
      : directory_(directory), clock_(clock), max_changes_(max_changes) {}

  // In feed order, by one thread. The totals that changed are those of the units and of all above them in the
  // directory, if the directory stands at the message's structure, else all.
  Touched Apply(const FeedChange& change);
  // The service's answer to what its last position is, asked at `sent`.
  void Head(const std::string& incarnation, int64_t position, int64_t cache_epoch, absl::Time sent);

  // The rule. True iff the figures, true for `place`, are of the history that is followed, from a position from which
  // all changes are known, no later one changed them, and that is known as of kMaxAge ago or later: the service was
  // asked then for its last position, and everything up to it has been heard.
  bool Accepts(const Place& place, common::UnitUid unit, Sensitivity sensitivity) const;
  // The time for which the rule, but for its last part, says that the figures are true; InfinitePast if it does not.
  absl::Time TrueAt(const Place& place, common::UnitUid unit, Sensitivity sensitivity) const;

  // The shared cache may have lost invalidations: for this service it is left alone until its epoch was advanced.
  void DoubtCache();
  // The service's answer to AdvanceCacheEpoch.
  void CacheAdvanced(const std::string& incarnation, int64_t cache_epoch);

  struct State {
    std::string incarnation;  // empty: nothing has been heard yet
    int64_t position = 0;
    int64_t cache_epoch = 0;
    int64_t structure_revision = 0;
    absl::Time known_current = absl::InfinitePast();
    bool cache_doubted = false;
  };
  State state() const;
  // How long ago the totals were last known to be current; a day if never or longer ago.
  absl::Duration Lag() const;
  // Waits until the feed has come to this structure; false at the deadline.
  bool WaitForStructure(int64_t revision, absl::Time deadline) const;

 private:
  struct PendingHead {
    int64_t position;
    absl::Time sent;
  };
  void Begin(const FeedChange& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Settle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Prune() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const common::Directory& directory_;
  const common::Clock& clock_;
  const size_t max_changes_;

  mutable common::Mutex mutex_;
  mutable std::condition_variable moved_;
  State state_ ABSL_GUARDED_BY(mutex_);
  // Positions from which all changes are known; also the last one at which everything changed.
  int64_t floor_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t last_change_ ABSL_GUARDED_BY(mutex_) = 0;                        // of any unit
  absl::flat_hash_map<int64_t, int64_t> changed_ ABSL_GUARDED_BY(mutex_);  // by unit, above the floor
  std::deque<PendingHead> heads_ ABSL_GUARDED_BY(mutex_);                  // not reached yet, oldest first
};

}  // namespace ronghe::gateway
