#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include "services/common/values/mutex.h"

namespace ronghe::tests {

// When which facts were written, by the units that count them: what a total that is read must show. Thread-safe.
class FactLedger {
 public:
  // A write begins, which one fact of each of `units` comes of.
  void Begin(const std::vector<std::string>& units) {
    const common::MutexLock lock(mutex_);
    for (const std::string& unit : units) ++tracks_[unit].begun;
  }
  // It was acknowledged. Returns how many of each unit's are.
  std::vector<int64_t> Acknowledge(const std::vector<std::string>& units) {
    std::vector<int64_t> counts;
    const common::MutexLock lock(mutex_);
    const absl::Time now = absl::Now();
    for (const std::string& unit : units) {
      tracks_[unit].acknowledged.push_back(now);
      counts.push_back(static_cast<int64_t>(tracks_[unit].acknowledged.size()));
    }
    return counts;
  }
  int64_t Begun(const std::string& unit) const {
    const common::MutexLock lock(mutex_);
    const auto track = tracks_.find(unit);
    return track == tracks_.end() ? 0 : track->second.begun;
  }
  // How long before `time` a fact was acknowledged that a total of `value` cannot contain; zero if there is none.
  absl::Duration Age(const std::string& unit, int64_t value, absl::Time time) const {
    const common::MutexLock lock(mutex_);
    const auto track = tracks_.find(unit);
    if (track == tracks_.end()) return absl::ZeroDuration();
    const std::vector<absl::Time>& acknowledged = track->second.acknowledged;
    const auto first_missing = static_cast<size_t>(std::max<int64_t>(value, 0));
    if (first_missing >= acknowledged.size()) return absl::ZeroDuration();
    return std::max(absl::ZeroDuration(), time - acknowledged[first_missing]);
  }

 private:
  struct Track {
    int64_t begun = 0;
    std::vector<absl::Time> acknowledged;  // ascending
  };
  mutable common::Mutex mutex_;
  std::map<std::string, Track> tracks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::tests
