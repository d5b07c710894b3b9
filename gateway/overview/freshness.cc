#include "gateway/overview/freshness.h"

#include <algorithm>
#include <utility>

#include <absl/container/flat_hash_set.h>

namespace ronghe::gateway {
namespace {

// Asked four times a second; those of more than a second ago are of no use.
constexpr size_t kMaxHeads = 16;
constexpr absl::Duration kLongAgo = absl::Hours(24);

}  // namespace

Touched Freshness::Apply(const FeedChange& change) {
  Touched touched;
  touched.everything = change.reset || change.structure_changed;
  if (!touched.everything && !change.units.empty()) {
    const int64_t before = directory_.place_revision();
    absl::flat_hash_set<int64_t> seen;
    for (const common::UnitUid unit : change.units) {
      const std::vector<common::UnitUid> line = directory_.AncestorsOf(unit);
      if (line.empty()) touched.everything = true;
      for (const common::UnitUid above : line) {
        if (!seen.insert(above.value).second) break;  // from here on the line is known
        touched.units.push_back(above);
      }
    }
    // Under another structure other units stand above them.
    if (before != change.structure_revision || directory_.place_revision() != before) touched.everything = true;
  }
  const common::MutexLock lock(mutex_);
  if (change.incarnation != state_.incarnation) {
    touched.everything = true;
    Begin(change);
  }
  if (change.reset) state_.position = change.position;
  state_.position = std::max(state_.position, change.position);
  state_.cache_epoch = std::max(state_.cache_epoch, change.cache_epoch);
  state_.structure_revision = std::max(state_.structure_revision, change.structure_revision);
  if (touched.everything) {
    touched.units.clear();
    changed_.clear();
    floor_ = last_change_ = change.position;
  } else if (!touched.units.empty()) {
    for (const common::UnitUid unit : touched.units) changed_[unit.value] = change.position;
    last_change_ = change.position;
    Prune();
  }
  Settle();
  moved_.notify_all();
  return touched;
}

void Freshness::Begin(const FeedChange& change) {
  state_ = State();
  state_.incarnation = change.incarnation;
  heads_.clear();
}

void Freshness::Head(const std::string& incarnation, int64_t position, int64_t cache_epoch, absl::Time sent) {
  const common::MutexLock lock(mutex_);
  if (incarnation != state_.incarnation || incarnation.empty()) return;
  state_.cache_epoch = std::max(state_.cache_epoch, cache_epoch);
  heads_.push_back({position, sent});
  if (heads_.size() > kMaxHeads) heads_.pop_front();
  Settle();
}

void Freshness::DoubtCache() {
  const common::MutexLock lock(mutex_);
  state_.cache_doubted = !state_.incarnation.empty();  // where nothing has been heard, there are no keys yet
}

void Freshness::CacheAdvanced(const std::string& incarnation, int64_t cache_epoch) {
  const common::MutexLock lock(mutex_);
  if (incarnation != state_.incarnation) return;  // other keys already
  state_.cache_epoch = std::max(state_.cache_epoch, cache_epoch);
  state_.cache_doubted = false;
}

// A head counts once everything up to it has been heard: messages that are still on their way, or waiting to be read,
// must not make the old look current.
void Freshness::Settle() {
  std::erase_if(heads_, [this](const PendingHead& head) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (head.position > state_.position) return false;
    state_.known_current = std::max(state_.known_current, head.sent);
    return true;
  });
}

void Freshness::Prune() {
  if (changed_.size() <= max_changes_) return;
  std::vector<int64_t> positions;
  positions.reserve(changed_.size());
  for (const auto& [unit, position] : changed_) positions.push_back(position);
  const auto middle = positions.begin() + static_cast<std::ptrdiff_t>(positions.size() / 2);
  std::nth_element(positions.begin(), middle, positions.end());
  floor_ = std::max(floor_, *middle);
  absl::erase_if(changed_, [floor = floor_](const auto& item) { return item.second <= floor; });
}

absl::Time Freshness::TrueAt(const Place& place, common::UnitUid unit, Sensitivity sensitivity) const {
  const common::MutexLock lock(mutex_);
  if (place.incarnation != state_.incarnation || place.incarnation.empty()) return absl::InfinitePast();
  if (place.position < floor_) return absl::InfinitePast();
  if (sensitivity == Sensitivity::kAnyUnit) {
    return place.position >= last_change_ ? state_.known_current : absl::InfinitePast();
  }
  const auto change = changed_.find(unit.value);
  if (change != changed_.end() && change->second > place.position) return absl::InfinitePast();
  return state_.known_current;
}

bool Freshness::Accepts(const Place& place, common::UnitUid unit, Sensitivity sensitivity) const {
  const absl::Time known = TrueAt(place, unit, sensitivity);
  const absl::Time now = clock_.Now();
  // A time to come is a clock that was set back: it says nothing about how long ago that was.
  return known <= now && now - known <= kMaxAge;
}

Freshness::State Freshness::state() const {
  const common::MutexLock lock(mutex_);
  return state_;
}

absl::Duration Freshness::Lag() const {
  return std::min(kLongAgo, clock_.Now() - state().known_current);
}

bool Freshness::WaitForStructure(int64_t revision, absl::Time deadline) const ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::unique_lock lock(mutex_.native());
  const auto reached = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return state_.structure_revision >= revision; };
  return moved_.wait_for(lock, absl::ToChronoNanoseconds(deadline - clock_.Now()), reached);
}

}  // namespace ronghe::gateway
