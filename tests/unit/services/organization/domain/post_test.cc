// Posts, terms and appointments: field rules, tables of states, days.
#include "services/organization/domain/post.h"

#include <map>

#include <gmock/gmock.h>

#include "services/common/values/status.h"
#include "services/organization/domain/appointment.h"
#include "services/organization/domain/months.h"
#include "services/organization/domain/term.h"
#include "tests/support/rules.h"
#include "tests/support/state_table.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Day = absl::CivilDay;

const TermRules& Terms() {
  return tests::DefaultRules().On(Day(2026, 11, 16)).terms;
}

using tests::ExpectTable;

TEST(PostTest, TheTableOfPosts) {
  using S = PostState;
  using E = PostEvent;
  ExpectTable<S, E>({S::kActive, S::kAbolished}, {E::kUpdate, E::kFill, E::kAbolish},
                    {{{S::kActive, E::kUpdate}, S::kActive},
                     {{S::kActive, E::kFill}, S::kActive},
                     {{S::kActive, E::kAbolish}, S::kAbolished}},
                    "POST_ABOLISHED");
}

TEST(PostTest, TheTableOfAppointments) {
  using S = AppointmentState;
  ExpectTable<S, AppointmentEvent>({S::kActive, S::kEnded}, {AppointmentEvent::kEnd},
                                   {{{S::kActive, AppointmentEvent::kEnd}, S::kEnded}}, "APPOINTMENT_ENDED");
}

TEST(PostTest, TheTableOfTerms) {
  using S = TermState;
  using E = TermEvent;
  std::map<std::pair<S, E>, S> expected = {{{S::kCurrent, E::kApproach}, S::kExpiring},
                                           {{S::kCurrent, E::kPass}, S::kOverdue},
                                           {{S::kExpiring, E::kPass}, S::kOverdue}};
  for (S state : {S::kCurrent, S::kExpiring, S::kOverdue}) {
    expected[{state, E::kExtendFar}] = S::kCurrent;
    expected[{state, E::kExtendNear}] = S::kExpiring;
    expected[{state, E::kPlan}] = state;
    expected[{state, E::kFail}] = state;
    expected[{state, E::kElect}] = S::kEnded;
    expected[{state, E::kEnd}] = S::kEnded;
  }
  ExpectTable<S, E>({S::kCurrent, S::kExpiring, S::kOverdue, S::kEnded},
                    {E::kApproach, E::kPass, E::kExtendFar, E::kExtendNear, E::kPlan, E::kFail, E::kElect, E::kEnd},
                    expected, "TERM_STATE");
  // What would be possible is said, each thing once.
  const common::Text text = common::TextOf(NextState(S::kOverdue, E::kApproach, "terms/1").status());
  EXPECT_THAT(text.en, HasSubstr("allowed now: be extended, have an election planned"));
  EXPECT_THAT(common::TextOf(NextState(S::kEnded, E::kEnd, "terms/1").status()).zh, HasSubstr("可以办理:无"));
}

TEST(PostTest, ATermEndsOnTheDayBeforeItsAnniversary) {
  const TermDates dates = TermDates::Of(Day(2023, 11, 20), 3, Terms());
  EXPECT_EQ(dates.due, Day(2026, 11, 19));
  EXPECT_EQ(dates.original_due, dates.due);
  EXPECT_EQ(dates.expiring, Day(2026, 5, 20));
  EXPECT_EQ(dates.StateOn(Day(2026, 5, 19)), TermState::kCurrent);
  EXPECT_EQ(dates.StateOn(Day(2026, 5, 20)), TermState::kExpiring);
  EXPECT_EQ(dates.StateOn(Day(2026, 11, 19)), TermState::kExpiring);
  EXPECT_EQ(dates.StateOn(Day(2026, 11, 20)), TermState::kOverdue);
  EXPECT_EQ(dates.NextChange(Day(2026, 1, 1)), Day(2026, 5, 20));
  EXPECT_EQ(dates.NextChange(Day(2026, 5, 20)), Day(2026, 11, 20));
  EXPECT_EQ(dates.NextChange(Day(2026, 11, 20)), std::nullopt);
  EXPECT_EQ(TermDates::Of(Day(2024, 2, 29), 3, Terms()).due, Day(2027, 2, 27));
  EXPECT_EQ(AddMonths(Day(2024, 1, 31), 1), Day(2024, 2, 29));
  EXPECT_EQ(AddMonths(Day(2026, 3, 31), -1), Day(2026, 2, 28));
}

TEST(PostTest, AnExtensionIsCountedFromTheOriginalEnd) {
  const TermDates dates = TermDates::Of(Day(2023, 11, 20), 3, Terms());
  EXPECT_EQ(dates.LatestDue(Terms()), Day(2027, 11, 19));
  const TermDates longer = dates.ExtendedTo(Day(2027, 8, 1), Terms());
  EXPECT_EQ(longer.due, Day(2027, 8, 1));
  EXPECT_EQ(longer.original_due, dates.due);
  EXPECT_EQ(longer.expiring, Day(2027, 2, 2));
  EXPECT_EQ(longer.LatestDue(Terms()), dates.LatestDue(Terms()));
}

TEST(PostTest, SpansOfDaysOverlapWhereSomeDayLiesInBoth) {
  const DaySpan open{Day(2026, 1, 1), std::nullopt};
  const DaySpan spring{Day(2026, 3, 1), Day(2026, 6, 1)};
  EXPECT_TRUE(open.Overlaps(spring));
  EXPECT_TRUE(spring.Overlaps(open));
  EXPECT_TRUE(spring.Overlaps({Day(2026, 5, 31), Day(2026, 7, 1)}));
  EXPECT_FALSE(spring.Overlaps({Day(2026, 6, 1), std::nullopt}));
  EXPECT_FALSE(spring.Overlaps({Day(2025, 1, 1), Day(2026, 3, 1)}));
  // What has never been overlaps nothing.
  EXPECT_FALSE(open.Overlaps({Day(2026, 4, 1), Day(2026, 4, 1)}));
  EXPECT_TRUE(spring.Holds(Day(2026, 5, 31)));
  EXPECT_FALSE(spring.Holds(Day(2026, 6, 1)));
}

TEST(PostTest, FieldsAreCheckedAllAtOnce) {
  auto faults = [](const PostFields& fields) {
    common::Violations violations;
    CheckPostFields(fields, "post.", violations);
    std::vector<std::string> all;
    for (const common::Violation& violation : violations.list())
      all.push_back(violation.field + " " + violation.reason);
    return all;
  };
  EXPECT_THAT(faults({0, std::string(61, 'x'), 0}),
              ElementsAre("post.kind REQUIRED", "post.title TOO_LONG", "post.seats REQUIRED"));
  EXPECT_THAT(faults({9, "", 101}), ElementsAre("post.kind UNKNOWN_VALUE", "post.seats OUT_OF_RANGE"));
  EXPECT_THAT(faults({1, "", 2}), ElementsAre("post.seats ONE_SECRETARY"));
  EXPECT_THAT(faults({3, "组织委员", 5}), IsEmpty());
  EXPECT_EQ(VacantSeats(PostState::kActive, 3, 1), 2);
  EXPECT_EQ(VacantSeats(PostState::kActive, 1, 2), 0);
  EXPECT_EQ(VacantSeats(PostState::kAbolished, 3, 0), 0);
}

}  // namespace
}  // namespace ronghe::organization
