#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace ronghe::common {
namespace {

absl::TimeZone Shanghai() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone));
  return zone;
}

TEST(CalendarTest, ADayBeginsAtMidnightInTheZone) {
  tests::FakeClock clock;
  Calendar calendar(clock, Shanghai());
  clock.Set(absl::FromCivil(absl::CivilSecond(2026, 3, 1, 15, 59, 59), absl::UTCTimeZone()));
  EXPECT_EQ(calendar.Today(), absl::CivilDay(2026, 3, 1));
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(calendar.Today(), absl::CivilDay(2026, 3, 2));
  EXPECT_EQ(calendar.StartOf(calendar.Today()), clock.Now());
}

TEST(DayNumberTest, CountsFrom1970InBothDirections) {
  EXPECT_EQ(DayNumber(absl::CivilDay(1970, 1, 1)), 0);
  EXPECT_EQ(DayNumber(absl::CivilDay(1969, 12, 31)), -1);
  for (int64_t day : {-100'000, 0, 20'000, 100'000}) EXPECT_EQ(DayNumber(DayFromNumber(day)), day);
}

TEST(SystemClockTest, Moves) {
  SystemClock clock;
  absl::Time before = clock.Now();
  EXPECT_LE(before, clock.Now());
  EXPECT_GT(before, absl::FromCivil(absl::CivilSecond(2024, 1, 1), absl::UTCTimeZone()));
}

}  // namespace
}  // namespace ronghe::common
