#include "services/organization/domain/placement.h"

#include <cstdint>

namespace ronghe::organization {
namespace {

template <typename... E>
constexpr uint32_t Bits(E... values) {
  return (0u | ... | (1u << static_cast<int>(values)));
}
template <typename E>
constexpr bool Holds(uint32_t bits, E value) {
  return (bits >> static_cast<int>(value) & 1u) != 0;
}

using enum Level;
using K = UnitKind;

constexpr uint32_t kFromTownshipUp = Bits(kProvince, kPrefecture, kCounty, kTownship);
constexpr uint32_t kRootLevel = 1u << 31;  // in place of a parent's level: may be a root
constexpr uint32_t kCommittees = Bits(K::kCommittee, K::kWorkingCommittee);
constexpr uint32_t kDivisions = kCommittees | Bits(K::kStatisticalGroup);
constexpr uint32_t kBranches = Bits(K::kBranch, K::kJointBranch, K::kTemporaryBranch);

struct KindRow {
  K kind;
  uint32_t levels;
};
// Which ranks a kind may have.
constexpr KindRow kKinds[] = {
    {K::kCommittee, kFromTownshipUp},   {K::kWorkingCommittee, kFromTownshipUp | Bits(kBranch)},
    {K::kGeneralBranch, Bits(kBranch)}, {K::kBranch, Bits(kBranch)},
    {K::kJointBranch, Bits(kBranch)},   {K::kTemporaryBranch, Bits(kBranch)},
    {K::kGroup, Bits(kGroup)},          {K::kStatisticalGroup, Bits(kPrefecture, kCounty)},
};

struct PlacementRow {
  uint32_t child_kinds;
  uint32_t child_levels;
  uint32_t parent_levels;  // kRootLevel: may also be a root
  uint32_t parent_kinds;
};
// Which units may stand under which; a row allows every combination it names. Source: design of the suite, "Levels".
constexpr PlacementRow kPlacements[] = {
    // The divisions of the country; a township may stand directly under a prefecture.
    {kDivisions, Bits(kProvince), kRootLevel, 0},
    {kDivisions, Bits(kPrefecture), Bits(kProvince) | kRootLevel, kDivisions},
    {kDivisions, Bits(kCounty), Bits(kProvince, kPrefecture) | kRootLevel, kDivisions},
    {kDivisions, Bits(kTownship), Bits(kPrefecture, kCounty) | kRootLevel, kDivisions},
    // Working committees of any lower rank stand directly under any unit from township up.
    {Bits(K::kWorkingCommittee), Bits(kPrefecture), Bits(kProvince), kCommittees},
    {Bits(K::kWorkingCommittee), Bits(kCounty), Bits(kProvince, kPrefecture), kCommittees},
    {Bits(K::kWorkingCommittee), Bits(kTownship), Bits(kProvince, kPrefecture, kCounty), kCommittees},
    {Bits(K::kWorkingCommittee), Bits(kBranch), kFromTownshipUp | kRootLevel, kCommittees},
    // So do branches and general branches.
    {kBranches | Bits(K::kGeneralBranch), Bits(kBranch), kFromTownshipUp | kRootLevel, kCommittees},
    // The only equal ranks.
    {kBranches, Bits(kBranch), Bits(kBranch), Bits(K::kGeneralBranch)},
    {Bits(K::kGroup), Bits(kGroup), Bits(kBranch), kBranches},
};

}  // namespace

bool KindFitsLevel(Standing unit) {
  for (const KindRow& row : kKinds) {
    if (row.kind == unit.kind) return Holds(row.levels, unit.level);
  }
  return false;
}

std::vector<PlacementFault> CheckPlacement(Standing child, std::optional<Standing> parent) {
  bool level_fits = false;
  bool kind_fits = false;
  for (const PlacementRow& row : kPlacements) {
    if (!Holds(row.child_kinds, child.kind) || !Holds(row.child_levels, child.level)) continue;
    if (!parent) {
      if (row.parent_levels & kRootLevel) return {};
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
