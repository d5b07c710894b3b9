#include "services/education/domain/learning_rules.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"
#include "services/education/domain/membership.h"
#include "services/education/rpc/rules_codec.h"

namespace ronghe::education {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Day = absl::CivilDay;
using Source = LearningSource;

std::vector<std::string> FaultsOf(const absl::Status& status) {
  std::vector<std::string> faults;
  for (const common::Violation& fault : common::ViolationsOf(status))
    faults.push_back(fault.field + " " + fault.reason);
  return faults;
}

TEST(LearningRulesTest, WhatShipsIsWhole) {
  const auto loaded = LoadPolicy("");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_LT(loaded->learning.RankOf(Source::kPartySchool, "any"),
            loaded->learning.RankOf(Source::kOnlinePlatform, "any"));
  EXPECT_EQ(loaded->learning.max_deci_hours, 480);
}

TEST(LearningRulesTest, EveryFaultOfAFileIsNamed) {
  const auto loaded = ReadPolicy(R"(
    learning {
      course_precedence { source: LEARNING_SOURCE_PARTY_SCHOOL } course_precedence { platform: "a b" }
      course_precedence { source: LEARNING_SOURCE_PARTY_SCHOOL }
    })");
  EXPECT_THAT(
      FaultsOf(loaded.status()),
      UnorderedElementsAre("version REQUIRED", "learning.course_precedence[1].source REQUIRED",
                           "learning.course_precedence[1].platform BAD_FORM",
                           "learning.course_precedence[2].source DUPLICATE", "learning.max_deci_hours OUT_OF_RANGE"));
}

TEST(LearningRulesTest, APlatformThatIsNamedGoesBeforeItsSource) {
  const LearningRules rules{
      {{Source::kOnlinePlatform, ""}, {Source::kPartySchool, ""}, {Source::kOnlinePlatform, "best"}}, 480};
  EXPECT_EQ(rules.RankOf(Source::kOnlinePlatform, "other"), 0);
  EXPECT_EQ(rules.RankOf(Source::kOnlinePlatform, "best"), 2);
  EXPECT_EQ(rules.RankOf(Source::kPartySchool, "best"), 1);
  EXPECT_EQ(rules.RankOf(Source::kUnitTraining, "best"), 3);
}

// Whoever comes in whatever order: the same record counts.
TEST(LearningRulesTest, TheWinnerDoesNotDependOnTheOrder) {
  std::vector<CourseClaim> claims = {
      {5, 1, Day(2026, 1, 1)}, {4, 0, Day(2026, 3, 2)}, {9, 0, Day(2026, 3, 1)}, {7, 0, Day(2026, 3, 1)}};
  const auto by_record = [](const CourseClaim& a, const CourseClaim& b) { return a.record < b.record; };
  std::sort(claims.begin(), claims.end(), by_record);
  do {
    EXPECT_EQ(WinnerOf(claims), 7);
  } while (std::next_permutation(claims.begin(), claims.end(), by_record));
}

TEST(LearningRulesTest, EveryFaultOfARecordIsNamed) {
  const LearningRules rules{{}, 480};
  LearningRecord record{1, {}, Source::kOnlinePlatform, "xuexi", "1", "course-1", Day(2026, 11, 16), 480};
  common::Violations none;
  CheckLearning(record, rules, Day(2026, 11, 16), "", none);
  EXPECT_THAT(FaultsOf(none.ToStatus()), IsEmpty());
  record = {1, {}, Source::kActivity, "x y", "a b", std::string(121, 'c'), Day(2026, 11, 17), 481};
  common::Violations all;
  CheckLearning(record, rules, Day(2026, 11, 16), "record.", all);
  EXPECT_THAT(
      FaultsOf(all.ToStatus()),
      UnorderedElementsAre("record.source UNKNOWN_VALUE", "record.platform BAD_FORM", "record.external_id BAD_FORM",
                           "record.course TOO_LONG", "record.date FUTURE", "record.credit_deci_hours OUT_OF_RANGE"));
  for (const int credit : {0, -5}) {
    record = {1, {}, Source::kPartySchool, "ronghe", "", "", Day(2026, 11, 16), credit};
    common::Violations few;
    CheckLearning(record, rules, Day(2026, 11, 16), "", few);
    EXPECT_THAT(FaultsOf(few.ToStatus()),
                UnorderedElementsAre("platform RESERVED", "external_id REQUIRED", "credit_deci_hours OUT_OF_RANGE"));
  }
}

TEST(MembershipTest, WhoseMemberItWasOnADay) {
  constexpr common::UnitUid kFirst{5}, kSecond{6};
  const Membership membership{
      1, Day(2020, 7, 1), Day(2026, 10, 31), {{kFirst, Day(2020, 7, 1)}, {kSecond, Day(2024, 3, 5)}}};
  EXPECT_EQ(membership.UnitOn(Day(2020, 6, 30)), std::nullopt);
  EXPECT_EQ(membership.UnitOn(Day(2020, 7, 1)), kFirst);
  EXPECT_EQ(membership.UnitOn(Day(2024, 3, 4)), kFirst);
  EXPECT_EQ(membership.UnitOn(Day(2024, 3, 5)), kSecond);
  EXPECT_EQ(membership.UnitOn(Day(2026, 10, 31)), kSecond);
  EXPECT_EQ(membership.UnitOn(Day(2026, 11, 1)), std::nullopt);
  EXPECT_EQ(membership.LastUnit(), kSecond);
}

}  // namespace
}  // namespace ronghe::education
