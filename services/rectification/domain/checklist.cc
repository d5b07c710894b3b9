#include "services/rectification/domain/checklist.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "services/common/values/text_rules.h"
#include "services/common/values/transition.h"

namespace ronghe::rectification {
namespace {

using S = SelfCheckState;
using E = SelfCheckEvent;

constexpr size_t kMaxCode = 40;
constexpr int kMaxWorkingDays = 1000;

constexpr SelfCheckTransition kTable[] = {
    {S::kOpen, E::kSubmit, S::kDone},
    {S::kOpen, E::kPassDeadline, S::kOpen},
};

common::Text TextOf(S state) {
  return state == S::kDone ? common::Text{"done", "已自查"} : common::Text{"open", "待自查"};
}
common::Text TextOf(E event) {
  return event == E::kSubmit ? common::Text{"submit", "提交自查"} : common::Text{"pass the deadline", "超期"};
}

bool IsCode(std::string_view code) {
  return !code.empty() && code.size() <= kMaxCode && std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

void CheckItem(const ChecklistItem& item, const Policy& policy, const std::string& at, common::Violations& violations) {
  if (!IsCode(item.code)) {
    violations.Add(at + "code", "BAD_FORM",
                   {"must be 1 to 40 letters, digits, _ or -", "应为 1 至 40 个字母、数字、_ 或 -"});
  }
  const std::string title = at + "title";
  const std::string basis = at + "basis";
  common::CheckText({title, 1, 300}, item.title, violations);
  common::CheckText({basis, 0, 300}, item.basis, violations);
  if (!policy.HasCategory(item.category)) {
    violations.Add(at + "category", item.category.empty() ? "REQUIRED" : "UNKNOWN_VALUE",
                   {"is not a category of the rules", "不是规则中的问题类别"});
  }
  if (item.problem_class < ProblemClass::kImmediate || item.problem_class > ProblemClass::kLongTerm) {
    violations.Add(at + "problem_class", "REQUIRED", {"is required", "必填"});
  }
  if (item.working_days < 0 || item.working_days > kMaxWorkingDays) {
    violations.Add(at + "working_days", "OUT_OF_RANGE", {"must lie between 0 and 1000", "应在 0 到 1000 之间"});
  }
}

void CheckAnswered(const CheckAnswer& answer, const std::string& at, common::Violations& violations) {
  const bool failed = answer.value == CheckAnswerValue::kNo;
  if (answer.value < CheckAnswerValue::kYes || answer.value > CheckAnswerValue::kNotApplicable) {
    violations.Add(at + "value", "REQUIRED", {"is required", "必填"});
    return;
  }
  const auto lines = [&](const std::string& field, size_t min, size_t max, std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    common::CheckText({field, min, max}, text, violations);
  };
  lines(at + "basis", failed ? 0 : 1, 500, answer.basis);
  lines(at + "description", failed ? 1 : 0, 2000, answer.description);
}

}  // namespace

std::span<const SelfCheckTransition> SelfCheckTransitions() {
  return kTable;
}

absl::StatusOr<SelfCheckState> Decide(const SelfCheck& check, SelfCheckEvent event, const std::string& resource) {
  common::RefusedTransition refused;
  for (const SelfCheckTransition& row : kTable) {
    if (row.from != check.state) continue;
    if (row.event == event && (event != E::kPassDeadline || !check.overdue)) return row.to;
    if (row.event != E::kPassDeadline) refused.allowed.push_back(TextOf(row.event));
  }
  refused.reason = "SELF_CHECK_STATE";
  refused.resource = resource;
  refused.state = TextOf(check.state);
  refused.event = TextOf(event);
  return common::RefuseTransition(refused);
}

void CheckChecklist(const Checklist& checklist, const Policy& policy, std::string_view prefix,
                    common::Violations& violations) {
  const std::string title = fmt::format("{}title", prefix);
  common::CheckText({title, 1, 100}, checklist.title, violations);
  const std::string items = fmt::format("{}items", prefix);
  if (checklist.items.empty()) violations.Add(items, "REQUIRED", {"is required", "必填"});
  if (checklist.items.size() > kMaxChecklistItems) {
    violations.Add(items, "TOO_MANY", {"has more than 200 entries", "超过 200 项"});
    return;
  }
  std::set<std::string> codes;
  for (size_t i = 0; i < checklist.items.size(); ++i) {
    const std::string at = fmt::format("{}[{}].", items, i);
    CheckItem(checklist.items[i], policy, at, violations);
    if (!codes.insert(checklist.items[i].code).second) {
      violations.Add(at + "code", "DUPLICATE", {"is there twice", "编码重复"});
    }
  }
}

void CheckAnswers(const std::vector<CheckAnswer>& answers, const std::vector<ChecklistItem>& items,
                  common::Violations& violations) {
  std::map<std::string, int> answered;
  for (const ChecklistItem& item : items) answered[item.code] = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    const std::string at = fmt::format("answers[{}].", i);
    const auto item = answered.find(answers[i].item);
    if (item == answered.end()) {
      violations.Add(at + "item", "UNKNOWN_VALUE", {"is not an item of the checklist", "不是清单中的条目"});
      continue;
    }
    if (++item->second == 2) violations.Add(at + "item", "DUPLICATE", {"is answered twice", "条目重复作答"});
    CheckAnswered(answers[i], at, violations);
  }
  for (const auto& [code, times] : answered) {
    if (times != 0) continue;
    violations.Add("answers", "MISSING_ANSWER",
                   {fmt::format("{} is not answered", code), fmt::format("条目 {} 未作答", code)});
  }
}

}  // namespace ronghe::rectification
