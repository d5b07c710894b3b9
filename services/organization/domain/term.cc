#include "services/organization/domain/term.h"

#include <algorithm>

#include "services/organization/domain/months.h"
#include "services/organization/domain/transition.h"

namespace ronghe::organization {
namespace {

using S = TermState;
using E = TermEvent;

constexpr Transition<TermState, TermEvent> kTransitions[] = {
    {S::kCurrent, E::kApproach, S::kExpiring},
    {S::kCurrent, E::kPass, S::kOverdue},  // the clock was not looked at in between
    {S::kExpiring, E::kPass, S::kOverdue},
    {S::kCurrent, E::kExtendFar, S::kCurrent},
    {S::kExpiring, E::kExtendFar, S::kCurrent},
    {S::kOverdue, E::kExtendFar, S::kCurrent},
    {S::kCurrent, E::kExtendNear, S::kExpiring},
    {S::kExpiring, E::kExtendNear, S::kExpiring},
    {S::kOverdue, E::kExtendNear, S::kExpiring},
    {S::kCurrent, E::kPlan, S::kCurrent},
    {S::kExpiring, E::kPlan, S::kExpiring},
    {S::kOverdue, E::kPlan, S::kOverdue},
    {S::kCurrent, E::kFail, S::kCurrent},
    {S::kExpiring, E::kFail, S::kExpiring},
    {S::kOverdue, E::kFail, S::kOverdue},
    {S::kCurrent, E::kElect, S::kEnded},
    {S::kExpiring, E::kElect, S::kEnded},
    {S::kOverdue, E::kElect, S::kEnded},
    {S::kCurrent, E::kEnd, S::kEnded},
    {S::kExpiring, E::kEnd, S::kEnded},
    {S::kOverdue, E::kEnd, S::kEnded},
};

}  // namespace

common::Text StateText(TermState state) {
  switch (state) {
    case S::kCurrent:
      return {"current", "任期内"};
    case S::kExpiring:
      return {"expiring", "即将届满"};
    case S::kOverdue:
      return {"overdue", "逾期未换届"};
    case S::kEnded:
      return {"ended", "已结束"};
    case S::kUnspecified:
      break;
  }
  return {"unknown", "未知"};
}

common::Text EventText(TermEvent event) {
  switch (event) {
    case E::kApproach:
      return {"come near its end", "临近届满"};
    case E::kPass:
      return {"pass its end", "届满"};
    case E::kExtendFar:
    case E::kExtendNear:
      return {"be extended", "延期"};
    case E::kPlan:
      return {"have an election planned", "计划换届"};
    case E::kFail:
      return {"have a failed election recorded", "登记选举未成功"};
    case E::kElect:
      return {"have an election recorded", "登记换届选举"};
    case E::kEnd:
      return {"be ended", "终止"};
  }
  return {"unknown", "未知"};
}

std::optional<TermState> TermStateFromName(std::string_view name) {
  if (name == "CURRENT") return S::kCurrent;
  if (name == "EXPIRING") return S::kExpiring;
  if (name == "OVERDUE") return S::kOverdue;
  if (name == "ENDED") return S::kEnded;
  return std::nullopt;
}

absl::StatusOr<TermState> NextState(TermState state, TermEvent event, const std::string& resource) {
  return NextState<TermState, TermEvent>(kTransitions, state, event, "TERM_STATE", resource);
}

TermDates TermDates::Of(absl::CivilDay start, int years, const TermRules& rules) {
  TermDates dates;
  dates.start = start;
  dates.original_due = AddMonths(start, years * 12) - 1;
  return dates.ExtendedTo(dates.original_due, rules);
}

TermDates TermDates::ExtendedTo(absl::CivilDay last, const TermRules& rules) const {
  TermDates dates = *this;
  dates.due = last;
  dates.expiring = std::max(start, AddMonths(last, -rules.expiring_months) + 1);
  return dates;
}

absl::CivilDay TermDates::LatestDue(const TermRules& rules) const {
  return AddMonths(original_due, rules.max_extension_months);
}

TermState TermDates::StateOn(absl::CivilDay day) const {
  if (day > due) return S::kOverdue;
  return day >= expiring ? S::kExpiring : S::kCurrent;
}

std::optional<absl::CivilDay> TermDates::NextChange(absl::CivilDay day) const {
  if (day < expiring && expiring <= due) return expiring;
  if (day <= due) return due + 1;
  return std::nullopt;
}

}  // namespace ronghe::organization
