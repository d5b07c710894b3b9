#pragma once

#include <optional>
#include <vector>

#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// Rank and kind of a unit: what decides where it may stand.
struct Standing {
  Level level = Level::kUnspecified;
  UnitKind kind = UnitKind::kUnspecified;
};

// The deepest tree, counting the root. Source: design of the suite, "Levels".
inline constexpr int kMaxDepth = 10;

// True if units of this rank may be of this kind.
bool KindFitsLevel(Standing unit);

enum class PlacementFault { kLevelOrder, kKindUnderKind };
// Every reason why `child` may not stand under `parent` (nullopt: as a root); empty if it may.
std::vector<PlacementFault> CheckPlacement(Standing child, std::optional<Standing> parent);

}  // namespace ronghe::organization
