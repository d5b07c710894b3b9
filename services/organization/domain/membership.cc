#include "services/organization/domain/membership.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/organization/domain/months.h"
#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

using common::Text;

// What a row asks for.
enum class Guard {
  kNone,
  kProbationOver,
  kNotExtended,
  kFloating,
  kNotFloating,
  kNotTransferring,
  kWasFull,
  kWasProbationary,
};

struct MemberTransition {
  MemberStatus from;
  MemberEvent event;
  Guard guard;
  MemberStatus to;
};
constexpr MemberStatus kFull = MemberStatus::kFull;
constexpr MemberStatus kProbationary = MemberStatus::kProbationary;
constexpr MemberStatus kLeft = MemberStatus::kLeft;
constexpr MemberStatus kMovedOutside = MemberStatus::kMovedOutside;
constexpr MemberStatus kDeceased = MemberStatus::kDeceased;

// Every change there is. An ended membership only comes back: whoever wants to correct its facts restores it first.
constexpr MemberTransition kTransitions[] = {
    {kProbationary, MemberEvent::kUpdate, Guard::kNone, kProbationary},
    {kProbationary, MemberEvent::kMove, Guard::kNotTransferring, kProbationary},
    {kProbationary, MemberEvent::kConfirm, Guard::kProbationOver, kFull},
    {kProbationary, MemberEvent::kExtendProbation, Guard::kNotExtended, kProbationary},
    {kProbationary, MemberEvent::kFloat, Guard::kNotFloating, kProbationary},
    {kProbationary, MemberEvent::kReturn, Guard::kFloating, kProbationary},
    {kProbationary, MemberEvent::kTransfer, Guard::kNotTransferring, kProbationary},
    {kProbationary, MemberEvent::kLeave, Guard::kNotTransferring, kLeft},
    {kProbationary, MemberEvent::kCancelProbation, Guard::kNotTransferring, kLeft},
    {kProbationary, MemberEvent::kMoveOutside, Guard::kNotTransferring, kMovedOutside},
    {kProbationary, MemberEvent::kDie, Guard::kNotTransferring, kDeceased},
    {kFull, MemberEvent::kUpdate, Guard::kNone, kFull},
    {kFull, MemberEvent::kMove, Guard::kNotTransferring, kFull},
    {kFull, MemberEvent::kFloat, Guard::kNotFloating, kFull},
    {kFull, MemberEvent::kReturn, Guard::kFloating, kFull},
    {kFull, MemberEvent::kTransfer, Guard::kNotTransferring, kFull},
    {kFull, MemberEvent::kLeave, Guard::kNotTransferring, kLeft},
    {kFull, MemberEvent::kMoveOutside, Guard::kNotTransferring, kMovedOutside},
    {kFull, MemberEvent::kDie, Guard::kNotTransferring, kDeceased},
    {kLeft, MemberEvent::kRestore, Guard::kWasFull, kFull},
    {kLeft, MemberEvent::kRestore, Guard::kWasProbationary, kProbationary},
    {kMovedOutside, MemberEvent::kRestore, Guard::kWasFull, kFull},
    {kMovedOutside, MemberEvent::kRestore, Guard::kWasProbationary, kProbationary},
    {kDeceased, MemberEvent::kRestore, Guard::kWasFull, kFull},
    {kDeceased, MemberEvent::kRestore, Guard::kWasProbationary, kProbationary},
};

bool Holds(Guard guard, const MemberState& state) {
  switch (guard) {
    case Guard::kNone:
      return true;
    case Guard::kProbationOver:
      return state.probation_end && state.day >= *state.probation_end;
    case Guard::kNotExtended:
      return !state.extended;
    case Guard::kFloating:
      return state.floating;
    case Guard::kNotFloating:
      return !state.floating;
    case Guard::kNotTransferring:
      return !state.transferring;
    case Guard::kWasFull:
      return state.was_full;
    case Guard::kWasProbationary:
      return !state.was_full;
  }
  return false;
}

struct Refusal {
  std::string reason;
  Text why;
};
Refusal WhyNot(Guard guard, const MemberState& state) {
  switch (guard) {
    case Guard::kProbationOver: {
      const std::string day = fmt::format("{:04}-{:02}-{:02}", state.probation_end->year(),
                                          state.probation_end->month(), state.probation_end->day());
      return {"PROBATION_NOT_OVER", {"the probation ends on " + day, "预备期至" + day + "期满"}};
    }
    case Guard::kNotExtended:
      return {"PROBATION_EXTENDED", {"the probation has been extended once", "预备期已延长过一次"}};
    case Guard::kFloating:
      return {"NOT_FLOATING", {"the member is not floating", "该党员未流动"}};
    case Guard::kNotFloating:
      return {"FLOATING", {"the member is floating already", "该党员已在流动"}};
    case Guard::kNotTransferring:
      return {"TRANSFER_OPEN", {"a transfer of the member is open", "该党员有未办结的组织关系转接"}};
    default:
      return {"MEMBER_STATE", {}};
  }
}

struct EventName {
  MemberEvent event;
  const char* en;
  const char* zh;
};
constexpr EventName kEventNames[] = {
    {MemberEvent::kUpdate, "update", "修改信息"},
    {MemberEvent::kMove, "move", "调整所在组织"},
    {MemberEvent::kConfirm, "confirm as a full member", "转为正式党员"},
    {MemberEvent::kExtendProbation, "extend the probation", "延长预备期"},
    {MemberEvent::kFloat, "float", "登记流动"},
    {MemberEvent::kReturn, "return from floating", "流动返回"},
    {MemberEvent::kLeave, "leave", "办理出党"},
    {MemberEvent::kCancelProbation, "cancel the probation", "取消预备党员资格"},
    {MemberEvent::kMoveOutside, "move outside", "转出系统外"},
    {MemberEvent::kDie, "record as deceased", "登记去世"},
    {MemberEvent::kRestore, "restore", "恢复"},
    {MemberEvent::kTransfer, "apply for a transfer", "申请转接组织关系"},
};

}  // namespace

void EndFloatingAt(common::UnitUid unit, Membership& membership) {
  if (membership.floating != Floating::kToUnit || membership.floating_unit != unit) return;
  membership.floating = Floating::kNone;
  membership.floating_unit = {};
  membership.floating_since.reset();
}

bool IsCurrent(MemberStatus status) {
  return status == MemberStatus::kFull || status == MemberStatus::kProbationary;
}

absl::CivilDay ProbationEnd(const Member& member, const Membership& membership, const RuleBook& rules) {
  const int months = rules.On(member.join_date()).membership.probation_months;
  return membership.probation_until.value_or(AddMonths(member.join_date(), months));
}

Member WithStatus(const Member& member, MemberStatus status, std::optional<absl::CivilDay> full_day) {
  Member::Fields fields = member.ToFields();
  fields.status = static_cast<int>(status);
  if (full_day) fields.full_date = DateParts::Of(*full_day);
  return Member::Restore(std::move(fields));
}

std::optional<MemberEvent> EventOf(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::kResigned:
    case LeaveReason::kStruckOff:
    case LeaveReason::kExpelled:
    case LeaveReason::kSuspended:
      return MemberEvent::kLeave;
    case LeaveReason::kProbationCancelled:
      return MemberEvent::kCancelProbation;
    case LeaveReason::kMovedOutside:
      return MemberEvent::kMoveOutside;
    case LeaveReason::kDeceased:
      return MemberEvent::kDie;
    case LeaveReason::kNone:
      break;
  }
  return std::nullopt;
}

Text MemberEventText(MemberEvent event) {
  const EventName& name = kEventNames[static_cast<size_t>(event)];
  return {name.en, name.zh};
}

Text MemberStatusText(MemberStatus status) {
  switch (status) {
    case MemberStatus::kFull:
      return {"full", "正式党员"};
    case MemberStatus::kProbationary:
      return {"probationary", "预备党员"};
    case MemberStatus::kLeft:
      return {"left", "已出党"};
    case MemberStatus::kMovedOutside:
      return {"moved outside", "已转出"};
    case MemberStatus::kDeceased:
      return {"deceased", "已去世"};
  }
  return {"unknown", "未知"};
}

MemberState StateOf(const Member& member, const Membership& membership, const RuleBook& rules, absl::CivilDay day) {
  MemberState state;
  state.status = member.status();
  state.floating = membership.floating != Floating::kNone;
  state.transferring = membership.transfer != 0;
  state.extended = membership.probation_until.has_value();
  state.was_full = member.full_date().has_value();
  state.day = day;
  if (state.status == MemberStatus::kProbationary) state.probation_end = ProbationEnd(member, membership, rules);
  return state;
}

absl::StatusOr<MemberStatus> NextStatus(const MemberState& state, MemberEvent event, const std::string& name) {
  Refusal refusal{"MEMBER_STATE", {}};
  for (const MemberTransition& transition : kTransitions) {
    if (transition.from != state.status || transition.event != event) continue;
    if (Holds(transition.guard, state)) return transition.to;
    refusal = WhyNot(transition.guard, state);
  }
  std::vector<Text> allowed;
  for (MemberEvent other : AllowedEvents(state)) allowed.push_back(MemberEventText(other));
  Text status = MemberStatusText(state.status);
  if (state.floating) {
    status.en += ", floating";
    status.zh += "(流动)";
  }
  return RefuseTransition({.reason = std::move(refusal.reason),
                           .resource = name,
                           .state = std::move(status),
                           .event = MemberEventText(event),
                           .why = std::move(refusal.why),
                           .allowed = std::move(allowed)});
}

std::vector<MemberEvent> AllowedEvents(const MemberState& state) {
  std::vector<MemberEvent> allowed;
  for (MemberEvent event : AllMemberEvents()) {
    if (std::any_of(std::begin(kTransitions), std::end(kTransitions), [&](const MemberTransition& t) {
          return t.from == state.status && t.event == event && Holds(t.guard, state);
        })) {
      allowed.push_back(event);
    }
  }
  return allowed;
}

const std::vector<MemberEvent>& AllMemberEvents() {
  static const auto* const all = [] {
    auto* events = new std::vector<MemberEvent>;
    for (const EventName& name : kEventNames) events->push_back(name.event);
    return events;
  }();
  return *all;
}

}  // namespace ronghe::organization
