#include "services/education/domain/activity.h"

#include <algorithm>
#include <set>
#include <span>

#include <fmt/format.h>

#include "services/common/values/text_rules.h"
#include "services/common/values/words.h"

namespace ronghe::education {
namespace {

constexpr int kMaxMinutes = 43'200;
constexpr int kMaxCredit = 2400;

using common::Word;

constexpr std::string_view kKinds[] = {
    "BRANCH_ASSEMBLY",     "COMMITTEE_MEETING",           "GROUP_MEETING",           "PARTY_CLASS",
    "THEME_DAY",           "ORGANIZATIONAL_LIFE_MEETING", "DEMOCRATIC_LIFE_MEETING", "MEMBER_APPRAISAL",
    "HEART_TO_HEART_TALK", "CENTRALIZED_TRAINING",        "ONLINE_COURSE",           "VOLUNTEER_SERVICE"};
constexpr Word<ActivityState> kStates[] = {
    {ActivityState::kPlanned, "PLANNED", "planned", "计划中"},
    {ActivityState::kHeld, "HELD", "held", "已开展"},
    {ActivityState::kConfirmed, "CONFIRMED", "confirmed", "已确认"},
    {ActivityState::kCancelled, "CANCELLED", "cancelled", "已取消"},
};
constexpr Word<ActivityEvent> kEvents[] = {
    {ActivityEvent::kCreate, "CREATE", "create", "登记"},
    {ActivityEvent::kUpdate, "UPDATE", "update", "修改"},
    {ActivityEvent::kHold, "HOLD", "hold", "开展"},
    {ActivityEvent::kRecord, "RECORD", "record attendance", "登记考勤"},
    {ActivityEvent::kIssueCodes, "ISSUE_CODES", "issue check-in codes", "发放签到码"},
    {ActivityEvent::kCheckIn, "CHECK_IN", "check in", "签到"},
    {ActivityEvent::kConfirm, "CONFIRM", "confirm", "确认"},
    {ActivityEvent::kAmend, "AMEND", "amend", "更正"},
    {ActivityEvent::kCancel, "CANCEL", "cancel", "取消"},
};

// Longer texts may have several lines.
void CheckLines(const std::string& field, size_t min, size_t max, std::string text, common::Violations& violations) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  common::CheckText({field, min, max}, text, violations);
}

}  // namespace

std::optional<ActivityKind> ActivityKindFromName(std::string_view name) {
  const auto* const at = std::find(std::begin(kKinds), std::end(kKinds), name);
  if (at == std::end(kKinds)) return std::nullopt;
  return static_cast<ActivityKind>(at - std::begin(kKinds) + 1);
}
std::optional<ActivityState> ActivityStateFromName(std::string_view name) {
  return common::FromName<ActivityState>(kStates, name);
}
common::Text StateText(ActivityState state) {
  return common::TextOf<ActivityState>(kStates, state);
}
common::Text EventText(ActivityEvent event) {
  return common::TextOf<ActivityEvent>(kEvents, event);
}

void CheckCredit(int deci_hours, std::string_view field, common::Violations& violations) {
  if (deci_hours >= 0 && deci_hours <= kMaxCredit) return;
  violations.Add(std::string(field), "OUT_OF_RANGE", {"must lie between 0 and 2400", "应在 0 到 2400 之间"});
}

void CheckReason(std::string_view reason, bool required, common::Violations& violations) {
  CheckLines("reason", required ? 1u : 0u, 500, std::string(reason), violations);
}

void CheckActivity(const Activity& activity, std::string_view prefix, common::Violations& violations) {
  const auto field = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  const int kind = static_cast<int>(activity.kind);
  if (kind == 0) violations.Add(field("kind"), "REQUIRED", {"is required", "必填"});
  if (kind < 0 || kind > static_cast<int>(std::size(kKinds))) {
    violations.Add(field("kind"), "UNKNOWN_VALUE", {"is not a known value", "不是已知的取值"});
  }
  if (activity.duration_minutes < 0 || activity.duration_minutes > kMaxMinutes) {
    violations.Add(field("duration_minutes"), "OUT_OF_RANGE", {"must lie between 0 and 43200", "应在 0 到 43200 之间"});
  }
  CheckLines(field("topic"), 1, 500, activity.topic, violations);
  const std::string place = field("place");
  const std::string objective = field("objective");
  common::CheckText({place, 0, 200}, activity.place, violations);
  common::CheckText({objective, 0, 100}, activity.objective, violations);
  CheckCredit(activity.credit_deci_hours, field("credit_deci_hours"), violations);
  if (activity.minutes) common::CheckDocument(*activity.minutes, field("minutes"), violations);
  common::CheckDocuments(activity.evidence, field("evidence"), violations);
  if (activity.joint.size() > kMaxJointUnits) {
    violations.Add(field("joint_units"), "TOO_MANY", {"has more than 50 entries", "超过 50 项"});
  }
  const std::set<int64_t> named(activity.attendees.begin(), activity.attendees.end());
  if (named.size() > kMaxAttendees) {
    violations.Add(field("attendees"), "TOO_MANY", {"has more than 5000 entries", "超过 5000 项"});
  }
  if (named.size() != activity.attendees.size()) {
    violations.Add(field("attendees"), "DUPLICATE", {"names a member twice", "人员重复"});
  }
  if (activity.kind == ActivityKind::kHeartToHeartTalk && named.size() < 2) {
    violations.Add(field("attendees"), "REQUIRED", {"names both members of a talk", "应列明谈话双方"});
  }
}

}  // namespace ronghe::education
