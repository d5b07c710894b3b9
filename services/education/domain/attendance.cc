#include "services/education/domain/attendance.h"

#include <map>

#include <fmt/format.h>

#include "services/common/values/text_rules.h"

namespace ronghe::education {

bool ExpectsCommittee(ActivityKind kind) {
  return kind == ActivityKind::kCommitteeMeeting || kind == ActivityKind::kDemocraticLifeMeeting;
}

absl::StatusOr<std::vector<Attendance>> ExpectedAt(const Activity& activity, std::span<const RosterMember> roster) {
  std::map<int64_t, common::UnitUid> expected;
  if (activity.attendees.empty()) {
    for (const RosterMember& one : roster) {
      const bool meant = ExpectsCommittee(activity.kind) ? one.on_committee : one.at_home && !one.floating;
      if (meant) expected.emplace(one.member, one.unit);
    }
  } else {
    std::map<int64_t, common::UnitUid> known;
    for (const RosterMember& one : roster) {
      if (one.at_home) known[one.member] = one.unit;
      known.emplace(one.member, one.unit);
    }
    common::Violations violations;
    for (size_t i = 0; i < activity.attendees.size(); ++i) {
      const auto at = known.find(activity.attendees[i]);
      if (at != known.end()) {
        expected.insert(*at);
      } else {
        violations.Add(fmt::format("attendees[{}]", i), "NOT_ON_ROSTER",
                       {"is no member of the units on that day", "当日不是该组织党员"});
      }
    }
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  }
  std::vector<Attendance> rows;
  rows.reserve(expected.size());
  for (const auto& [member, unit] : expected) {
    Attendance& row = rows.emplace_back();
    row.member = member;
    row.unit = unit;
  }
  return rows;
}

void CheckRecord(const Attendance& record, absl::CivilDay day, absl::CivilDay today, std::string_view prefix,
                 common::Violations& violations) {
  const auto field = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  const int status = static_cast<int>(record.status);
  if (status == 0) violations.Add(field("status"), "REQUIRED", {"is required", "必填"});
  if (status < 0 || status > static_cast<int>(AttendanceStatus::kMakeUp)) {
    violations.Add(field("status"), "UNKNOWN_VALUE", {"is not a known value", "不是已知的取值"});
  }
  const std::string reason = field("reason");
  common::CheckText({reason, record.status == AttendanceStatus::kLeave ? 1u : 0u, 200}, record.reason, violations);
  const bool makes_up = record.status == AttendanceStatus::kMakeUp;
  if (makes_up && !record.make_up) violations.Add(field("make_up_date"), "REQUIRED", {"is required", "必填"});
  if (!makes_up && record.make_up) {
    violations.Add(field("make_up_date"), "CONFLICT", {"is for those who made up", "仅补课人员填写"});
  }
  if (makes_up && record.make_up && (*record.make_up < day || *record.make_up > today)) {
    violations.Add(field("make_up_date"), "OUT_OF_RANGE",
                   {"must not lie before the activity or in the future", "不能早于活动日期或晚于今天"});
  }
}

}  // namespace ronghe::education
