#include "services/organization/domain/rules.h"

#include <functional>

#include <gmock/gmock.h>

#include "services/common/values/status.h"
#include "tests/support/rules.h"

namespace ronghe::organization {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

// The default set, which is without fault, after `change`; the faults as `path REASON`.
std::vector<std::string> Faults(const std::function<void(Rules&)>& change) {
  std::vector<Rules> sets = {tests::DefaultRules().sets().front()};
  change(sets.front());
  std::vector<std::string> faults;
  for (const common::Violation& fault : common::ViolationsOf(RuleBook::Create("v1", std::move(sets)).status())) {
    EXPECT_FALSE(fault.text.en.empty());
    EXPECT_FALSE(fault.text.zh.empty());
    faults.push_back(fault.field + " " + fault.reason);
  }
  return faults;
}

TEST(RulesTest, TheDefaultsAreThoseOfTheDesign) {
  const Rules& rules = tests::DefaultRules().On(absl::CivilDay(2026, 11, 16));
  EXPECT_EQ(rules.branches.min_full_members, 3);
  EXPECT_EQ(rules.branches.max_members, 50);
  EXPECT_EQ(rules.branches.general_branch_min_members, 50);
  EXPECT_EQ(rules.branches.general_branch_max_members, 100);
  EXPECT_EQ(rules.branches.committee_full_members, 7);
  EXPECT_EQ(rules.branches.committee_min_seats, 3);
  EXPECT_EQ(rules.branches.committee_max_seats, 7);
  EXPECT_EQ(rules.branches.deputies_without_committee, 1);
  EXPECT_EQ(rules.membership.probation_months, 12);
  EXPECT_EQ(rules.transfers.letter_days, 90);
  EXPECT_EQ(rules.periods.month_close_day, 5);
  EXPECT_EQ(rules.terms.YearsOf(UnitKind::kBranch, "机关"), 3);
  EXPECT_EQ(rules.terms.YearsOf(UnitKind::kBranch, ""), 3);
  EXPECT_EQ(rules.terms.YearsOf(UnitKind::kBranch, "农村"), 5);
  EXPECT_EQ(rules.terms.YearsOf(UnitKind::kGeneralBranch, "社区"), 5);
  EXPECT_EQ(rules.terms.YearsOf(UnitKind::kCommittee, "农村"), 5);
  EXPECT_EQ(rules.terms.YearsOf(UnitKind::kGroup, ""), 0);
  EXPECT_EQ(rules.terms.YearsOf(UnitKind::kTemporaryBranch, "农村"), 0);
}

TEST(RulesTest, ASetHoldsFromItsDayUntilTheNextOneAndTheFirstAlsoBefore) {
  const Rules& shipped = tests::DefaultRules().sets().front();
  std::vector<Rules> sets = {shipped, shipped, shipped};
  sets[0].effective = absl::CivilDay(2024, 1, 1);
  sets[1].effective = absl::CivilDay(2025, 7, 1);
  sets[2].effective = absl::CivilDay(2027, 1, 1);
  for (int i = 0; i < 3; ++i) sets[i].transfers.letter_days = 10 + i;
  const RuleBook book = RuleBook::Create("v1", sets).value();
  auto days = [&](absl::CivilDay day) { return book.On(day).transfers.letter_days; };
  EXPECT_EQ(days(absl::CivilDay(1990, 1, 1)), 10);
  EXPECT_EQ(days(absl::CivilDay(2024, 1, 1)), 10);
  EXPECT_EQ(days(absl::CivilDay(2025, 6, 30)), 10);
  EXPECT_EQ(days(absl::CivilDay(2025, 7, 1)), 11);
  EXPECT_EQ(days(absl::CivilDay(2026, 12, 31)), 11);
  EXPECT_EQ(days(absl::CivilDay(2027, 1, 1)), 12);
  EXPECT_EQ(days(absl::CivilDay(9999, 1, 1)), 12);
}

TEST(RulesTest, AMonthStaysOpenUntilTheClosingDayOfTheNextHasPassed) {
  PeriodRules periods{"", 5};
  EXPECT_EQ(periods.OldestOpenDay(absl::CivilDay(2026, 1, 5)), absl::CivilDay(2025, 12, 1));
  EXPECT_EQ(periods.OldestOpenDay(absl::CivilDay(2026, 1, 6)), absl::CivilDay(2026, 1, 1));
  periods.month_close_day = 10;
  EXPECT_EQ(periods.OldestOpenDay(absl::CivilDay(2026, 3, 10)), absl::CivilDay(2026, 2, 1));
}

TEST(RulesTest, EveryFaultIsNamedAtOnceWithItsPath) {
  EXPECT_THAT(
      Faults([](Rules& rules) {
        rules.source = " ";
        rules.branches.min_full_members = 0;
        rules.branches.max_members = -1;
        rules.branches.general_branch_max_members = 49;
        rules.branches.committee_max_seats = 2;
        rules.terms.lengths[0].years = 11;
        rules.terms.lengths[0].sectors[1] = "";
        rules.terms.expiring_months = 0;
        rules.posts.max_secretary_posts = 0;
        rules.membership.probation_months = 61;
        rules.transfers.letter_days = 0;
        rules.periods.month_close_day = 29;
        rules.periods.source = "";
      }),
      ElementsAre("sets[0].source REQUIRED", "sets[0].branches.min_full_members OUT_OF_RANGE",
                  "sets[0].branches.max_members OUT_OF_RANGE", "sets[0].branches.max_members OUT_OF_ORDER",
                  "sets[0].branches.general_branch_max_members OUT_OF_ORDER",
                  "sets[0].branches.committee_max_seats OUT_OF_ORDER", "sets[0].terms.lengths[0].years OUT_OF_RANGE",
                  "sets[0].terms.lengths[0].sectors[1] BAD_LENGTH", "sets[0].terms.expiring_months OUT_OF_RANGE",
                  "sets[0].posts.max_secretary_posts OUT_OF_RANGE", "sets[0].membership.probation_months OUT_OF_RANGE",
                  "sets[0].transfers.letter_days OUT_OF_RANGE", "sets[0].periods.source REQUIRED",
                  "sets[0].periods.month_close_day OUT_OF_RANGE"));
}

TEST(RulesTest, TheTablesOfTheStructureMustBeWholeAndAscend) {
  EXPECT_THAT(Faults([](Rules& rules) { rules.structure.placements.kinds.pop_back(); }),
              Contains("sets[0].structure.kinds KIND_MISSING"));
  EXPECT_THAT(Faults([](Rules& rules) { rules.structure.placements.kinds[1].kind = UnitKind::kCommittee; }),
              Contains("sets[0].structure.kinds[1].kind DUPLICATE"));
  EXPECT_THAT(Faults([](Rules& rules) { rules.structure.placements.kinds[1].kind = static_cast<UnitKind>(99); }),
              Contains("sets[0].structure.kinds[1].kind UNKNOWN_VALUE"));
  EXPECT_THAT(Faults([](Rules& rules) { rules.structure.placements.rows.pop_back(); }),
              ElementsAre("sets[0].structure.kinds[6].levels NO_PLACE"));
  EXPECT_THAT(Faults([](Rules& rules) {
                PlacementRule& row = rules.structure.placements.rows[2];
                row.parent_levels = SetOf(Level::kCounty);
              }),
              ElementsAre("sets[0].structure.placements[2].parent_levels LEVEL_ORDER"));
  EXPECT_THAT(Faults([](Rules& rules) { rules.structure.placements.rows.back().parent_kinds = 0; }),
              ElementsAre("sets[0].structure.placements[9].parent_kinds REQUIRED"));
  EXPECT_THAT(
      Faults([](Rules& rules) {
        rules.structure.placements.rows.push_back({SetOf(UnitKind::kGroup), SetOf(Level::kProvince), 0, 0, false});
      }),
      ElementsAre("sets[0].structure.placements[10] REQUIRED", "sets[0].structure.placements[10] NEVER_APPLIES"));
}

TEST(RulesTest, ATermRuleThatNeverAppliesIsAFault) {
  EXPECT_THAT(Faults([](Rules& rules) { std::swap(rules.terms.lengths[0], rules.terms.lengths[1]); }),
              ElementsAre("sets[0].terms.lengths[1] NEVER_APPLIES"));
}

TEST(RulesTest, SetsMustAscendAndTheVersionBeAName) {
  const Rules& shipped = tests::DefaultRules().sets().front();
  const absl::Status status = RuleBook::Create("a b", {shipped, shipped}).status();
  std::vector<std::string> faults;
  for (const common::Violation& fault : common::ViolationsOf(status)) faults.push_back(fault.field);
  EXPECT_THAT(faults, ElementsAre("version", "sets[1].effective_date"));
  EXPECT_FALSE(RuleBook::Create("v1", {}).ok());
}

}  // namespace
}  // namespace ronghe::organization
