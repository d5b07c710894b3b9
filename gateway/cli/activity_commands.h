#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>

#include "gateway/cli/commands.h"

// The commands of activities.
namespace ronghe::gateway::cli {

struct ActivityOptions {
  std::string name;  // activities/ID, or the ID
  std::string unit;
  std::vector<std::string> joint_units;
  std::vector<std::string> attendees;
  std::string start;  // RFC 3339
  int minutes_long = 0;
  int credit = -1;                    // tenths of an hour; -1: as it is
  std::string minutes;                // file
  std::vector<std::string> evidence;  // files
  std::vector<std::string> present;   // members
  std::vector<std::string> leave;     // MEMBER=REASON
  std::vector<std::string> absent;    // members
  std::vector<std::string> made_up;   // MEMBER=DATE
  std::string rest;                   // present or absent
  int count = 1;
  int seconds = 0;
  std::string code;
  std::string reason;
  std::string filter;
  bool subtree = false;
  std::string etag;
  std::string request_id;
  bool validate_only = false;
  FieldTexts fields;
};
absl::Status RunActivityCreate(const ActivityOptions& options, Context& context);
absl::Status RunActivityGet(const ActivityOptions& options, Context& context);
absl::Status RunActivityList(const ActivityOptions& options, Context& context);
absl::Status RunActivityUpdate(const ActivityOptions& options, Context& context);
absl::Status RunActivityHold(const ActivityOptions& options, Context& context);
absl::Status RunActivityRecord(const ActivityOptions& options, Context& context);
absl::Status RunActivityCodes(const ActivityOptions& options, Context& context);
absl::Status RunActivityCheckIn(const ActivityOptions& options, Context& context);
absl::Status RunActivityConfirm(const ActivityOptions& options, Context& context);
absl::Status RunActivityAmend(const ActivityOptions& options, Context& context);
absl::Status RunActivityCancel(const ActivityOptions& options, Context& context);
absl::Status RunActivityAttendance(const ActivityOptions& options, Context& context);
absl::Status RunActivityHistory(const ActivityOptions& options, Context& context);

}  // namespace ronghe::gateway::cli
