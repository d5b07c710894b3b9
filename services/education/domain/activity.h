#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/common/values/document.h"
#include "services/common/values/ids.h"
#include "services/common/values/status.h"

// What an activity is. Numbers of the enums are those of ronghe.education.v1.
namespace ronghe::education {

using ActivityId = common::Id<struct ActivityIdTag>;

enum class ActivityKind {
  kUnspecified = 0,
  kBranchAssembly = 1,
  kCommitteeMeeting = 2,
  kGroupMeeting = 3,
  kPartyClass = 4,
  kThemeDay = 5,
  kOrganizationalLifeMeeting = 6,
  kDemocraticLifeMeeting = 7,
  kMemberAppraisal = 8,
  kHeartToHeartTalk = 9,
  kCentralizedTraining = 10,
  kOnlineCourse = 11,
  kVolunteerService = 12,
};
enum class ActivityState { kUnspecified = 0, kPlanned = 1, kHeld = 2, kConfirmed = 3, kCancelled = 4 };
enum class ActivityEvent {
  kUnspecified = 0,
  kCreate = 1,
  kUpdate = 2,
  kHold = 3,
  kRecord = 4,
  kIssueCodes = 5,
  kCheckIn = 6,
  kConfirm = 7,
  kAmend = 8,
  kCancel = 9,
};

// Names as filters use them (`THEME_DAY`); nullopt for unknown ones.
std::optional<ActivityKind> ActivityKindFromName(std::string_view name);
std::optional<ActivityState> ActivityStateFromName(std::string_view name);
// Words for people.
common::Text StateText(ActivityState state);
common::Text EventText(ActivityEvent event);

inline constexpr size_t kMaxJointUnits = 50;
inline constexpr size_t kMaxAttendees = 5000;

struct Activity {
  common::UnitUid unit = {};           // as entered; it owns the record
  std::vector<common::UnitUid> joint;  // of the same partition
  ActivityKind kind = ActivityKind::kUnspecified;
  absl::Time start = absl::UnixEpoch();
  int duration_minutes = 0;
  std::string topic;
  std::string place;
  int64_t host = 0;           // member; 0: not known
  int credit_deci_hours = 0;  // for each who was there or made up for it
  std::string objective;
  std::vector<int64_t> attendees;  // members expected by name; empty: whom the kind expects
  std::optional<common::Document> minutes;
  std::vector<common::Document> evidence;

  ActivityState state = ActivityState::kPlanned;
  int expected = 0;
  int recorded = 0;
  int present = 0;
  int amendments = 0;
};

// Adds what is wrong with an activity by itself; `prefix` as `activity.`.
void CheckActivity(const Activity& activity, std::string_view prefix, common::Violations& violations);
// `field` is the path: `credit_deci_hours`.
void CheckCredit(int deci_hours, std::string_view field, common::Violations& violations);
void CheckReason(std::string_view reason, bool required, common::Violations& violations);

}  // namespace ronghe::education
