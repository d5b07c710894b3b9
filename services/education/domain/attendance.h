#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/education/domain/activity.h"

// Who is expected at an activity, and what became of them.
namespace ronghe::education {

// Numbers are those of ronghe.education.v1. Nothing recorded yet: unspecified.
enum class AttendanceStatus { kUnspecified = 0, kPresent = 1, kLeave = 2, kAbsent = 3, kMakeUp = 4 };

// Whether it counts as having been there.
inline bool Attended(AttendanceStatus status) {
  return status == AttendanceStatus::kPresent || status == AttendanceStatus::kMakeUp;
}

// A member on the roster of a unit on the day.
struct RosterMember {
  int64_t member = 0;
  common::UnitUid unit;
  bool floating = false;      // elsewhere
  bool on_committee = false;  // of the unit
  bool at_home = true;        // false: only on the committee
};

// One expected member.
struct Attendance {
  int64_t member = 0;
  common::UnitUid unit;  // through which the member is expected, and which counts it
  AttendanceStatus status = AttendanceStatus::kUnspecified;
  std::string reason;
  std::optional<absl::CivilDay> make_up;
  std::optional<absl::Time> recorded;
};

// Whether the kind expects the committee, where nobody is named.
bool ExpectsCommittee(ActivityKind kind);

// Who is expected, by member: those named, or whom the kind expects of the roster. INVALID_ARGUMENT on `attendees`,
// NOT_ON_ROSTER, with every member who is named and not on it.
absl::StatusOr<std::vector<Attendance>> ExpectedAt(const Activity& activity, std::span<const RosterMember> roster);

// Adds what is wrong with a record by itself. `today` and `day`: of the activity.
void CheckRecord(const Attendance& record, absl::CivilDay day, absl::CivilDay today, std::string_view prefix,
                 common::Violations& violations);

}  // namespace ronghe::education
