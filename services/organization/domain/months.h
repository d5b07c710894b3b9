#pragma once

#include <algorithm>

#include <absl/time/civil_time.h>

namespace ronghe::organization {

// So many months later, or earlier: the same day of the month, or the last one of a shorter month.
inline absl::CivilDay AddMonths(absl::CivilDay day, int months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month) + (day.day() - 1), last);
}

}  // namespace ronghe::organization
