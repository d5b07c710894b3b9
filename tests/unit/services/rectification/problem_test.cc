#include "services/rectification/domain/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::rectification {
namespace {

std::vector<std::string> FaultsIn(const common::Violations& violations) {
  std::vector<std::string> faults;
  for (const common::Violation& fault : violations.list()) faults.push_back(fault.field + " " + fault.reason);
  return faults;
}

TEST(ProblemTest, PersonsAreComparedByMemberThenPrincipalThenKey) {
  const Person li{"a|li", 1, 10};
  EXPECT_TRUE(SamePerson(li, {"b|li", 2, 10}));  // another account of the same member
  EXPECT_FALSE(SamePerson(li, {"a|li", 1, 11}));
  EXPECT_TRUE(SamePerson(li, {"b|x", 1, 0}));
  EXPECT_FALSE(SamePerson(li, {"a|li", 2, 0}));
  EXPECT_TRUE(SamePerson({"a|li", 0, 0}, {"a|li", 3, 0}));
  EXPECT_FALSE(SamePerson({}, {}));
}

TEST(ProblemTest, DeadlinesEndAtMidnightOfTheZone) {
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  EXPECT_EQ(DeadlineOf(absl::CivilDay(2026, 11, 30), zone),
            absl::FromCivil(absl::CivilSecond(2026, 11, 30, 16, 0, 0), absl::UTCTimeZone()));
}

TEST(ProblemTest, EveryWrongFieldIsNamed) {
  common::Violations violations;
  Problem problem;
  problem.problem_class = static_cast<ProblemClass>(9);
  problem.external_id = "4711";
  problem.cause = std::string(201, 'x');
  CheckProblem(problem, "problem.", violations);
  EXPECT_THAT(FaultsIn(violations),
              ::testing::UnorderedElementsAre("problem.source REQUIRED", "problem.problem_class UNKNOWN_VALUE",
                                              "problem.description REQUIRED", "problem.cause TOO_LONG",
                                              "problem.external_source REQUIRED"));
}

TEST(ProblemTest, LinesAreAllowedAndOtherControlCharactersAreNot) {
  Problem problem;
  problem.source = ProblemSource::kAudit;
  problem.problem_class = ProblemClass::kImmediate;
  problem.description = "一\n二";
  common::Violations good;
  CheckProblem(problem, "", good);
  EXPECT_THAT(FaultsIn(good), ::testing::IsEmpty());
  problem.measures = "a\tb";
  common::Violations bad;
  CheckProblem(problem, "", bad);
  EXPECT_THAT(FaultsIn(bad), ::testing::ElementsAre("measures CONTROL_CHARACTER"));
}

TEST(ProblemTest, EvidenceIsAReferenceThatCanBeChecked) {
  common::Violations violations;
  CheckEvidence({{"xyz", 0, "", std::string(201, 'x')}}, true, violations);
  EXPECT_THAT(FaultsIn(violations),
              ::testing::ElementsAre("evidence[0].content_hash BAD_FORM", "evidence[0].size_bytes OUT_OF_RANGE",
                                     "evidence[0].media_type REQUIRED", "evidence[0].title TOO_LONG"));
  common::Violations none;
  CheckEvidence({}, true, none);
  EXPECT_THAT(FaultsIn(none), ::testing::ElementsAre("evidence REQUIRED"));
}

}  // namespace
}  // namespace ronghe::rectification
