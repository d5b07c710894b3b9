#include "services/rectification/domain/work_calendar.h"

#include <utility>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::rectification {
namespace {

bool IsWeekend(absl::CivilDay day) {
  const absl::Weekday weekday = absl::GetWeekday(day);
  return weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
}

}  // namespace

absl::StatusOr<WorkCalendar> WorkCalendar::Create(std::string version, std::vector<Year> years) {
  WorkCalendar calendar;
  calendar.version_ = std::move(version);
  common::Violations violations;
  if (calendar.version_.empty()) violations.Add("version", "REQUIRED", {"is required", "必填"});
  std::set<int> seen;
  for (size_t i = 0; i < years.size(); ++i) {
    const Year& year = years[i];
    const std::string at = fmt::format("years[{}]", i);
    if (!seen.insert(year.year).second) {
      violations.Add(at + ".year", "DUPLICATE", {"is there twice", "年份重复"});
    }
    if (year.source.empty()) violations.Add(at + ".source", "REQUIRED", {"is required", "必填"});
    const auto add = [&](absl::CivilDay day, std::string field, std::set<absl::CivilDay>& days) {
      if (day.year() != year.year) violations.Add(field, "OTHER_YEAR", {"is not in the year", "不在该年份内"});
      if (calendar.holidays_.contains(day) || calendar.workdays_.contains(day)) {
        violations.Add(std::move(field), "DUPLICATE", {"is there twice", "日期重复"});
      }
      days.insert(day);
    };
    for (size_t d = 0; d < year.holidays.size(); ++d) {
      add(year.holidays[d], fmt::format("{}.holidays[{}]", at, d), calendar.holidays_);
    }
    for (size_t d = 0; d < year.workdays.size(); ++d) {
      const std::string field = fmt::format("{}.workdays[{}]", at, d);
      add(year.workdays[d], field, calendar.workdays_);
      if (!IsWeekend(year.workdays[d])) {
        violations.Add(field, "NOT_WEEKEND", {"is no Saturday or Sunday", "不是周六或周日"});
      }
    }
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return calendar;
}

bool WorkCalendar::IsWorkday(absl::CivilDay day) const {
  if (holidays_.contains(day)) return false;
  return !IsWeekend(day) || workdays_.contains(day);
}

absl::CivilDay WorkCalendar::After(absl::CivilDay day, int n) const {
  while (n > 0) n -= IsWorkday(++day) ? 1 : 0;
  return day;
}

int WorkCalendar::Count(absl::CivilDay first, absl::CivilDay last) const {
  int count = 0;
  for (; first <= last; ++first) count += IsWorkday(first) ? 1 : 0;
  return count;
}

}  // namespace ronghe::rectification
