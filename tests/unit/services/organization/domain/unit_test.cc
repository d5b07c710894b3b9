#include "services/organization/domain/unit.h"

#include <gmock/gmock.h>

#include "services/common/values/status.h"
#include "tests/support/rules.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr absl::CivilDay kToday(2026, 11, 16);
const Rules& kRules = tests::DefaultRules().On(kToday);

UnitFields Good() {
  UnitFields fields;
  fields.code = "370783104";
  fields.title = "某镇党委";
  fields.level = Level::kTownship;
  fields.kind = UnitKind::kCommittee;
  return fields;
}

std::vector<std::pair<std::string, std::string>> Faults(const UnitFields& fields) {
  common::Violations violations;
  CheckUnitFields(fields, kRules, kToday, "unit.", violations);
  std::vector<std::pair<std::string, std::string>> faults;
  for (const common::Violation& violation : violations.list()) {
    faults.emplace_back(violation.field, violation.reason);
    EXPECT_FALSE(violation.text.en.empty());
    EXPECT_FALSE(violation.text.zh.empty());
  }
  return faults;
}

Unit MakeUnit(UnitFields fields = Good()) {
  return *Unit::Create(common::UnitUid(7), common::PartitionId(2), {common::UnitUid(3), "370783"}, std::move(fields),
                       kRules, kToday, kToday);
}

TEST(UnitTest, SaysEverythingThatIsWrongAtOnce) {
  UnitFields fields;
  fields.code = "abc";
  fields.short_title = std::string(61, 'x');
  fields.level = static_cast<Level>(9);
  fields.division_code = "37078";
  fields.sector = "\xff";
  fields.established = kToday + 1;
  EXPECT_THAT(Faults(fields),
              UnorderedElementsAre(Pair("unit.code", "BAD_CODE"), Pair("unit.title", "REQUIRED"),
                                   Pair("unit.short_title", "TOO_LONG"), Pair("unit.level", "UNKNOWN_VALUE"),
                                   Pair("unit.kind", "REQUIRED"), Pair("unit.division_code", "BAD_DIVISION_CODE"),
                                   Pair("unit.sector", "NOT_UTF8"), Pair("unit.established_date", "IN_FUTURE")));
}

TEST(UnitTest, Codes) {
  for (const char* good : {"11", "370783104012", "A-B", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"}) {
    EXPECT_TRUE(IsUnitCode(good)) << good;
  }
  for (const char* bad : {"", "1", "-", "a1", "A_B", "A B", "党", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", "A/B"}) {
    EXPECT_FALSE(IsUnitCode(bad)) << bad;
  }
}

TEST(UnitTest, DivisionCodesHaveTwoFourSixOrNineDigits) {
  for (const char* good : {"", "37", "3707", "370783", "370783104"}) {
    UnitFields fields = Good();
    fields.division_code = good;
    EXPECT_THAT(Faults(fields), ElementsAre()) << good;
  }
  for (const char* bad : {"3", "370", "37078", "3707831", "37078310a", "3707831041"}) {
    UnitFields fields = Good();
    fields.division_code = bad;
    EXPECT_THAT(Faults(fields), ElementsAre(Pair("unit.division_code", "BAD_DIVISION_CODE"))) << bad;
  }
}

TEST(UnitTest, TitlesAreCountedInCharacters) {
  UnitFields fields = Good();
  fields.title.clear();
  for (int i = 0; i < 200; ++i) fields.title += "党";
  EXPECT_THAT(Faults(fields), ElementsAre());
  fields.title += "党";
  EXPECT_THAT(Faults(fields), ElementsAre(Pair("unit.title", "TOO_LONG")));
}

TEST(UnitTest, KindAndRankMustFit) {
  UnitFields fields = Good();
  fields.kind = UnitKind::kBranch;
  EXPECT_THAT(Faults(fields), ElementsAre(Pair("unit.kind", "KIND_LEVEL")));
}

TEST(UnitTest, ABadOneIsNeverBorn) {
  UnitFields fields = Good();
  fields.code = "x";
  EXPECT_TRUE(absl::IsInvalidArgument(
      Unit::Create(common::UnitUid(1), common::PartitionId(1), {}, fields, kRules, kToday, kToday).status()));
}

TEST(UnitTest, VersionsKeepWhatDoesNotChange) {
  const Unit unit = MakeUnit().Recorded(absl::FromUnixSeconds(100), 5);
  UnitFields fields = Good();
  fields.title = "新名";
  const Unit renamed = *unit.Updated(fields, kRules, kToday + 3, kToday + 3);
  EXPECT_EQ(renamed.uid(), unit.uid());
  EXPECT_EQ(renamed.partition(), unit.partition());
  EXPECT_EQ(renamed.first(), kToday);
  EXPECT_EQ(renamed.from(), kToday + 3);
  EXPECT_EQ(renamed.parent().uid, unit.parent().uid);
  const Unit moved = *renamed.MovedTo({common::UnitUid(4), "370784"}, kToday + 4);
  EXPECT_EQ(moved.parent().code, "370784");
  EXPECT_EQ(moved.fields().title, "新名");
  EXPECT_EQ(moved.partition(), unit.partition());
}

TEST(UnitTest, EtagsDifferBetweenVersions) {
  const Unit unit = MakeUnit();
  const Unit first = unit.Recorded(absl::FromUnixSeconds(100), 5);
  EXPECT_EQ(first.etag(), unit.Recorded(absl::FromUnixSeconds(100), 5).etag());
  EXPECT_NE(first.etag(), unit.Recorded(absl::FromUnixSeconds(100), 6).etag());
  EXPECT_NE(first.etag(), unit.Recorded(absl::FromUnixSeconds(101), 5).etag());
}

TEST(UnitTest, CodeAndRankNeverChange) {
  UnitFields fields = Good();
  fields.code = "370783105";
  fields.level = Level::kBranch;
  fields.kind = UnitKind::kBranch;
  const absl::Status status = MakeUnit().Updated(fields, kRules, kToday, kToday).status();
  const std::vector<common::Violation> violations = common::ViolationsOf(status);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].reason, "IMMUTABLE");
  EXPECT_EQ(violations[1].reason, "IMMUTABLE");
}

TEST(UnitTest, NothingHappensToADissolvedUnit) {
  const Unit dissolved = *MakeUnit().Dissolved(kToday + 1);
  EXPECT_FALSE(dissolved.active());
  EXPECT_EQ(common::ReasonOf(dissolved.Dissolved(kToday + 2).status()), "UNIT_DISSOLVED");
  EXPECT_EQ(common::ReasonOf(dissolved.MovedTo({}, kToday + 2).status()), "UNIT_DISSOLVED");
  EXPECT_EQ(common::ReasonOf(dissolved.Updated(Good(), kRules, kToday + 2, kToday + 2).status()), "UNIT_DISSOLVED");
}

TEST(UnitTest, NamesInFilters) {
  EXPECT_EQ(LevelFromName("COUNTY"), Level::kCounty);
  EXPECT_EQ(LevelFromName("LEVEL_COUNTY"), Level::kCounty);
  EXPECT_EQ(KindFromName("GENERAL_BRANCH"), UnitKind::kGeneralBranch);
  EXPECT_EQ(KindFromName("UNIT_KIND_BRANCH"), UnitKind::kBranch);
  EXPECT_EQ(StateFromName("DISSOLVED"), UnitState::kDissolved);
  EXPECT_EQ(LevelFromName("county"), std::nullopt);
  EXPECT_EQ(KindFromName(""), std::nullopt);
  EXPECT_EQ(StateFromName("UNSPECIFIED"), std::nullopt);
}

}  // namespace
}  // namespace ronghe::organization
