#include "gateway/overview/collect.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ronghe::gateway {
namespace {

constexpr absl::Duration kMargin = absl::Milliseconds(200);
// A service that stays behind does not hold up everyone.
constexpr absl::Duration kReloadPatience = absl::Milliseconds(500);
constexpr absl::Duration kPauseAfterWait = absl::Seconds(1);

bool Counts(const PartAnswer& part) {
  return !part.stale && part.place.has_value();
}

// The newest structure among them, if they do not all have the same.
std::optional<int64_t> Newest(const std::vector<PartAnswer>& parts) {
  std::optional<int64_t> least;
  std::optional<int64_t> most;
  for (const PartAnswer& part : parts) {
    if (!Counts(part)) continue;
    least = std::min(least.value_or(part.structure_revision), part.structure_revision);
    most = std::max(most.value_or(part.structure_revision), part.structure_revision);
  }
  return least == most ? std::nullopt : most;
}

}  // namespace

absl::Time PartDeadline(absl::Time now, absl::Time deadline) {
  const absl::Duration left = deadline - now;
  return now + std::min(Part::kPatience, left - std::min(kMargin, left / 5));
}

absl::StatusOr<Collected> Collector::Collect(const Wanted& wanted, absl::Time deadline) {
  Collected collected;
  if (wanted.units.empty()) return collected;
  const absl::Time until = PartDeadline(clock_.Now(), deadline);
  std::vector<std::shared_ptr<Part::Reading>> readings;
  readings.reserve(parts_.size());
  for (const auto& part : parts_) readings.push_back(part->Begin(wanted, /*fresh=*/false, until));
  for (size_t p = 0; p < parts_.size(); ++p) {
    absl::StatusOr<PartAnswer> answer = parts_[p]->Finish(readings[p], until);
    if (!answer.ok()) return answer.status();
    collected.parts.push_back(*std::move(answer));
  }
  Align(wanted, deadline, collected);
  return collected;
}

// `deadline`: the caller's. A service that let the patience pass leaves no less time for the others.
void Collector::Align(const Wanted& wanted, absl::Time deadline, Collected& collected) {
  const std::optional<int64_t> newest = Newest(collected.parts);
  if (!newest.has_value()) return;
  const absl::Time now = clock_.Now();
  {
    const common::MutexLock lock(mutex_);
    collected.structure_differs = now - in_vain_ < kPauseAfterWait;
  }
  if (collected.structure_differs) return;
  const absl::Time until = PartDeadline(now, deadline);
  Reload(wanted, until, *newest, collected);
  collected.structure_differs = Newest(collected.parts).has_value();
  // A caller that could not wait for all of it has not found out anything for the others.
  if (!collected.structure_differs || until - now < kStructureWait + kReloadPatience) return;
  const common::MutexLock lock(mutex_);
  in_vain_ = clock_.Now();
}

// Those behind, side by side.
void Collector::Reload(const Wanted& wanted, absl::Time deadline, int64_t structure, Collected& collected) {
  const absl::Time until = std::min(deadline, clock_.Now() + kStructureWait);
  std::vector<size_t> behind;
  for (size_t p = 0; p < parts_.size(); ++p) {
    if (!Counts(collected.parts[p]) || collected.parts[p].structure_revision >= structure) continue;
    (void)parts_[p]->freshness().WaitForStructure(structure, until);
    behind.push_back(p);
  }
  const absl::Time patience = std::min(deadline, clock_.Now() + kReloadPatience);
  if (clock_.Now() >= patience) return;
  std::vector<std::shared_ptr<Part::Reading>> readings;
  for (const size_t p : behind) readings.push_back(parts_[p]->Begin(wanted, /*fresh=*/true, patience));
  for (size_t i = 0; i < behind.size(); ++i) {
    absl::StatusOr<PartAnswer> answer = parts_[behind[i]]->Finish(readings[i], patience);
    PartAnswer& before = collected.parts[behind[i]];
    if (answer.ok() && Counts(*answer) && (before.missing || !answer->missing)) before = *std::move(answer);
  }
}

}  // namespace ronghe::gateway
