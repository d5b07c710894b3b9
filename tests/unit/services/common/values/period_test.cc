#include "services/common/values/period.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;

TEST(PeriodTest, MonthsQuartersAndYears) {
  EXPECT_EQ(ParsePeriod("2026-11"), (Period{202611, 202611}));
  EXPECT_EQ(ParsePeriod("2026-01"), (Period{202601, 202601}));
  EXPECT_EQ(ParsePeriod("2026-Q1"), (Period{202601, 202603}));
  EXPECT_EQ(ParsePeriod("2026-Q4"), (Period{202610, 202612}));
  EXPECT_EQ(ParsePeriod("2026"), (Period{202601, 202612}));
}

TEST(PeriodTest, AnythingElseIsNone) {
  for (const char* text :
       {"",        "2",        "202",   "1899",    "2026-",   "2026-1", "2026-00", "2026-13", "2026-Q0",  "2026-Q5",
        "2026-q1", "2026-111", "20261", "2026/11", "2026-1 ", " 2026",  "2026-Q",  "-026",    "２０２６", "2026-+1"}) {
    EXPECT_EQ(ParsePeriod(text), std::nullopt) << text;
  }
}

TEST(PeriodTest, TextIsTheWayBack) {
  for (const char* text : {"2026-11", "2026-Q2", "2026", "1900-01", "9999-Q4"}) {
    EXPECT_EQ(PeriodText(*ParsePeriod(text)), text);
  }
  EXPECT_EQ(PeriodText({202602, 202604}), "2026-02/2026-04");
  EXPECT_EQ(PeriodText({202510, 202603}), "2025-10/2026-03");
}

TEST(PeriodTest, Months) {
  EXPECT_THAT(MonthsOf({202511, 202602}), ElementsAre(202511, 202512, 202601, 202602));
  EXPECT_THAT(MonthsOf({202601, 202601}), ElementsAre(202601));
}

TEST(PeriodTest, AMonthBeginsAtMidnightInTheZone) {
  tests::FakeClock clock;
  const Calendar calendar(clock, absl::FixedTimeZone(8 * 60 * 60));
  EXPECT_EQ(MonthAt(calendar, absl::FromCivil(absl::CivilSecond(2026, 10, 31, 15, 59, 59), absl::UTCTimeZone())),
            202610);
  EXPECT_EQ(MonthAt(calendar, absl::FromCivil(absl::CivilSecond(2026, 10, 31, 16, 0, 0), absl::UTCTimeZone())), 202611);
}

}  // namespace
}  // namespace ronghe::common
