#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/time/civil_time.h>

#include "services/common/values/clock.h"

namespace ronghe::common {

// A month as totals are kept by: 202611 for November 2026. Orders by time.
using MonthNumber = int;

inline MonthNumber MonthOf(absl::CivilMonth month) {
  return static_cast<MonthNumber>(month.year() * 100 + month.month());
}
inline absl::CivilMonth CivilMonthOf(MonthNumber month) {
  return absl::CivilMonth(month / 100, month % 100);
}
// The month in which an instant lies, in the calendar's zone.
MonthNumber MonthAt(const Calendar& calendar, absl::Time time);
// `2026-11`.
std::string MonthText(MonthNumber month);

// A month, a quarter or a year, in whole months.
struct Period {
  MonthNumber first = 0;
  MonthNumber last = 0;
  friend auto operator<=>(const Period&, const Period&) = default;
};

// `2026-11`, `2026-Q4` or `2026`; years 1900 to 9999. nullopt for anything else.
std::optional<Period> ParsePeriod(std::string_view text);
// The way back: the shortest of the three forms. A period of another length has none and gives `first/last`.
std::string PeriodText(const Period& period);
// Its months, oldest first.
std::vector<MonthNumber> MonthsOf(const Period& period);

}  // namespace ronghe::common
