#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

namespace ronghe::organization {

using AppointmentId = common::Id<struct AppointmentIdTag>;

// Numbers are those of ronghe.organization.v1.
enum class AppointmentBasis { kUnspecified = 0, kElected = 1, kAppointed = 2 };
enum class AppointmentState { kUnspecified = 0, kActive = 1, kEnded = 2 };
enum class AppointmentEvent { kEnd };
enum class EndReason {
  kUnspecified = 0,
  kResigned = 1,
  kRemoved = 2,
  kReassigned = 3,
  kCorrected = 4,
  kTermEnded = 5,
  kMemberLeft = 6,
  kPostAbolished = 7,
  kUnitDissolved = 8,
};
// Those that a caller may give; the others come from what happens elsewhere.
inline bool IsGivenByCallers(EndReason reason) {
  return reason >= EndReason::kResigned && reason <= EndReason::kCorrected;
}

common::Text StateText(AppointmentState state);
common::Text EventText(AppointmentEvent event);
std::optional<AppointmentState> AppointmentStateFromName(std::string_view name);
std::optional<AppointmentBasis> AppointmentBasisFromName(std::string_view name);

// The state after `event`; FAILED_PRECONDITION, reason APPOINTMENT_ENDED.
absl::StatusOr<AppointmentState> NextState(AppointmentState state, AppointmentEvent event, const std::string& resource);

// From a day until the day before another; no end: it goes on.
struct DaySpan {
  absl::CivilDay from;
  std::optional<absl::CivilDay> until;

  bool Holds(absl::CivilDay day) const { return from <= day && (!until || day < *until); }
  // Whether some day lies in both.
  bool Overlaps(const DaySpan& other) const {
    return (!until || other.from < *until) && (!other.until || from < *other.until) && !empty() && !other.empty();
  }
  bool empty() const { return until && *until <= from; }
};

}  // namespace ronghe::organization
