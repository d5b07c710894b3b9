#include "services/rectification/domain/problem.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "services/common/values/text_rules.h"
#include "services/common/values/words.h"

namespace ronghe::rectification {
namespace {

using common::FromName;
using common::IsKnown;
using common::TextOf;
using common::Word;

constexpr Word<ProblemState> kStates[] = {
    {ProblemState::kRegistered, "REGISTERED", "registered", "已登记"},
    {ProblemState::kAssigned, "ASSIGNED", "assigned", "已交办"},
    {ProblemState::kInProgress, "IN_PROGRESS", "in progress", "整改中"},
    {ProblemState::kSubmitted, "SUBMITTED", "submitted", "待验收"},
    {ProblemState::kReturned, "RETURNED", "returned", "已退回"},
    {ProblemState::kClosed, "CLOSED", "closed", "已销号"},
    {ProblemState::kReopened, "REOPENED", "reopened", "已反弹"},
    {ProblemState::kCancelled, "CANCELLED", "cancelled", "已撤销"},
};
constexpr Word<ProblemEvent> kEvents[] = {
    {ProblemEvent::kRegister, "REGISTER", "register", "登记"},
    {ProblemEvent::kUpdate, "UPDATE", "update", "修改"},
    {ProblemEvent::kAssign, "ASSIGN", "assign", "交办"},
    {ProblemEvent::kStart, "START", "start", "开始整改"},
    {ProblemEvent::kSubmit, "SUBMIT", "submit", "提请验收"},
    {ProblemEvent::kClose, "CLOSE", "close", "验收销号"},
    {ProblemEvent::kReturn, "RETURN", "return", "退回"},
    {ProblemEvent::kReopen, "REOPEN", "reopen", "重新打开"},
    {ProblemEvent::kCancel, "CANCEL", "cancel", "撤销"},
    {ProblemEvent::kRequestExtension, "REQUEST_EXTENSION", "request an extension", "申请延期"},
    {ProblemEvent::kGrantExtension, "GRANT_EXTENSION", "grant the extension", "同意延期"},
    {ProblemEvent::kRefuseExtension, "REFUSE_EXTENSION", "refuse the extension", "不同意延期"},
    {ProblemEvent::kPause, "PAUSE", "pause", "中止计时"},
    {ProblemEvent::kResume, "RESUME", "resume", "恢复计时"},
    {ProblemEvent::kPassDeadline, "PASS_DEADLINE", "pass the deadline", "超期"},
    {ProblemEvent::kEscalate, "ESCALATE", "escalate", "挂牌督办"},
    {ProblemEvent::kLookBack, "LOOK_BACK", "look back", "回头看"},
    {ProblemEvent::kRecur, "RECUR", "recur", "反弹登记"},
};
constexpr Word<ProblemSource> kSources[] = {
    {ProblemSource::kSelfCheck, "SELF_CHECK", "self-check", "自查"},
    {ProblemSource::kInspection, "INSPECTION", "inspection", "检查巡察"},
    {ProblemSource::kDutyReport, "DUTY_REPORT", "duty report", "述职评议"},
    {ProblemSource::kAudit, "AUDIT", "audit", "审计"},
    {ProblemSource::kMissedObligation, "MISSED_OBLIGATION", "missed obligation", "任务未完成"},
    {ProblemSource::kFailedIndicator, "FAILED_INDICATOR", "failed indicator", "指标未达标"},
    {ProblemSource::kOther, "OTHER", "other", "其他"},
};
constexpr Word<ProblemClass> kClasses[] = {
    {ProblemClass::kImmediate, "IMMEDIATE", "immediate", "立行立改"},
    {ProblemClass::kTimeBound, "TIME_BOUND", "time-bound", "限期整改"},
    {ProblemClass::kLongTerm, "LONG_TERM", "long-term", "长期坚持"},
};
constexpr Word<ProblemExtent> kExtents[] = {
    {ProblemExtent::kIndividual, "INDIVIDUAL", "individual", "个性问题"},
    {ProblemExtent::kCommon, "COMMON", "common", "共性问题"},
};

void Require(bool known, int64_t number, std::string field, common::Violations& violations) {
  if (known) return;
  if (number == 0) {
    violations.Add(std::move(field), "REQUIRED", {"is required", "必填"});
  } else {
    violations.Add(std::move(field), "UNKNOWN_VALUE", {"is not a known value", "不是已知的取值"});
  }
}

}  // namespace

common::Text StateText(ProblemState state) {
  return TextOf<ProblemState>(kStates, state);
}
common::Text EventText(ProblemEvent event) {
  return TextOf<ProblemEvent>(kEvents, event);
}
std::optional<ProblemState> ProblemStateFromName(std::string_view name) {
  return FromName<ProblemState>(kStates, name);
}
std::optional<ProblemSource> ProblemSourceFromName(std::string_view name) {
  return FromName<ProblemSource>(kSources, name);
}
std::optional<ProblemClass> ProblemClassFromName(std::string_view name) {
  return FromName<ProblemClass>(kClasses, name);
}
std::optional<ProblemExtent> ProblemExtentFromName(std::string_view name) {
  return FromName<ProblemExtent>(kExtents, name);
}
std::string_view NameOf(ProblemSource source) {
  for (const Word<ProblemSource>& word : kSources) {
    if (word.value == source) return word.name;
  }
  return "UNKNOWN";
}

bool SamePerson(const Person& a, const Person& b) {
  if (a.member != 0 && b.member != 0) return a.member == b.member;
  if (a.principal != 0 && b.principal != 0) return a.principal == b.principal;
  return !a.key.empty() && a.key == b.key;
}

void CheckProblem(const Problem& problem, std::string_view prefix, common::Violations& violations) {
  const auto field = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  Require(IsKnown<ProblemSource>(kSources, problem.source), static_cast<int64_t>(problem.source), field("source"),
          violations);
  Require(IsKnown<ProblemClass>(kClasses, problem.problem_class), static_cast<int64_t>(problem.problem_class),
          field("problem_class"), violations);
  Require(IsKnown<ProblemExtent>(kExtents, problem.extent), static_cast<int64_t>(problem.extent), field("extent"),
          violations);
  const std::string names[] = {field("description"), field("measures"), field("cause"), field("external_source"),
                               field("external_id")};
  // Longer texts may have several lines.
  const auto lines = [&](const std::string& name, size_t min, size_t max, std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    common::CheckText({name, min, max}, text, violations);
  };
  lines(names[0], 1, 2000, problem.description);
  lines(names[1], 0, 4000, problem.measures);
  common::CheckText({names[2], 0, 200}, problem.cause, violations);
  common::CheckText({names[3], problem.external_id.empty() ? 0u : 1u, 60}, problem.external_source, violations);
  common::CheckText({names[4], problem.external_source.empty() ? 0u : 1u, 120}, problem.external_id, violations);
}

void CheckReason(std::string_view reason, bool required, common::Violations& violations) {
  std::string text(reason);
  std::replace(text.begin(), text.end(), '\n', ' ');
  common::CheckText({"reason", required ? 1u : 0u, 1000}, text, violations);
}

void CheckEvidence(const std::vector<common::Document>& evidence, bool required, common::Violations& violations) {
  if (required && evidence.empty()) violations.Add("evidence", "REQUIRED", {"is required", "必填"});
  common::CheckDocuments(evidence, "evidence", violations);
}

}  // namespace ronghe::rectification
