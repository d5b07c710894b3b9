#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "services/common/values/status.h"
#include "services/organization/domain/unit.h"

namespace ronghe::organization {

// Numbers as in organization.v1.
enum class ReorganizationState { kUnspecified = 0, kScheduled = 1, kEffective = 2, kCancelled = 3, kFailed = 4 };
enum class ReorganizationEvent { kTakeEffect, kCancel, kFail };

// The state after `event`; FAILED_PRECONDITION, reason NOT_SCHEDULED, where the table has no such row.
absl::StatusOr<ReorganizationState> NextState(ReorganizationState state, ReorganizationEvent event);
// `SCHEDULED`; nullopt for unknown ones.
std::optional<ReorganizationState> ReorganizationStateFromName(std::string_view name);

// Numbers as in organization.v1.
enum class EffectKind {
  kEstablished = 1,
  kUpdated = 2,
  kMoved = 3,
  kSucceeded = 4,
  kDissolved = 5,
  kRestored = 6,
  kMembersMoved = 7,
  kWorkplacesMoved = 8,
  kDutiesMoved = 9,
};

// One consequence of a step.
struct StepEffect {
  int step = 0;
  EffectKind kind = EffectKind::kUpdated;
  UnitRef unit;
  UnitRef other;
  int64_t count = 0;
};

// What forbids a step; -1: the reorganization as a whole.
struct StepBlocker {
  int step = 0;
  common::Blocker blocker;
};

// What came of the steps, or would.
struct ReorganizationOutcome {
  std::vector<StepEffect> effects;
  std::vector<StepBlocker> blockers;
};

// Why units of these standings cannot become one: LEVEL_DIFFERS, KIND_DIFFERS. `source` is named in it.
std::vector<common::Blocker> MergeBlockers(const Unit& source, const Unit& successor);

}  // namespace ronghe::organization
