#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "ronghe/rectification/v1/rectification_rules.pb.h"

#include "services/rectification/domain/policy.h"
#include "services/rectification/domain/work_calendar.h"

namespace ronghe::rectification {

// Rules as they were written, and as they are applied.
struct LoadedPolicy {
  v1::RectificationPolicy message;
  Policy policy;
};
struct LoadedCalendar {
  v1::WorkCalendar message;
  WorkCalendar calendar;
};

// From the text format. INVALID_ARGUMENT with every fault (common::FaultsOf): `line 7:3` where the text cannot be read,
// else the path of the field.
absl::StatusOr<LoadedPolicy> ReadPolicy(std::string_view text);
absl::StatusOr<LoadedCalendar> ReadCalendar(std::string_view text);
// From a file; an empty name: what ships with the service.
absl::StatusOr<LoadedPolicy> LoadPolicy(const std::string& file);
absl::StatusOr<LoadedCalendar> LoadCalendar(const std::string& file);

}  // namespace ronghe::rectification
