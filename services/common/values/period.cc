#include "services/common/values/period.h"

#include <fmt/format.h>

namespace ronghe::common {
namespace {

constexpr int kFirstYear = 1900;
constexpr int kMonthsInQuarter = 3;
constexpr int kMonthsInYear = 12;

// The number that `text` is, digits only; -1 for anything else.
int Digits(std::string_view text) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return text.empty() ? -1 : number;
}

}  // namespace

MonthNumber MonthAt(const Calendar& calendar, absl::Time time) {
  return MonthOf(absl::CivilMonth(absl::ToCivilSecond(time, calendar.zone())));
}

std::string MonthText(MonthNumber month) {
  return fmt::format("{:04}-{:02}", month / 100, month % 100);
}

std::optional<Period> ParsePeriod(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  const int year = Digits(text.substr(0, 4));
  if (year < kFirstYear) return std::nullopt;
  const std::string_view rest = text.substr(4);
  if (rest.empty()) return Period{year * 100 + 1, year * 100 + kMonthsInYear};
  if (rest.size() != 3 || rest[0] != '-') return std::nullopt;
  if (rest[1] == 'Q') {
    const int quarter = Digits(rest.substr(2));
    if (quarter < 1 || quarter > kMonthsInYear / kMonthsInQuarter) return std::nullopt;
    const int last = quarter * kMonthsInQuarter;
    return Period{year * 100 + last - kMonthsInQuarter + 1, year * 100 + last};
  }
  const int month = Digits(rest.substr(1));
  if (month < 1 || month > kMonthsInYear) return std::nullopt;
  return Period{year * 100 + month, year * 100 + month};
}

std::string PeriodText(const Period& period) {
  if (period.first == period.last) return MonthText(period.first);
  const int first = period.first % 100;
  const int last = period.last % 100;
  if (period.first / 100 == period.last / 100) {
    if (first == 1 && last == kMonthsInYear) return fmt::format("{:04}", period.first / 100);
    if (last % kMonthsInQuarter == 0 && first == last - kMonthsInQuarter + 1) {
      return fmt::format("{:04}-Q{}", period.first / 100, last / kMonthsInQuarter);
    }
  }
  return fmt::format("{}/{}", MonthText(period.first), MonthText(period.last));
}

std::vector<MonthNumber> MonthsOf(const Period& period) {
  std::vector<MonthNumber> months;
  for (absl::CivilMonth month = CivilMonthOf(period.first); MonthOf(month) <= period.last; ++month) {
    months.push_back(MonthOf(month));
  }
  return months;
}

}  // namespace ronghe::common
