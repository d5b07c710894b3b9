#include "gateway/overview/last_known.h"

#include <utility>

namespace ronghe::gateway {

void LastKnown::Put(const std::string& key, SummaryPtr summary) {
  const common::MutexLock lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) {
    SummaryPtr& kept = found->second->summary;
    const bool overtaken = kept->place.incarnation == summary->place.incarnation &&
                           (summary->place.position < kept->place.position ||
                            (summary->place.position == kept->place.position && summary->asked < kept->asked));
    if (!overtaken) kept = std::move(summary);
    kept_.splice(kept_.begin(), kept_, found->second);
    return;
  }
  kept_.push_front({key, std::move(summary)});
  index_.try_emplace(key, kept_.begin());
  if (kept_.size() <= capacity_) return;
  index_.erase(kept_.back().key);
  kept_.pop_back();
}

SummaryPtr LastKnown::Get(const std::string& key) {
  const common::MutexLock lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->summary;
}

}  // namespace ronghe::gateway
