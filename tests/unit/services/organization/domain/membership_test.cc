#include "services/organization/domain/membership.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"
#include "services/organization/domain/months.h"
#include "tests/support/people.h"
#include "tests/support/rules.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::CivilDay kToday(2026, 11, 16);

// The rules that ship with the service, but for the months of probation.
RuleBook BookOf(int probation_months) {
  Rules rules = tests::DefaultRules().On(kToday);
  rules.membership.probation_months = probation_months;
  return RuleBook::Create("test", {rules}).value();
}

Member Someone(MemberStatus status, absl::CivilDay joined, bool full_date) {
  Member::Fields fields = tests::Person(11);
  fields.status = static_cast<int>(status);
  fields.join_date = DateParts::Of(joined);
  fields.full_date = full_date ? DateParts::Of(AddMonths(joined, 12)) : DateParts{};
  return Member::Restore(fields);
}

// Every state that the table looks at: status × floating × extended × has been full × probation over.
std::vector<MemberState> AllStates() {
  std::vector<MemberState> states;
  for (int status = 1; status <= 5; ++status) {
    for (int bits = 0; bits < 32; ++bits) {
      MemberState state;
      state.status = static_cast<MemberStatus>(status);
      state.floating = (bits & 1) != 0;
      state.extended = (bits & 2) != 0;
      state.was_full = (bits & 4) != 0;
      state.transferring = (bits & 16) != 0;
      state.day = kToday;
      if (state.status == MemberStatus::kProbationary) state.probation_end = (bits & 8) != 0 ? kToday : kToday + 1;
      states.push_back(state);
    }
  }
  return states;
}

// What the field says, written down a second time and not as a table of rows.
std::string Expected(const MemberState& s, MemberEvent event) {
  const bool current = s.status == MemberStatus::kFull || s.status == MemberStatus::kProbationary;
  const bool probationary = s.status == MemberStatus::kProbationary;
  const std::string same = MemberStatusText(s.status).en;
  if (event == MemberEvent::kRestore) return current ? "MEMBER_STATE" : s.was_full ? "full" : "probationary";
  if (!current) return "MEMBER_STATE";
  switch (event) {
    case MemberEvent::kUpdate:
      return same;
    case MemberEvent::kMove:
    case MemberEvent::kTransfer:
      return s.transferring ? "TRANSFER_OPEN" : same;
    case MemberEvent::kConfirm:
      return !probationary ? "MEMBER_STATE" : *s.probation_end <= kToday ? "full" : "PROBATION_NOT_OVER";
    case MemberEvent::kExtendProbation:
      return !probationary ? "MEMBER_STATE" : s.extended ? "PROBATION_EXTENDED" : same;
    case MemberEvent::kFloat:
      return s.floating ? "FLOATING" : same;
    case MemberEvent::kReturn:
      return s.floating ? same : "NOT_FLOATING";
    case MemberEvent::kLeave:
      return s.transferring ? "TRANSFER_OPEN" : "left";
    case MemberEvent::kCancelProbation:
      return !probationary ? "MEMBER_STATE" : s.transferring ? "TRANSFER_OPEN" : "left";
    case MemberEvent::kMoveOutside:
      return s.transferring ? "TRANSFER_OPEN" : "moved outside";
    case MemberEvent::kDie:
      return s.transferring ? "TRANSFER_OPEN" : "deceased";
    default:
      return "";
  }
}

TEST(MembershipTest, EveryEventInEveryState) {
  int pairs = 0;
  for (const MemberState& state : AllStates()) {
    for (MemberEvent event : AllMemberEvents()) {
      const auto next = NextStatus(state, event, "members/1");
      EXPECT_EQ(next.ok() ? MemberStatusText(*next).en : common::ReasonOf(next.status()), Expected(state, event))
          << MemberStatusText(state.status).en << " " << MemberEventText(event).en;
      ++pairs;
    }
  }
  EXPECT_EQ(pairs, 5 * 32 * 12);
}

TEST(MembershipTest, EveryRefusalNamesStateEventAndWhatWouldBeAllowed) {
  for (const MemberState& state : AllStates()) {
    for (MemberEvent event : AllMemberEvents()) {
      const absl::Status status = NextStatus(state, event, "members/1").status();
      if (status.ok()) continue;
      EXPECT_TRUE(absl::IsFailedPrecondition(status));
      const common::Text text = common::TextOf(status);
      EXPECT_THAT(text.en, HasSubstr(MemberStatusText(state.status).en));
      EXPECT_THAT(text.zh, HasSubstr(MemberStatusText(state.status).zh));
      EXPECT_THAT(text.en, HasSubstr(MemberEventText(event).en));
      EXPECT_THAT(text.zh, HasSubstr(MemberEventText(event).zh));
      for (MemberEvent allowed : AllowedEvents(state)) {
        EXPECT_NE(allowed, event);
        EXPECT_THAT(text.en, HasSubstr(MemberEventText(allowed).en));
        EXPECT_THAT(text.zh, HasSubstr(MemberEventText(allowed).zh));
      }
      ASSERT_EQ(common::BlockersOf(status).size(), 1u);
      EXPECT_EQ(common::BlockersOf(status)[0].subject, "members/1");
    }
  }
}

TEST(MembershipTest, ARefusedConfirmationSaysUntilWhen) {
  const Member member = Someone(MemberStatus::kProbationary, absl::CivilDay(2026, 1, 31), false);
  const absl::Status status =
      NextStatus(StateOf(member, {}, BookOf(12), kToday), MemberEvent::kConfirm, "members/1").status();
  EXPECT_THAT(common::TextOf(status).en, HasSubstr("2027-01-31"));
  EXPECT_THAT(common::TextOf(status).zh, HasSubstr("2027-01-31"));
}

TEST(MembershipTest, ProbationLastsAsTheRulesSayAndAsExtended) {
  const Member member = Someone(MemberStatus::kProbationary, absl::CivilDay(2024, 2, 29), false);
  EXPECT_EQ(ProbationEnd(member, {}, BookOf(12)), absl::CivilDay(2025, 2, 28));
  EXPECT_EQ(ProbationEnd(member, {}, BookOf(24)), absl::CivilDay(2026, 2, 28));
  Membership extended;
  extended.probation_until = absl::CivilDay(2025, 8, 28);
  EXPECT_EQ(ProbationEnd(member, extended, BookOf(12)), absl::CivilDay(2025, 8, 28));
}

TEST(MembershipTest, MonthsEndWhereTheyEnd) {
  EXPECT_EQ(AddMonths(absl::CivilDay(2026, 1, 31), 1), absl::CivilDay(2026, 2, 28));
  EXPECT_EQ(AddMonths(absl::CivilDay(2026, 8, 31), 6), absl::CivilDay(2027, 2, 28));
  EXPECT_EQ(AddMonths(absl::CivilDay(2026, 12, 15), 1), absl::CivilDay(2027, 1, 15));
  EXPECT_EQ(AddMonths(absl::CivilDay(2026, 12, 15), 12), absl::CivilDay(2027, 12, 15));
}

TEST(MembershipTest, EveryReasonIsOneEvent) {
  std::map<MemberEvent, int> events;
  for (int reason = 1; reason <= 7; ++reason) {
    const auto event = EventOf(static_cast<LeaveReason>(reason));
    ASSERT_TRUE(event.has_value()) << reason;
    ++events[*event];
  }
  EXPECT_EQ(events, (std::map<MemberEvent, int>{{MemberEvent::kLeave, 4},
                                                {MemberEvent::kCancelProbation, 1},
                                                {MemberEvent::kMoveOutside, 1},
                                                {MemberEvent::kDie, 1}}));
  for (int none : {0, 8, -1}) EXPECT_FALSE(EventOf(static_cast<LeaveReason>(none)).has_value());
}

TEST(MembershipTest, OnlyFullAndProbationaryMembersAreCurrent) {
  std::vector<int> current;
  for (int status = 1; status <= 5; ++status) {
    if (IsCurrent(static_cast<MemberStatus>(status))) current.push_back(status);
  }
  EXPECT_THAT(current, ElementsAre(1, 2));
}

TEST(MembershipTest, AnotherStatusKeepsTheFacts) {
  const Member member = Someone(MemberStatus::kProbationary, absl::CivilDay(2024, 2, 29), false);
  const Member full = WithStatus(member, MemberStatus::kFull, absl::CivilDay(2025, 3, 1));
  EXPECT_EQ(full.full_date(), absl::CivilDay(2025, 3, 1));
  EXPECT_THAT(Differences(member.ToFields(), full.ToFields()),
              ElementsAre(MemberField::kStatus, MemberField::kFullDate));
  EXPECT_EQ(WithStatus(full, MemberStatus::kLeft, std::nullopt).full_date(), absl::CivilDay(2025, 3, 1));
}

}  // namespace
}  // namespace ronghe::organization
