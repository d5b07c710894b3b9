#pragma once

#include <absl/status/statusor.h>

#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// What can happen to a unit in the tree. kSucceed: it is merged into others or split up, and they take its place.
// kClose and kReopen: the first step of a dissolution, and its abortion.
enum class UnitEvent { kUpdate, kMove, kDissolve, kSucceed, kRestore, kClose, kReopen };

// The state after `event`. FAILED_PRECONDITION where the table has no such row: reason UNIT_DISSOLVED for a dissolved
// unit, UNIT_CLOSING and UNIT_ACTIVE for the others; the text names the state, the event and what would be allowed.
absl::StatusOr<UnitState> NextState(UnitState state, UnitEvent event);

}  // namespace ronghe::organization
