// What happens to problems: what each event does beside the state, and what the clock does.
#include <algorithm>
#include <utility>

#include "services/common/values/resource_name.h"
#include "services/rectification/app/problem_app.h"

namespace ronghe::rectification {
namespace {

bool NeedsReason(ProblemEvent event) {
  switch (event) {
    case ProblemEvent::kReturn:
    case ProblemEvent::kReopen:
    case ProblemEvent::kCancel:
    case ProblemEvent::kRequestExtension:
    case ProblemEvent::kRefuseExtension:
    case ProblemEvent::kPause:
      return true;
    default:
      return false;
  }
}

common::Violations CheckAction(const ProblemAction& action, const common::WriteOptions& options) {
  common::Violations violations = common::StartWith(options);
  CheckReason(action.reason, NeedsReason(action.event), violations);
  CheckEvidence(action.evidence, action.event == ProblemEvent::kSubmit, violations);
  if (action.event == ProblemEvent::kUnspecified) {
    violations.Add("verdict", "REQUIRED", {"must be CLOSE or RETURN", "应为销号或退回"});
  }
  if (action.event == ProblemEvent::kRequestExtension && !action.due) {
    violations.Add("due_date", "REQUIRED", {"is required", "必填"});
  }
  common::ReadOptionalId(action.person, "members", "person", violations);
  return violations;
}

void ClearDeadline(Problem& problem) {
  problem.overdue = false;
  problem.paused_left = std::nullopt;
  problem.extension = std::nullopt;
}

}  // namespace

absl::StatusOr<ProblemView> ProblemApp::Do(const common::Call& call, const std::string& name,
                                           const ProblemAction& action, const common::WriteOptions& options) {
  RONGHE_RETURN_IF_ERROR(CheckAction(action, options).ToStatus());
  const auto change = [&](const ProblemTxn& txn, Problem& problem,
                          const std::string& resource) -> absl::StatusOr<ProblemStep> {
    const Attempt attempt = AttemptOf(call, problem, txn.now());
    if (action.event == ProblemEvent::kAssign) RONGHE_RETURN_IF_ERROR(Assign(action, problem));
    RONGHE_ASSIGN_OR_RETURN(const ProblemState next, Decide(problem, action.event, attempt, resource));
    RONGHE_RETURN_IF_ERROR(Apply(action, attempt.who, txn.now(), problem));
    problem.state = next;
    ProblemStep step;
    step.event = action.event;
    step.reason = action.reason;
    step.evidence = action.evidence;
    step.on_time = action.event == ProblemEvent::kClose && problem.on_time;
    if (action.event == ProblemEvent::kRequestExtension) step.due = action.due;
    return step;
  };
  return RunOn(call, name, options, change);
}

absl::Status ProblemApp::Assign(const ProblemAction& action, Problem& problem) const {
  common::Violations ignored;  // looked at before
  if (const int64_t person = common::ReadOptionalId(action.person, "members", "person", ignored); person != 0)
    problem.person = person;
  if (!action.measures.empty()) problem.measures = action.measures;
  common::Violations violations;
  CheckProblem(problem, "", violations);
  const bool moves = action.due || action.working_days != 0;
  if (moves && problem.state == ProblemState::kAssigned && problem.due) {
    violations.Add("due_date", "NOT_UPDATABLE",
                   {"once assigned, the deadline changes by an extension", "交办后整改时限只能通过延期调整"});
  } else if (moves) {
    violations.AddAll(SetDue(problem, action.due, action.working_days, ""));
    problem.overdue = false;
    problem.escalation_steps = 0;
    problem.escalated_to = {};
  }
  return violations.ToStatus();
}

void ProblemApp::Submit(const Person& who, absl::Time now, Problem& problem) const {
  problem.submitter = who;
  problem.submitted = now;
  problem.on_time = !problem.due || now < DeadlineOf(*problem.due, parts_.calendar.zone());
  ClearDeadline(problem);
}

void ProblemApp::Grant(absl::Time now, Problem& problem) const {
  problem.due = std::exchange(problem.extension, std::nullopt)->due;
  // Asked for in time: what the clock did while it was being decided is taken back.
  if (now < DeadlineOf(*problem.due, parts_.calendar.zone())) {
    problem.overdue = false;
    problem.escalation_steps = 0;
    problem.escalated_to = {};
  }
}

void ProblemApp::PlanLookBack(Problem& problem, int done, absl::CivilDay closed) const {
  const std::vector<int>& days = parts_.policy.look_back_days;
  problem.look_backs = done;
  problem.look_back = std::nullopt;
  if (done < static_cast<int>(days.size())) problem.look_back = closed + days[static_cast<size_t>(done)];
}

absl::Status ProblemApp::Apply(const ProblemAction& action, const Person& who, absl::Time now, Problem& problem) const {
  const absl::CivilDay today = absl::ToCivilDay(now, parts_.calendar.zone());
  switch (action.event) {
    case ProblemEvent::kSubmit:
      Submit(who, now, problem);
      break;
    case ProblemEvent::kClose:
      problem.closed = now;
      PlanLookBack(problem, 0, today);
      break;
    case ProblemEvent::kReturn:
      ++problem.returns;
      break;
    case ProblemEvent::kReopen:
      ++problem.recurrences;
      ClearDeadline(problem);
      // A new round: with a new deadline, and anybody may submit or verify.
      problem.due = std::nullopt;
      problem.escalation_steps = 0;
      problem.escalated_to = {};
      problem.submitter = {};
      problem.submitted = std::nullopt;
      problem.on_time = true;
      problem.look_back = std::nullopt;
      problem.look_backs = 0;
      break;
    case ProblemEvent::kLookBack:
      PlanLookBack(problem, problem.look_backs + 1,
                   absl::ToCivilDay(problem.closed.value_or(now), parts_.calendar.zone()));
      break;
    case ProblemEvent::kCancel:
      ClearDeadline(problem);
      break;
    case ProblemEvent::kRequestExtension:
      if (*action.due <= *problem.due) {
        return common::InvalidArgument("due_date", "NOT_LATER",
                                       {"must be later than the present one", "应晚于现有整改时限"});
      }
      problem.extension = ExtensionRequest{*action.due, now, who};
      break;
    case ProblemEvent::kGrantExtension:
      Grant(now, problem);
      break;
    case ProblemEvent::kRefuseExtension:
      problem.extension = std::nullopt;
      break;
    case ProblemEvent::kPause:
      problem.paused_left = parts_.work_calendar.Count(today, *problem.due);
      break;
    case ProblemEvent::kResume: {
      const int left = *std::exchange(problem.paused_left, std::nullopt);
      problem.due = left == 0 ? today : parts_.work_calendar.After(today - 1, left);
      break;
    }
    default:
      break;
  }
  return absl::OkStatus();
}

void ProblemApp::ApplyPast(const LedgerStep& step, const Person& who, Problem& problem) const {
  const absl::Time at = parts_.calendar.StartOf(*step.day);
  switch (step.event) {
    case ProblemEvent::kUpdate:
    case ProblemEvent::kAssign:
    case ProblemEvent::kGrantExtension:
      if (step.due) problem.due = step.due;
      break;
    case ProblemEvent::kPassDeadline:
      problem.overdue = true;
      break;
    case ProblemEvent::kEscalate:
      ++problem.escalation_steps;
      break;
    case ProblemEvent::kPause:
    case ProblemEvent::kResume:
      // Where there is no deadline there is nothing that stands still.
      if (!problem.due || problem.paused_left.has_value() == (step.event == ProblemEvent::kPause)) break;
      [[fallthrough]];
    case ProblemEvent::kSubmit:
    case ProblemEvent::kClose:
    case ProblemEvent::kReturn:
    case ProblemEvent::kReopen:
    case ProblemEvent::kCancel:
    case ProblemEvent::kLookBack: {
      ProblemAction action;
      action.event = step.event;
      Apply(action, who, at, problem).IgnoreError();  // these have nothing to refuse
      break;
    }
    default:
      break;
  }
}

ProblemApp::Restored ProblemApp::Replay(const LedgerEntry& entry, Problem problem) const {
  Restored restored;
  for (const LedgerStep& past : entry.steps) {
    ProblemStep step;
    step.event = past.event;
    step.at = parts_.calendar.StartOf(*past.day);
    step.by.member = MemberIn(past.actor);
    if (step.by.member == 0) step.who = past.actor;
    step.reason = past.reason;
    step.before = past.event == ProblemEvent::kRegister ? ProblemState::kUnspecified : problem.state;
    ApplyPast(past, step.by, problem);
    problem.state = StateAfter(step.before, past.event).value_or(ProblemState::kRegistered);
    step.after = problem.state;
    step.due = past.due ? past.due : problem.due;
    step.on_time = past.event == ProblemEvent::kClose && problem.on_time;
    restored.steps.push_back(std::move(step));
  }
  if (IsOpen(problem.state) && entry.problem.due) problem.due = entry.problem.due;
  // Look-backs that nobody made are not asked for any more.
  while (problem.look_back && *problem.look_back < parts_.calendar.Today()) {
    PlanLookBack(problem, problem.look_backs + 1, absl::ToCivilDay(*problem.closed, parts_.calendar.zone()));
  }
  restored.next = NextLook(problem);
  restored.problem = std::move(problem);
  return restored;
}

absl::Time ProblemApp::NextLook(const Problem& problem) const {
  if (!IsOpen(problem.state) || problem.state == ProblemState::kSubmitted) return absl::InfiniteFuture();
  if (!problem.due || problem.paused_left) return absl::InfiniteFuture();
  const absl::TimeZone zone = parts_.calendar.zone();
  if (!problem.overdue) return DeadlineOf(*problem.due, zone);
  const auto taken = static_cast<size_t>(problem.escalation_steps);
  if (taken >= parts_.policy.escalation.size()) return absl::InfiniteFuture();
  return DeadlineOf(*problem.due + parts_.policy.escalation[taken].days, zone);
}

common::UnitUid ProblemApp::Reached(common::UnitUid unit, int level) const {
  common::UnitUid highest = unit;
  for (const common::UnitView& above : parts_.units.AncestorsOf(unit)) {
    if (above.level <= level) return above.uid;
    highest = above.uid;
  }
  return highest;
}

absl::Status ProblemApp::Due(ProblemTxn& txn, ProblemId id, absl::Time due) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredProblem> before, txn.Find(id));
  if (!before) return absl::OkStatus();
  Problem problem = before->problem;
  Attempt attempt;
  attempt.clock = true;
  // The server's clock may be ahead of this process'.
  attempt.now = std::max(txn.now(), due);
  attempt.zone = parts_.calendar.zone();
  std::vector<ProblemStep> steps;
  const auto record = [&](ProblemEvent event, common::UnitUid concerned) {
    ProblemStep& step = steps.emplace_back();
    step.event = event;
    step.before = step.after = problem.state;
    step.due = problem.due;
    step.concerned = concerned;
  };
  if (Decide(problem, ProblemEvent::kPassDeadline, attempt, NameOf(id)).ok()) {
    problem.overdue = true;
    record(ProblemEvent::kPassDeadline, {});
  }
  while (Decide(problem, ProblemEvent::kEscalate, attempt, NameOf(id)).ok() && NextLook(problem) <= attempt.now) {
    const Policy::Step& rung = parts_.policy.escalation[static_cast<size_t>(problem.escalation_steps)];
    ++problem.escalation_steps;
    problem.escalated_to = Reached(parts_.units.AnswersFor(problem.unit), rung.level);
    record(ProblemEvent::kEscalate, problem.escalated_to);
  }
  if (steps.empty()) return absl::OkStatus();
  return txn.Replace(*before, problem, steps, NextLook(problem)).status();
}

}  // namespace ronghe::rectification
