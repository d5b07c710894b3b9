#include "services/organization/domain/placement.h"

#include <gmock/gmock.h>

#include "tests/support/rules.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Placements& Table() {
  return tests::DefaultRules().On(absl::CivilDay(2026, 11, 16)).structure.placements;
}

constexpr Level kLevels[] = {Level::kProvince, Level::kPrefecture, Level::kCounty,
                             Level::kTownship, Level::kBranch,     Level::kGroup};
constexpr UnitKind kKinds[] = {UnitKind::kCommittee, UnitKind::kWorkingCommittee, UnitKind::kGeneralBranch,
                               UnitKind::kBranch,    UnitKind::kJointBranch,      UnitKind::kTemporaryBranch,
                               UnitKind::kGroup,     UnitKind::kStatisticalGroup};

std::vector<Standing> EveryUnit() {
  std::vector<Standing> all;
  for (Level level : kLevels) {
    for (UnitKind kind : kKinds) {
      if (Table().KindFitsLevel({level, kind})) all.push_back({level, kind});
    }
  }
  return all;
}

TEST(PlacementTest, KindsHaveTheirRanks) {
  EXPECT_TRUE(Table().KindFitsLevel({Level::kProvince, UnitKind::kCommittee}));
  EXPECT_FALSE(Table().KindFitsLevel({Level::kGroup, UnitKind::kCommittee}));
  EXPECT_TRUE(Table().KindFitsLevel({Level::kCounty, UnitKind::kStatisticalGroup}));
  EXPECT_TRUE(Table().KindFitsLevel({Level::kPrefecture, UnitKind::kStatisticalGroup}));
  EXPECT_FALSE(Table().KindFitsLevel({Level::kTownship, UnitKind::kStatisticalGroup}));
  EXPECT_FALSE(Table().KindFitsLevel({Level::kTownship, UnitKind::kBranch}));
  // The rank of groups has groups only.
  for (UnitKind kind : kKinds) EXPECT_EQ(Table().KindFitsLevel({Level::kGroup, kind}), kind == UnitKind::kGroup);
  EXPECT_FALSE(Table().KindFitsLevel({Level::kUnspecified, UnitKind::kUnspecified}));
}

TEST(PlacementTest, NothingStandsUnderALowerRankAndEqualRanksOnlyAsGeneralBranchOverBranches) {
  for (Standing child : EveryUnit()) {
    for (Standing parent : EveryUnit()) {
      if (!Table().Check(child, parent).empty()) continue;
      bool over_branches = parent.kind == UnitKind::kGeneralBranch && child.level == Level::kBranch &&
                           (child.kind == UnitKind::kBranch || child.kind == UnitKind::kJointBranch ||
                            child.kind == UnitKind::kTemporaryBranch);
      EXPECT_TRUE(parent.level < child.level || over_branches)
          << static_cast<int>(child.kind) << " under " << static_cast<int>(parent.kind);
    }
  }
}

TEST(PlacementTest, BranchesAndWorkingCommitteesStandUnderAnyUnitFromTownshipUp) {
  for (Level level : {Level::kProvince, Level::kPrefecture, Level::kCounty, Level::kTownship}) {
    for (UnitKind parent : {UnitKind::kCommittee, UnitKind::kWorkingCommittee}) {
      for (UnitKind kind : {UnitKind::kBranch, UnitKind::kGeneralBranch, UnitKind::kJointBranch,
                            UnitKind::kTemporaryBranch, UnitKind::kWorkingCommittee}) {
        EXPECT_THAT(Table().Check({Level::kBranch, kind}, Standing{level, parent}), IsEmpty());
      }
    }
  }
  EXPECT_THAT(
      Table().Check({Level::kTownship, UnitKind::kWorkingCommittee}, Standing{Level::kProvince, UnitKind::kCommittee}),
      IsEmpty());
}

TEST(PlacementTest, Divisions) {
  const Standing province{Level::kProvince, UnitKind::kCommittee};
  const Standing prefecture{Level::kPrefecture, UnitKind::kCommittee};
  const Standing county{Level::kCounty, UnitKind::kCommittee};
  const Standing township{Level::kTownship, UnitKind::kCommittee};
  const Standing group_row{Level::kPrefecture, UnitKind::kStatisticalGroup};
  EXPECT_THAT(Table().Check(prefecture, province), IsEmpty());
  EXPECT_THAT(Table().Check(county, province), IsEmpty());
  EXPECT_THAT(Table().Check(township, prefecture), IsEmpty());
  EXPECT_THAT(Table().Check(group_row, province), IsEmpty());
  EXPECT_THAT(Table().Check(county, group_row), IsEmpty());
  EXPECT_THAT(Table().Check(township, province), ElementsAre(PlacementFault::kLevelOrder));
  EXPECT_THAT(Table().Check(province, county), ElementsAre(PlacementFault::kLevelOrder));
  EXPECT_THAT(Table().Check(county, county), ElementsAre(PlacementFault::kLevelOrder));
}

TEST(PlacementTest, SaysEveryReason) {
  const Standing branch{Level::kBranch, UnitKind::kBranch};
  const Standing group{Level::kGroup, UnitKind::kGroup};
  EXPECT_THAT(Table().Check(group, branch), IsEmpty());
  EXPECT_THAT(Table().Check(group, Standing{Level::kBranch, UnitKind::kGeneralBranch}),
              ElementsAre(PlacementFault::kKindUnderKind));
  EXPECT_THAT(Table().Check(group, Standing{Level::kTownship, UnitKind::kCommittee}),
              ElementsAre(PlacementFault::kLevelOrder, PlacementFault::kKindUnderKind));
  // No organization: nothing that holds members stands directly under it.
  EXPECT_THAT(Table().Check(branch, Standing{Level::kCounty, UnitKind::kStatisticalGroup}),
              ElementsAre(PlacementFault::kKindUnderKind));
}

TEST(PlacementTest, RootsAtAnyRankButGroups) {
  for (Standing unit : EveryUnit()) {
    EXPECT_EQ(Table().Check(unit, std::nullopt).empty(), unit.level != Level::kGroup);
  }
}

}  // namespace
}  // namespace ronghe::organization
