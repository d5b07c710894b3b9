#include "gateway/overview/last_known.h"

namespace ronghe::gateway {

void LastKnown::Put(std::string_view service, common::UnitUid unit, Entry entry) {
  const absl::Time now = clock_.Now();
  Key key(service, unit.value);
  common::MutexLock lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) {
    kept_.splice(kept_.begin(), kept_, found->second);
    // Answers overtake each other.
    if (entry.place.position < kept_.front().entry.place.position && now - kept_.front().since < kMaxAge) return;
    kept_.front().entry = std::move(entry);
    kept_.front().since = now;
    return;
  }
  kept_.push_front({key, std::move(entry), now});
  index_[std::move(key)] = kept_.begin();
  if (kept_.size() <= capacity_) return;
  index_.erase(kept_.back().key);
  kept_.pop_back();
}

std::optional<LastKnown::Entry> LastKnown::Get(std::string_view service, common::UnitUid unit) {
  const absl::Time now = clock_.Now();
  common::MutexLock lock(mutex_);
  const auto found = index_.find(Key(service, unit.value));
  if (found == index_.end()) return std::nullopt;
  if (now - found->second->since > kMaxAge) {
    kept_.erase(found->second);
    index_.erase(found);
    return std::nullopt;
  }
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->entry;
}

}  // namespace ronghe::gateway
