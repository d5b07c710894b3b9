#include "services/education/domain/activity_state.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/state_table.h"

namespace ronghe::education {
namespace {

using S = ActivityState;
using E = ActivityEvent;

TEST(ActivityStateTest, EveryPairLeadsWhereTheFieldSaysOrIsRefused) {
  tests::ExpectTable<S, E>(
      {S::kPlanned, S::kHeld, S::kConfirmed, S::kCancelled},
      {E::kUpdate, E::kHold, E::kRecord, E::kIssueCodes, E::kCheckIn, E::kConfirm, E::kAmend, E::kCancel},
      {{{S::kPlanned, E::kUpdate}, S::kPlanned},
       {{S::kPlanned, E::kHold}, S::kHeld},
       {{S::kPlanned, E::kCancel}, S::kCancelled},
       {{S::kHeld, E::kUpdate}, S::kHeld},
       {{S::kHeld, E::kRecord}, S::kHeld},
       {{S::kHeld, E::kIssueCodes}, S::kHeld},
       {{S::kHeld, E::kCheckIn}, S::kHeld},
       {{S::kHeld, E::kConfirm}, S::kConfirmed},
       {{S::kHeld, E::kCancel}, S::kCancelled},
       {{S::kConfirmed, E::kAmend}, S::kConfirmed}},
      "ACTIVITY_STATE");
}

TEST(ActivityStateTest, ARefusalSaysWhatWouldBePossible) {
  const absl::Status refused = NextState(S::kConfirmed, E::kRecord, "activities/1").status();
  EXPECT_THAT(common::TextOf(refused).en, ::testing::HasSubstr("amend"));
  EXPECT_THAT(AllowedEvents(S::kCancelled), ::testing::IsEmpty());
}

TEST(ActivityStateTest, AConfirmationNamesEverythingThatIsMissing) {
  Activity activity;
  activity.kind = ActivityKind::kThemeDay;
  activity.expected = 3;
  activity.recorded = 2;
  std::vector<std::string> reasons;
  for (const common::Blocker& one : common::BlockersOf(CheckComplete(activity, "activities/1"))) {
    reasons.push_back(one.reason);
  }
  EXPECT_THAT(reasons, ::testing::ElementsAre("NOT_RECORDED", "NOBODY_PRESENT", "NO_DOCUMENT"));
  activity.recorded = 3;
  activity.present = 1;
  EXPECT_EQ(common::ReasonOf(CheckComplete(activity, "activities/1")), "NO_DOCUMENT");
  activity.minutes = common::Document{std::string(64, 'a'), 1, "text/plain", "minutes"};
  EXPECT_TRUE(CheckComplete(activity, "activities/1").ok());
  // Of a talk nothing is written down.
  activity.minutes.reset();
  activity.kind = ActivityKind::kHeartToHeartTalk;
  EXPECT_TRUE(CheckComplete(activity, "activities/1").ok());
}

}  // namespace
}  // namespace ronghe::education
