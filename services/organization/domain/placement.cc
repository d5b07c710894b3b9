#include "services/organization/domain/placement.h"

namespace ronghe::organization {

bool Placements::KindFitsLevel(Standing unit) const {
  for (const KindRule& row : kinds) {
    if (row.kind == unit.kind) return Holds(row.levels, unit.level);
  }
  return false;
}

std::vector<PlacementFault> Placements::Check(Standing child, std::optional<Standing> parent) const {
  bool level_fits = false;
  bool kind_fits = false;
  for (const PlacementRule& row : rows) {
    if (!Holds(row.kinds, child.kind) || !Holds(row.levels, child.level)) continue;
    if (!parent) {
      if (row.root) return {};
      continue;
    }
    bool level = Holds(row.parent_levels, parent->level);
    // A row for roots alone says nothing about kinds.
    bool kind = row.parent_kinds == 0 || Holds(row.parent_kinds, parent->kind);
    if (level && kind) return {};
    level_fits |= level;
    kind_fits |= kind;
  }
  std::vector<PlacementFault> faults;
  if (!level_fits) faults.push_back(PlacementFault::kLevelOrder);
  // Each fits, but not together: then it is the kind of this very unit that does not.
  if (!kind_fits || level_fits) faults.push_back(PlacementFault::kKindUnderKind);
  return faults;
}

}  // namespace ronghe::organization
