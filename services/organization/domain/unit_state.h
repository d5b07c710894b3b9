#pragma once

#include <absl/status/statusor.h>

#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// What can happen to a unit in the tree.
enum class UnitEvent { kUpdate, kMove, kDissolve };

// The state after `event`; FAILED_PRECONDITION, reason UNIT_DISSOLVED, where the table has no such row.
absl::StatusOr<UnitState> NextState(UnitState state, UnitEvent event);

}  // namespace ronghe::organization
