#pragma once

#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/transition.h"
#include "services/education/domain/activity.h"

// The state machine of activities: one table.
namespace ronghe::education {

using ActivityTransition = common::Transition<ActivityState, ActivityEvent>;

// All of it. An event that is not there is refused.
std::span<const ActivityTransition> ActivityTransitions();

// The state after `event`; FAILED_PRECONDITION, reason ACTIVITY_STATE, with what would be possible.
absl::StatusOr<ActivityState> NextState(ActivityState state, ActivityEvent event, const std::string& resource);
// In the order of the table.
std::vector<ActivityEvent> AllowedEvents(ActivityState state);

// Whether all is there that a confirmation confirms: FAILED_PRECONDITION with every blocker (NOT_RECORDED,
// NOBODY_PRESENT, NO_DOCUMENT).
absl::Status CheckComplete(const Activity& activity, const std::string& resource);

}  // namespace ronghe::education
