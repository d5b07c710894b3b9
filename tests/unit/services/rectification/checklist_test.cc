#include "services/rectification/domain/checklist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::rectification {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using S = SelfCheckState;
using E = SelfCheckEvent;

Policy SomePolicy() {
  Policy policy;
  policy.categories = {{"finance", "财务", "finance"}};
  return policy;
}

ChecklistItem Item(const std::string& code) {
  return {code, "经费支出须经审批", "管理办法第三条", "finance", ProblemClass::kTimeBound, 10};
}

std::vector<std::string> Listed(const common::Violations& violations) {
  std::vector<std::string> faults;
  for (const common::Violation& one : violations.list()) faults.push_back(one.field + " " + one.reason);
  return faults;
}

TEST(ChecklistTest, EveryPairOfStateAndEventIsInTheTableOrRefused) {
  int allowed = 0;
  for (const S state : {S::kOpen, S::kDone}) {
    for (const E event : {E::kSubmit, E::kPassDeadline}) {
      SelfCheck check;
      check.state = state;
      const auto next = Decide(check, event, "selfChecks/1");
      allowed += next.ok() ? 1 : 0;
      if (next.ok()) continue;
      EXPECT_EQ(common::ReasonOf(next.status()), "SELF_CHECK_STATE");
      EXPECT_EQ(state, S::kDone);
    }
  }
  EXPECT_EQ(allowed, static_cast<int>(SelfCheckTransitions().size()));
  SelfCheck late;
  late.overdue = true;
  EXPECT_FALSE(Decide(late, E::kPassDeadline, "selfChecks/1").ok());  // once
  EXPECT_EQ(Decide(late, E::kSubmit, "selfChecks/1").value(), S::kDone);
}

TEST(ChecklistTest, EveryFaultOfAChecklistIsNamed) {
  Checklist checklist;
  common::Violations none;
  CheckChecklist(checklist, SomePolicy(), "checklist.", none);
  EXPECT_THAT(Listed(none), ElementsAre("checklist.title REQUIRED", "checklist.items REQUIRED"));
  checklist.title = "财务自查";
  checklist.items = {Item("a"), Item("a"), Item("坏"), Item("b")};
  checklist.items[3].category = "none";
  checklist.items[3].problem_class = ProblemClass::kUnspecified;
  checklist.items[3].working_days = -1;
  checklist.items[3].title = "";
  common::Violations some;
  CheckChecklist(checklist, SomePolicy(), "", some);
  EXPECT_THAT(Listed(some), ElementsAre("items[1].code DUPLICATE", "items[2].code BAD_FORM", "items[3].title REQUIRED",
                                        "items[3].category UNKNOWN_VALUE", "items[3].problem_class REQUIRED",
                                        "items[3].working_days OUT_OF_RANGE"));
}

TEST(ChecklistTest, EachItemIsAnsweredOnceWithWhatItRestsOn) {
  const std::vector<ChecklistItem> items = {Item("a"), Item("b"), Item("c")};
  common::Violations right;
  CheckAnswers({{"a", CheckAnswerValue::kYes, "凭证", "", 0},
                {"b", CheckAnswerValue::kNo, "", "无审批", 0},
                {"c", CheckAnswerValue::kNotApplicable, "无此业务", "", 0}},
               items, right);
  EXPECT_THAT(Listed(right), IsEmpty());
  common::Violations wrong;
  CheckAnswers({{"a", CheckAnswerValue::kYes, "", "", 0},
                {"a", CheckAnswerValue::kNo, "", "", 0},
                {"x", CheckAnswerValue::kYes, "凭证", "", 0},
                {"b", CheckAnswerValue::kUnspecified, "", "", 0}},
               items, wrong);
  EXPECT_THAT(Listed(wrong),
              ElementsAre("answers[0].basis REQUIRED", "answers[1].item DUPLICATE", "answers[1].description REQUIRED",
                          "answers[2].item UNKNOWN_VALUE", "answers[3].value REQUIRED", "answers MISSING_ANSWER"));
}

}  // namespace
}  // namespace ronghe::rectification
