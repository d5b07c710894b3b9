#include "services/education/domain/activity_state.h"

namespace ronghe::education {
namespace {

using S = ActivityState;
using E = ActivityEvent;

constexpr ActivityTransition kTable[] = {
    {S::kPlanned, E::kUpdate, S::kPlanned},    {S::kPlanned, E::kHold, S::kHeld},
    {S::kPlanned, E::kCancel, S::kCancelled},

    {S::kHeld, E::kUpdate, S::kHeld},          {S::kHeld, E::kRecord, S::kHeld},
    {S::kHeld, E::kIssueCodes, S::kHeld},      {S::kHeld, E::kCheckIn, S::kHeld},
    {S::kHeld, E::kConfirm, S::kConfirmed},    {S::kHeld, E::kCancel, S::kCancelled},

    {S::kConfirmed, E::kAmend, S::kConfirmed},
};

}  // namespace

std::span<const ActivityTransition> ActivityTransitions() {
  return kTable;
}

absl::StatusOr<ActivityState> NextState(ActivityState state, ActivityEvent event, const std::string& resource) {
  return common::NextState<ActivityState, ActivityEvent>(kTable, state, event, "ACTIVITY_STATE", resource);
}

std::vector<ActivityEvent> AllowedEvents(ActivityState state) {
  std::vector<ActivityEvent> allowed;
  for (const ActivityTransition& row : kTable) {
    if (row.from == state) allowed.push_back(row.event);
  }
  return allowed;
}

absl::Status CheckComplete(const Activity& activity, const std::string& resource) {
  std::vector<common::Blocker> blockers;
  if (activity.recorded < activity.expected) {
    blockers.push_back(
        {"NOT_RECORDED", resource, {"the attendance of some members is not recorded", "尚有人员未登记考勤"}});
  }
  if (activity.present == 0) blockers.push_back({"NOBODY_PRESENT", resource, {"nobody was there", "无人出席"}});
  const bool needs_document = activity.kind != ActivityKind::kHeartToHeartTalk;
  if (needs_document && !activity.minutes && activity.evidence.empty()) {
    blockers.push_back({"NO_DOCUMENT", resource, {"there are neither minutes nor evidence", "没有会议记录或佐证材料"}});
  }
  if (blockers.empty()) return absl::OkStatus();
  const std::string reason = blockers.front().reason;
  return common::FailedPrecondition(
      reason, {"it is not complete; all reasons are listed", "内容不完整，原因已全部列出"}, std::move(blockers));
}

}  // namespace ronghe::education
