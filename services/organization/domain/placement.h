#pragma once

#include <cstdint>
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

// Sets of levels and of kinds: bit n for the value n.
using LevelSet = uint32_t;
using KindSet = uint32_t;
template <typename... E>
constexpr uint32_t SetOf(E... values) {
  return (0u | ... | (1u << static_cast<int>(values)));
}
template <typename E>
constexpr bool Holds(uint32_t set, E value) {
  return (set >> static_cast<int>(value) & 1u) != 0;
}

// Which ranks a kind may have.
struct KindRule {
  UnitKind kind = UnitKind::kUnspecified;
  LevelSet levels = 0;
};
// Which units may stand under which: every combination of the four sets, and at the root.
struct PlacementRule {
  KindSet kinds = 0;
  LevelSet levels = 0;
  KindSet parent_kinds = 0;
  LevelSet parent_levels = 0;
  bool root = false;
};

enum class PlacementFault { kLevelOrder, kKindUnderKind };

// The tables of the structure. They come from the rule pack (rules.h). Immutable.
struct Placements {
  std::vector<KindRule> kinds;
  std::vector<PlacementRule> rows;

  // True if units of this rank may be of this kind.
  bool KindFitsLevel(Standing unit) const;
  // Every reason why `child` may not stand under `parent` (nullopt: as a root); empty if it may.
  std::vector<PlacementFault> Check(Standing child, std::optional<Standing> parent) const;
};

}  // namespace ronghe::organization
