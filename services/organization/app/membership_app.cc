#include "services/organization/app/membership_app.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "services/organization/domain/months.h"

namespace ronghe::organization {
namespace {

using common::Call;
using common::Violations;

void EndFloating(Membership& membership) {
  membership.floating = Floating::kNone;
  membership.floating_unit = {};
  membership.floating_since.reset();
}

absl::Status BeforeJoining(const std::string& field) {
  return common::InvalidArgument(field, "BEFORE_JOIN_DATE", {"lies before the join date", "不能早于入党日期"});
}

}  // namespace

absl::StatusOr<MemberView> MembershipApp::View(const absl::StatusOr<StoredMember>& member) const {
  if (!member.ok()) return member.status();
  return views_.Masked(*member);
}

absl::CivilDay MembershipApp::CheckDay(const DateParts& parts, const std::string& field, Violations& v) const {
  const absl::CivilDay today = calendar_.Today();
  if (parts.empty()) return today;
  const std::optional<absl::CivilDay> day = parts.ToDay();
  if (!day) {
    v.Add(field, "BAD_DATE", {"is no day of the calendar", "不是有效的日期"});
  } else if (*day > today) {
    v.Add(field, "IN_FUTURE", {"lies in the future", "不能晚于今天"});
  }
  return day.value_or(today);
}

absl::StatusOr<MemberView> MembershipApp::Confirm(const Call& call, const std::string& name, const DateParts& full_date,
                                                  const WriteOptions& options) {
  Violations v = StartWith(options);
  v.AddAll(CheckMemberName(name, "name").status());
  const absl::CivilDay asked = CheckDay(full_date, "full_date", v);
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  return View(writer_.Run(
      call, name, options, {}, [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
        const MemberState state = StateOf(before.member, before.membership, rules_, asked);
        RONGHE_ASSIGN_OR_RETURN(const MemberStatus next, NextStatus(state, MemberEvent::kConfirm, name));
        const absl::CivilDay day = full_date.empty() ? *state.probation_end : asked;
        return txn.Replace(before, {before.unit, WithStatus(before.member, next, day), before.membership}, "confirm");
      }));
}

absl::StatusOr<MemberView> MembershipApp::ExtendProbation(const Call& call, const std::string& name, int months,
                                                          const WriteOptions& options) {
  Violations v = StartWith(options);
  v.AddAll(CheckMemberName(name, "name").status());
  const absl::CivilDay today = calendar_.Today();
  const MembershipRules& rules = rules_.On(today).membership;
  if (months < std::max(1, rules.min_probation_extension_months) || months > rules.max_probation_extension_months) {
    v.Add("months", "OUT_OF_RANGE",
          {fmt::format("a probation is extended by {} to {} months", rules.min_probation_extension_months,
                       rules.max_probation_extension_months),
           fmt::format("预备期可延长{}至{}个月", rules.min_probation_extension_months,
                       rules.max_probation_extension_months)});
  }
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  return View(writer_.Run(call, name, options, {},
                          [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
                            const MemberState state = StateOf(before.member, before.membership, rules_, today);
                            RONGHE_RETURN_IF_ERROR(NextStatus(state, MemberEvent::kExtendProbation, name).status());
                            Membership membership = before.membership;
                            membership.probation_until = AddMonths(*state.probation_end, months);
                            return txn.Replace(before, {before.unit, before.member, membership}, "extend_probation");
                          }));
}

absl::StatusOr<MemberView> MembershipApp::Float(const Call& call, const std::string& name, const std::string& unit_name,
                                                const DateParts& since, const WriteOptions& options) {
  Violations v = StartWith(options);
  v.AddAll(CheckMemberName(name, "name").status());
  if (!unit_name.empty()) v.AddAll(CodeFromName(unit_name, "unit").status());
  const absl::CivilDay day = CheckDay(since, "floating_date", v);
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  std::optional<TreeUnit> unit;
  std::vector<common::PartitionId> also;
  if (!unit_name.empty()) {
    RONGHE_ASSIGN_OR_RETURN(unit, writer_.FindUnit(call, unit_name));
    also.push_back(unit->partition);
  }
  return View(writer_.Run(
      call, name, options, also, [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
        const MemberState state = StateOf(before.member, before.membership, rules_, day);
        RONGHE_RETURN_IF_ERROR(NextStatus(state, MemberEvent::kFloat, name).status());
        if (day < before.member.join_date()) return BeforeJoining("floating_date");
        Membership membership = before.membership;
        membership.floating = unit ? Floating::kToUnit : Floating::kOutside;
        membership.floating_since = day;
        if (unit) {
          RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> there, txn.FindUnit(unit->uid));
          if (!there) return common::NotFound(unit_name);
          RONGHE_RETURN_IF_ERROR(CheckHome(*there, unit_name));
          if (unit->uid == before.unit) {
            return common::InvalidArgument("unit", "HOME_UNIT", {"is the home unit", "不能流动到本组织"});
          }
          membership.floating_unit = unit->uid;
        }
        return txn.Replace(before, {before.unit, before.member, membership}, "float");
      }));
}

absl::StatusOr<MemberView> MembershipApp::Return(const Call& call, const std::string& name,
                                                 const WriteOptions& options) {
  Violations v = StartWith(options);
  v.AddAll(CheckMemberName(name, "name").status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  const absl::CivilDay today = calendar_.Today();
  return View(writer_.Run(call, name, options, {},
                          [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
                            const MemberState state = StateOf(before.member, before.membership, rules_, today);
                            RONGHE_RETURN_IF_ERROR(NextStatus(state, MemberEvent::kReturn, name).status());
                            Membership membership = before.membership;
                            EndFloating(membership);
                            return txn.Replace(before, {before.unit, before.member, membership}, "return");
                          }));
}

absl::StatusOr<MemberView> MembershipApp::Leave(const Call& call, const std::string& name, int reason,
                                                const DateParts& leave_date, const WriteOptions& options) {
  Violations v = StartWith(options);
  v.AddAll(CheckMemberName(name, "name").status());
  const std::optional<MemberEvent> event = EventOf(static_cast<LeaveReason>(reason));
  if (!event) {
    v.Add("reason", reason == 0 ? "REQUIRED" : "UNKNOWN_VALUE",
          {"must be one of the categories", "必须从原因类别中选择"});
  }
  const absl::CivilDay day = CheckDay(leave_date, "leave_date", v);
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  return View(writer_.Run(
      call, name, options, {}, [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
        const MemberState state = StateOf(before.member, before.membership, rules_, day);
        RONGHE_ASSIGN_OR_RETURN(const MemberStatus next, NextStatus(state, *event, name));
        if (day < before.member.join_date()) return BeforeJoining("leave_date");
        Membership membership = before.membership;
        EndFloating(membership);
        membership.leave_reason = static_cast<LeaveReason>(reason);
        membership.leave_day = day;
        RONGHE_RETURN_IF_ERROR(txn.EndPosts(before, common::UnitUid(), day));
        return txn.Replace(before, {before.unit, WithStatus(before.member, next, std::nullopt), membership}, "leave");
      }));
}

absl::StatusOr<MemberView> MembershipApp::Restore(const Call& call, const std::string& name,
                                                  const std::string& unit_name, const WriteOptions& options) {
  Violations v = StartWith(options);
  v.AddAll(CheckMemberName(name, "name").status());
  if (!unit_name.empty()) v.AddAll(CodeFromName(unit_name, "unit").status());
  RONGHE_RETURN_IF_ERROR(v.ToStatus());
  std::optional<TreeUnit> asked;
  if (!unit_name.empty()) {
    RONGHE_ASSIGN_OR_RETURN(asked, writer_.FindUnit(call, unit_name));
  }
  const absl::CivilDay today = calendar_.Today();
  return View(writer_.Run(
      call, name, options, {}, [&](MemberTxn& txn, const StoredMember& before) -> absl::StatusOr<StoredMember> {
        const MemberState state = StateOf(before.member, before.membership, rules_, today);
        RONGHE_ASSIGN_OR_RETURN(const MemberStatus next, NextStatus(state, MemberEvent::kRestore, name));
        const common::UnitUid unit = asked ? asked->uid : before.unit;
        const std::string shown = asked ? unit_name : "units/" + tree_.CodeOf(unit);
        RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> home, txn.FindUnit(unit));
        if (!home) return common::NotFound(shown);
        RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> old_home, txn.FindUnit(before.unit));
        if (!old_home || home->partition != old_home->partition) return OtherCounty(shown);
        RONGHE_RETURN_IF_ERROR(CheckHome(*home, shown));
        Membership membership = before.membership;
        membership.leave_reason = LeaveReason::kNone;
        membership.leave_day.reset();
        return txn.Replace(before, {unit, WithStatus(before.member, next, std::nullopt), membership}, "restore");
      }));
}

}  // namespace ronghe::organization
