#pragma once

#include <optional>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/civil_time.h>

#include "services/common/values/clock.h"
#include "services/organization/app/unit_store.h"

namespace ronghe::organization {

// The day on which a change takes effect: `requested`, or today. INVALID_ARGUMENT on `effective_date`:
// EFFECTIVE_IN_FUTURE, MONTH_CLOSED.
absl::StatusOr<absl::CivilDay> EffectiveDay(std::optional<absl::CivilDay> requested, const common::Calendar& calendar,
                                            const RuleBook& rules);

// Adds BEFORE_LATEST_CHANGE for a day before the unit's latest version.
void CheckNotBefore(const Unit& unit, absl::CivilDay day, common::Violations& violations);

// Everything that forbids `child` (0 uid: a new one) to stand under `parent` from `day` on: PARENT_DISSOLVED,
// LEVEL_ORDER, KIND_UNDER_KIND, WOULD_CYCLE, TOO_DEEP. Looks at every version of the ancestors that holds on that day
// or later.
// `rules`: those in force on that day.
absl::StatusOr<std::vector<common::Blocker>> PlacementBlockers(UnitReader& reader, const Rules& rules,
                                                               const UnitRef& child, Standing standing,
                                                               const Unit& parent, int height, absl::CivilDay day);
// The same for a root.
std::vector<common::Blocker> RootBlockers(const Rules& rules, const UnitRef& child, Standing standing);

// Ranks from the root to the unit, counting both, in today's tree: 1 for a root.
absl::StatusOr<int> DepthOf(UnitReader& reader, const Unit& unit);

// FAILED_PRECONDITION with all blockers and the reason of the first; OK for none.
absl::Status RefuseIf(std::vector<common::Blocker> blockers);

}  // namespace ronghe::organization
