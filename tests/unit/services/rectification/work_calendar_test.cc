#include "services/rectification/domain/work_calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"
#include "services/rectification/rpc/rules_codec.h"

namespace ronghe::rectification {
namespace {

using Day = absl::CivilDay;

const WorkCalendar& Shipped() {
  static const WorkCalendar* const calendar = new WorkCalendar(LoadCalendar("").value().calendar);
  return *calendar;
}

// Every make-up day and every edge of every holiday of the two years, as the State Council published them.
TEST(WorkCalendarTest, EdgeDaysOfTheShippedYears) {
  struct Row {
    Day day;
    bool worked;
  };
  const Row rows[] = {
      {Day(2024, 12, 31), true},  // a Tuesday of a year that is not there
      {Day(2025, 1, 1), false},   {Day(2025, 1, 2), true},   {Day(2025, 1, 25), false},
      {Day(2025, 1, 26), true},  // a Sunday that is worked
      {Day(2025, 1, 27), true},   {Day(2025, 1, 28), false}, {Day(2025, 2, 4), false},
      {Day(2025, 2, 5), true},    {Day(2025, 2, 8), true},   {Day(2025, 2, 9), false},
      {Day(2025, 4, 3), true},    {Day(2025, 4, 4), false},  {Day(2025, 4, 7), true},
      {Day(2025, 4, 26), false},  {Day(2025, 4, 27), true},  {Day(2025, 4, 30), true},
      {Day(2025, 5, 1), false},   {Day(2025, 5, 5), false},  {Day(2025, 5, 6), true},
      {Day(2025, 5, 30), true},   {Day(2025, 5, 31), false}, {Day(2025, 6, 2), false},
      {Day(2025, 6, 3), true},    {Day(2025, 9, 27), false}, {Day(2025, 9, 28), true},
      {Day(2025, 9, 30), true},   {Day(2025, 10, 1), false}, {Day(2025, 10, 8), false},
      {Day(2025, 10, 9), true},   {Day(2025, 10, 11), true}, {Day(2025, 10, 12), false},
      {Day(2025, 12, 31), true},  {Day(2026, 1, 1), false},  {Day(2026, 1, 2), false},
      {Day(2026, 1, 3), false},   {Day(2026, 1, 4), true},   {Day(2026, 2, 13), true},
      {Day(2026, 2, 14), true},   {Day(2026, 2, 15), false}, {Day(2026, 2, 23), false},
      {Day(2026, 2, 24), true},   {Day(2026, 2, 28), true},  {Day(2026, 3, 1), false},
      {Day(2026, 4, 3), true},    {Day(2026, 4, 6), false},  {Day(2026, 4, 7), true},
      {Day(2026, 4, 30), true},   {Day(2026, 5, 1), false},  {Day(2026, 5, 5), false},
      {Day(2026, 5, 6), true},    {Day(2026, 5, 9), true},   {Day(2026, 5, 10), false},
      {Day(2026, 6, 18), true},   {Day(2026, 6, 19), false}, {Day(2026, 6, 22), true},
      {Day(2026, 9, 20), true},   {Day(2026, 9, 24), true},  {Day(2026, 9, 25), false},
      {Day(2026, 9, 28), true},   {Day(2026, 9, 30), true},  {Day(2026, 10, 1), false},
      {Day(2026, 10, 7), false},  {Day(2026, 10, 8), true},  {Day(2026, 10, 10), true},
      {Day(2026, 10, 11), false}, {Day(2026, 12, 31), true},
  };
  for (const Row& row : rows) EXPECT_EQ(Shipped().IsWorkday(row.day), row.worked) << row.day;
  // As the law has them: 365 days less weekends and 13 holidays (since 2025).
  EXPECT_EQ(Shipped().Count(Day(2025, 1, 1), Day(2025, 12, 31)), 248);
  EXPECT_EQ(Shipped().Count(Day(2026, 1, 1), Day(2026, 12, 31)), 248);
}

TEST(WorkCalendarTest, CountsOverHolidaysAndMakeUpDays) {
  struct Row {
    Day from;
    int days;
    Day last;
  };
  const Row rows[] = {
      {Day(2026, 11, 16), 1, Day(2026, 11, 17)}, {Day(2026, 11, 20), 1, Day(2026, 11, 23)},  // over a weekend
      {Day(2026, 11, 21), 1, Day(2026, 11, 23)},                                             // from a Saturday
      {Day(2026, 9, 18), 1, Day(2026, 9, 20)},                                               // a Sunday that is worked
      {Day(2026, 9, 18), 5, Day(2026, 9, 24)},   {Day(2026, 9, 18), 6, Day(2026, 9, 28)},
      {Day(2026, 9, 30), 1, Day(2026, 10, 8)},   {Day(2026, 9, 30), 3, Day(2026, 10, 10)},
      {Day(2026, 9, 30), 4, Day(2026, 10, 12)},  {Day(2025, 12, 31), 1, Day(2026, 1, 4)},
      {Day(2026, 2, 13), 2, Day(2026, 2, 24)},   {Day(2025, 1, 24), 1, Day(2025, 1, 26)},
      {Day(2026, 12, 31), 1, Day(2027, 1, 1)},  // a Friday of a year that is not there
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Shipped().After(row.from, row.days), row.last) << row.from << " + " << row.days;
    EXPECT_EQ(Shipped().Count(row.from + 1, row.last), row.days) << row.from << " … " << row.last;
  }
  EXPECT_EQ(Shipped().Count(Day(2026, 1, 2), Day(2026, 1, 1)), 0);
}

TEST(WorkCalendarTest, EveryFaultOfAFileIsNamed) {
  const auto calendar = ReadCalendar(R"(
    years { year: 2025 source: "x" holidays { year: 2026 month: 1 day: 1 } holidays { year: 2025 month: 2 day: 30 }
            workdays { year: 2025 month: 1 day: 1 } workdays { year: 2025 month: 1 day: 4 } workdays { year: 2025 month: 1 day: 4 } }
    years { year: 2025 })");
  std::vector<std::string> faults;
  for (const common::Violation& fault : common::ViolationsOf(calendar.status())) {
    faults.push_back(fault.field + " " + fault.reason);
    EXPECT_FALSE(fault.text.zh.empty());
  }
  EXPECT_THAT(faults, ::testing::UnorderedElementsAre(
                          "version REQUIRED", "years[0].holidays[0] OTHER_YEAR", "years[0].holidays[1] BAD_DATE",
                          "years[0].workdays[0] NOT_WEEKEND", "years[0].workdays[2] DUPLICATE",
                          "years[1].year DUPLICATE", "years[1].source REQUIRED"));
  EXPECT_EQ(common::ViolationsOf(ReadCalendar("years { year: x }").status()).front().reason, "BAD_FORM");
}

}  // namespace
}  // namespace ronghe::rectification
