#include "services/rectification/domain/problem_state.h"

#include <algorithm>

#include "services/common/values/transition.h"

namespace ronghe::rectification {
namespace {

using S = ProblemState;
using E = ProblemEvent;
using P = Party;
using G = Guard;

constexpr ProblemTransition kTable[] = {
    {S::kRegistered, E::kUpdate, P::kResponsible, G::kNone, S::kRegistered},
    {S::kRegistered, E::kAssign, P::kResponsible, G::kReady, S::kAssigned},
    {S::kRegistered, E::kCancel, P::kSupervising, G::kNone, S::kCancelled},
    {S::kRegistered, E::kPassDeadline, P::kClock, G::kPassed, S::kRegistered},
    {S::kRegistered, E::kEscalate, P::kClock, G::kOverdue, S::kRegistered},

    {S::kAssigned, E::kUpdate, P::kResponsible, G::kNone, S::kAssigned},
    {S::kAssigned, E::kAssign, P::kResponsible, G::kReady, S::kAssigned},
    {S::kAssigned, E::kStart, P::kResponsible, G::kRunning, S::kInProgress},
    {S::kAssigned, E::kRequestExtension, P::kResponsible, G::kExtendable, S::kAssigned},
    {S::kAssigned, E::kGrantExtension, P::kSupervising, G::kAsked, S::kAssigned},
    {S::kAssigned, E::kRefuseExtension, P::kSupervising, G::kAsked, S::kAssigned},
    {S::kAssigned, E::kPause, P::kSupervising, G::kPausable, S::kAssigned},
    {S::kAssigned, E::kResume, P::kSupervising, G::kPaused, S::kAssigned},
    {S::kAssigned, E::kCancel, P::kSupervising, G::kNone, S::kCancelled},
    {S::kAssigned, E::kPassDeadline, P::kClock, G::kPassed, S::kAssigned},
    {S::kAssigned, E::kEscalate, P::kClock, G::kOverdue, S::kAssigned},

    {S::kInProgress, E::kUpdate, P::kResponsible, G::kNone, S::kInProgress},
    {S::kInProgress, E::kSubmit, P::kResponsible, G::kRunning, S::kSubmitted},
    {S::kInProgress, E::kRequestExtension, P::kResponsible, G::kExtendable, S::kInProgress},
    {S::kInProgress, E::kGrantExtension, P::kSupervising, G::kAsked, S::kInProgress},
    {S::kInProgress, E::kRefuseExtension, P::kSupervising, G::kAsked, S::kInProgress},
    {S::kInProgress, E::kPause, P::kSupervising, G::kPausable, S::kInProgress},
    {S::kInProgress, E::kResume, P::kSupervising, G::kPaused, S::kInProgress},
    {S::kInProgress, E::kCancel, P::kSupervising, G::kNone, S::kCancelled},
    {S::kInProgress, E::kPassDeadline, P::kClock, G::kPassed, S::kInProgress},
    {S::kInProgress, E::kEscalate, P::kClock, G::kOverdue, S::kInProgress},

    {S::kSubmitted, E::kClose, P::kSupervising, G::kOtherHands, S::kClosed},
    {S::kSubmitted, E::kReturn, P::kSupervising, G::kOtherHands, S::kReturned},
    {S::kSubmitted, E::kCancel, P::kSupervising, G::kOtherHands, S::kCancelled},

    {S::kReturned, E::kUpdate, P::kResponsible, G::kNone, S::kReturned},
    {S::kReturned, E::kStart, P::kResponsible, G::kRunning, S::kInProgress},
    {S::kReturned, E::kRequestExtension, P::kResponsible, G::kExtendable, S::kReturned},
    {S::kReturned, E::kGrantExtension, P::kSupervising, G::kAsked, S::kReturned},
    {S::kReturned, E::kRefuseExtension, P::kSupervising, G::kAsked, S::kReturned},
    {S::kReturned, E::kPause, P::kSupervising, G::kPausable, S::kReturned},
    {S::kReturned, E::kResume, P::kSupervising, G::kPaused, S::kReturned},
    {S::kReturned, E::kCancel, P::kSupervising, G::kNone, S::kCancelled},
    {S::kReturned, E::kPassDeadline, P::kClock, G::kPassed, S::kReturned},
    {S::kReturned, E::kEscalate, P::kClock, G::kOverdue, S::kReturned},

    {S::kClosed, E::kReopen, P::kSupervising, G::kNone, S::kReopened},
    {S::kClosed, E::kLookBack, P::kSupervising, G::kNone, S::kClosed},

    {S::kReopened, E::kUpdate, P::kResponsible, G::kNone, S::kReopened},
    {S::kReopened, E::kAssign, P::kResponsible, G::kReady, S::kAssigned},
    {S::kReopened, E::kCancel, P::kSupervising, G::kNone, S::kCancelled},
    {S::kReopened, E::kPassDeadline, P::kClock, G::kPassed, S::kReopened},
    {S::kReopened, E::kEscalate, P::kClock, G::kOverdue, S::kReopened},
};

struct Fault {
  std::string reason;
  common::Text text;
};

bool Passed(const Problem& problem, const Attempt& attempt) {
  return problem.due && attempt.now >= DeadlineOf(*problem.due, attempt.zone);
}

// What keeps a deadline from being moved or stopped.
std::vector<Fault> DeadlineFaults(const Problem& problem, const Attempt& attempt, std::string_view late) {
  std::vector<Fault> faults;
  if (!problem.due) faults.push_back({"NO_DEADLINE", {"there is no deadline", "没有整改时限"}});
  if (problem.paused_left) faults.push_back({"PAUSED", {"the deadline stands still", "已中止计时"}});
  if (problem.overdue || (!problem.paused_left && Passed(problem, attempt))) {
    faults.push_back({std::string(late), {"the deadline has passed", "整改时限已过"}});
  }
  if (problem.extension) {
    faults.push_back({"ALREADY_ASKED", {"an extension is asked for and not decided", "已有延期申请尚未答复"}});
  }
  return faults;
}

std::vector<Fault> ReadyFaults(const Problem& problem) {
  std::vector<Fault> faults;
  if (problem.person == 0) faults.push_back({"NEEDS_PERSON", {"nobody is responsible", "未明确责任人"}});
  if (problem.measures.empty()) faults.push_back({"NEEDS_MEASURES", {"there are no measures", "未明确整改措施"}});
  if (!problem.due && problem.problem_class != ProblemClass::kLongTerm) {
    faults.push_back({"NEEDS_DEADLINE", {"there is no deadline", "未明确整改时限"}});
  }
  return faults;
}

std::vector<Fault> FaultsOf(Guard guard, const Problem& problem, const Attempt& attempt) {
  switch (guard) {
    case G::kNone:
      return {};
    case G::kReady:
      return ReadyFaults(problem);
    case G::kRunning:
      if (problem.paused_left) return {{"PAUSED", {"the deadline stands still", "已中止计时"}}};
      return {};
    case G::kOtherHands:
      if (SamePerson(problem.submitter, attempt.who)) {
        return {{"OWN_SUBMISSION", {"who submitted does not verify", "提请验收的人不能验收"}}};
      }
      return {};
    case G::kExtendable:
      return DeadlineFaults(problem, attempt, "TOO_LATE");
    case G::kPausable:
      return DeadlineFaults(problem, attempt, "OVERDUE");
    case G::kAsked:
      if (!problem.extension) return {{"NOT_ASKED", {"no extension is asked for", "没有延期申请"}}};
      if (SamePerson(problem.extension->by, attempt.who)) {
        return {{"OWN_REQUEST", {"who asked does not decide", "申请人不能审批"}}};
      }
      return {};
    case G::kPaused:
      if (!problem.paused_left) return {{"NOT_PAUSED", {"the deadline does not stand still", "未中止计时"}}};
      return {};
    case G::kPassed:
      if (!problem.overdue && !problem.paused_left && Passed(problem, attempt)) return {};
      return {{"NOT_PASSED", {"the deadline has not passed", "整改时限未过"}}};
    case G::kOverdue:
      if (problem.overdue) return {};
      return {{"NOT_OVERDUE", {"it is not overdue", "未超期"}}};
  }
  return {};
}

bool MayAct(Party party, const Attempt& attempt) {
  if (party == P::kClock) return attempt.clock;
  return party == P::kSupervising ? attempt.supervising : attempt.responsible;
}

absl::Status Refuse(const Problem& problem, ProblemEvent event, const Attempt& attempt, const std::string& resource,
                    const std::vector<Fault>& faults) {
  common::RefusedTransition refused;
  refused.reason = faults.empty() ? "PROBLEM_STATE" : faults.front().reason;
  refused.resource = resource;
  refused.state = StateText(problem.state);
  refused.event = EventText(event);
  for (const Fault& fault : faults) {
    refused.why.en += (refused.why.en.empty() ? "" : "; ") + fault.text.en;
    refused.why.zh += (refused.why.zh.empty() ? "" : "；") + fault.text.zh;
  }
  for (const ProblemEvent allowed : AllowedEvents(problem, attempt)) refused.allowed.push_back(EventText(allowed));
  const absl::Status one = common::RefuseTransition(refused);
  if (faults.size() < 2) return one;
  std::vector<common::Blocker> blockers;
  for (const Fault& fault : faults) blockers.push_back({fault.reason, resource, fault.text});
  return common::FailedPrecondition(refused.reason, common::TextOf(one), std::move(blockers));
}

}  // namespace

std::span<const ProblemTransition> ProblemTransitions() {
  return kTable;
}

std::optional<ProblemState> StateAfter(ProblemState from, ProblemEvent event) {
  for (const ProblemTransition& row : kTable) {
    if (row.from == from && row.event == event) return row.to;
  }
  return std::nullopt;
}

bool IsSupervising(ProblemEvent event) {
  return std::any_of(std::begin(kTable), std::end(kTable),
                     [&](const ProblemTransition& row) { return row.event == event && row.party == P::kSupervising; });
}

absl::StatusOr<ProblemState> Decide(const Problem& problem, ProblemEvent event, const Attempt& attempt,
                                    const std::string& resource) {
  const auto* const row = std::find_if(std::begin(kTable), std::end(kTable), [&](const ProblemTransition& one) {
    return one.from == problem.state && one.event == event;
  });
  if (row == std::end(kTable)) return Refuse(problem, event, attempt, resource, {});
  if (!MayAct(row->party, attempt)) {
    if (row->party == P::kResponsible) {
      return common::PermissionDenied("NOT_RESPONSIBLE", {"this is for the responsible unit", "应由责任单位办理"});
    }
    return common::PermissionDenied("NOT_SUPERVISING",
                                    {"this is for the supervising unit or one above it", "应由督办单位或其上级办理"});
  }
  const std::vector<Fault> faults = FaultsOf(row->guard, problem, attempt);
  if (!faults.empty()) return Refuse(problem, event, attempt, resource, faults);
  return row->to;
}

std::vector<ProblemEvent> AllowedEvents(const Problem& problem, const Attempt& attempt) {
  std::vector<ProblemEvent> allowed;
  for (const ProblemTransition& row : kTable) {
    if (row.from != problem.state || row.party == P::kClock || !MayAct(row.party, attempt)) continue;
    if (row.guard == G::kReady || FaultsOf(row.guard, problem, attempt).empty()) allowed.push_back(row.event);
  }
  return allowed;
}

}  // namespace ronghe::rectification
