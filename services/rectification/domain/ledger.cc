#include "services/rectification/domain/ledger.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/text_rules.h"
#include "services/rectification/domain/problem_state.h"

namespace ronghe::rectification {
namespace {

using E = ProblemEvent;

// What the dates of a row mean.
void MakeHistory(LedgerEntry& entry, common::Violations& violations) {
  if (!entry.registered) {
    violations.Add("register_date", "REQUIRED", {"is required", "必填"});
    return;
  }
  const auto add = [&](E event, std::optional<absl::CivilDay> day, std::string actor) {
    entry.steps.push_back({event, day, std::move(actor), "", std::nullopt});
  };
  add(E::kRegister, entry.registered, "");
  const std::optional<absl::CivilDay> submitted = entry.submitted ? entry.submitted : entry.closed;
  const std::optional<absl::CivilDay> assigned = entry.assigned || !submitted ? entry.assigned : entry.registered;
  if (assigned) add(E::kAssign, assigned, "");
  if (submitted) {
    add(E::kStart, assigned, "");
    add(E::kSubmit, submitted, entry.submitter);
  }
  if (entry.closed) add(E::kClose, entry.closed, entry.verifier);
  if (entry.cancelled) add(E::kCancel, entry.cancelled, entry.verifier);
  if (entry.closed && entry.cancelled) {
    violations.Add("cancel_date", "CONFLICT", {"stands beside close_date", "不能与销号日期并存"});
  }
  entry.steps.back().reason = entry.remarks;
}

// The field that a fault of a step is said of.
std::string FieldOf(const LedgerEntry& entry, bool made, size_t i) {
  if (!made) return fmt::format("steps[{}].", i);
  switch (entry.steps[i].event) {
    case E::kRegister:
      return "register_";
    case E::kAssign:
    case E::kStart:
      return "assign_";
    case E::kSubmit:
      return "submit_";
    case E::kCancel:
      return "cancel_";
    default:
      return "close_";
  }
}

void CheckTexts(const LedgerStep& step, const std::string& at, bool made, common::Violations& violations) {
  const std::string actor = made ? at + "by" : at + "actor";
  common::CheckText({actor, 0, 100}, step.actor, violations);
  std::string reason = step.reason;
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  const std::string field = made ? "remarks" : at + "reason";
  common::CheckText({field, 0, 1000}, reason, violations);
}

}  // namespace

int64_t MemberIn(const std::string& actor) {
  return common::IdFromName(actor, "members");
}

void CheckHistory(LedgerEntry& entry, absl::CivilDay today, common::Violations& violations) {
  const bool made = entry.steps.empty();
  if (made) MakeHistory(entry, violations);
  if (entry.steps.size() > kMaxLedgerSteps) {
    violations.Add("steps", "TOO_MANY", {"has more than 100 entries", "超过 100 项"});
    return;
  }
  ProblemState state = ProblemState::kUnspecified;
  std::optional<absl::CivilDay> last;
  int64_t submitter = 0;
  for (size_t i = 0; i < entry.steps.size(); ++i) {
    const LedgerStep& step = entry.steps[i];
    const std::string at = FieldOf(entry, made, i);
    CheckTexts(step, at, made, violations);
    if (!step.day) {
      violations.Add(at + "date", "REQUIRED", {"is required", "必填"});
    } else if (*step.day > today) {
      violations.Add(at + "date", "IN_FUTURE", {"must not be in the future", "不能晚于今天"});
    } else if (last && *step.day < *last) {
      violations.Add(at + "date", "OUT_OF_ORDER", {"is before the step before it", "早于前一环节的日期"});
    }
    if (step.day) last = step.day;
    const std::optional<ProblemState> next =
        i == 0 ? (step.event == E::kRegister ? std::optional(ProblemState::kRegistered) : std::nullopt)
               : StateAfter(state, step.event);
    if (!next) {
      violations.Add(at + (made ? "date" : "event"), "NOT_POSSIBLE",
                     {fmt::format("cannot follow: the problem is {}", i == 0 ? "new" : StateText(state).en),
                      fmt::format("此前状态为{}，不能有该环节", i == 0 ? "未登记" : StateText(state).zh)});
      return;  // what comes after depends on it
    }
    state = *next;
    if (step.event == E::kSubmit) submitter = MemberIn(step.actor);
    const bool judged = step.event == E::kClose || step.event == E::kReturn;
    if (judged && submitter != 0 && MemberIn(step.actor) == submitter) {
      violations.Add(made ? "verifier" : at + "actor", "OWN_SUBMISSION",
                     {"who submitted does not verify", "提请验收的人不能验收"});
    }
  }
}

bool HasSupervisingSteps(const LedgerEntry& entry) {
  return std::any_of(entry.steps.begin(), entry.steps.end(),
                     [](const LedgerStep& step) { return IsSupervising(step.event); });
}

}  // namespace ronghe::rectification
