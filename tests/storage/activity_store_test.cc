// Activities on both engines: who is expected, what is recorded, what counts, what is not possible.

#include <algorithm>

#include "tests/storage/activity_fixture.h"

namespace ronghe::education {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using A = AttendanceStatus;

class ActivityStoreTest : public ActivityTestBase {};
INSTANTIATE_ENGINES(ActivityStoreTest);

TEST_P(ActivityStoreTest, WhoIsExpectedIsFrozenWhenItIsHeld) {
  const ActivityView held = Held(Fields());
  EXPECT_EQ(held.stored.activity.expected, 3);
  roster_.members.push_back({15, kB1, false, false, true});
  EXPECT_THAT(StatusesOf(held),
              ElementsAre(Pair(11, A::kUnspecified), Pair(12, A::kUnspecified), Pair(13, A::kUnspecified)));
  const ActivityView committee = Held(Fields(ActivityKind::kCommitteeMeeting));
  EXPECT_THAT(StatusesOf(committee), ElementsAre(Pair(11, A::kUnspecified)));
}

TEST_P(ActivityStoreTest, ItIsNotHeldBeforeItsDayNorWhileNobodyCanBeAsked) {
  ActivityFields tomorrow = Fields();
  tomorrow.start = *tomorrow.start + absl::Hours(24);
  EXPECT_EQ(ReasonOf(app_->Hold(By("clerk"), NameOf(Create(tomorrow)), {}).status()), "NOT_YET");
  EXPECT_EQ(roster_.asked, 0);
  const ActivityView view = Create(Fields());
  roster_.failure = common::Unavailable("ROSTER_UNAVAILABLE", {"away", "不在"});
  EXPECT_EQ(ReasonOf(app_->Hold(By("clerk"), NameOf(view), {}).status()), "ROSTER_UNAVAILABLE");
  roster_.failure = absl::OkStatus();
  roster_.members.clear();
  EXPECT_EQ(ReasonOf(app_->Hold(By("clerk"), NameOf(view), {}).status()), "NOBODY_EXPECTED");
  EXPECT_THAT(StatusesOf(view), IsEmpty());
}

TEST_P(ActivityStoreTest, AttendanceIsRecordedAllOrNone) {
  const ActivityView held = Held(Fields());
  const auto refused =
      app_->Record(By("clerk"), NameOf(held), {Entry(11, A::kPresent), Entry(99, A::kPresent), Entry(12, A::kLeave)},
                   A::kUnspecified, {});
  std::vector<std::string> faults;
  for (const auto& one : common::ViolationsOf(refused.status())) faults.push_back(one.field + " " + one.reason);
  EXPECT_THAT(faults, UnorderedElementsAre("records[1].member NOT_EXPECTED", "records[2].reason REQUIRED"));
  EXPECT_EQ(StatusesOf(held)[11], A::kUnspecified);
  const ActivityView recorded =
      Must(app_->Record(By("clerk"), NameOf(held), {Entry(12, A::kLeave, "出差")}, A::kPresent, {}));
  EXPECT_EQ(recorded.stored.activity.recorded, 3);
  EXPECT_EQ(recorded.stored.activity.present, 2);
  // A record replaces the one before; `rest` leaves it alone.
  const ActivityView again = Must(app_->Record(By("clerk"), NameOf(held), {Entry(11, A::kAbsent)}, A::kPresent, {}));
  EXPECT_EQ(again.stored.activity.recorded, 3);
  EXPECT_EQ(again.stored.activity.present, 1);
  EXPECT_THAT(StatusesOf(held), ElementsAre(Pair(11, A::kAbsent), Pair(12, A::kLeave), Pair(13, A::kPresent)));
  EXPECT_THAT(Totals(), IsEmpty());
}

TEST_P(ActivityStoreTest, AConfirmedActivityCountsOnceAndOnlyAnAmendmentChangesIt) {
  const ActivityView confirmed = Confirmed(Fields());
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("5 activities_confirmed", 1), Pair("5 attendance_expected", 3),
                                             Pair("5 attendance_present", 1), Pair("5 learning_records", 1),
                                             Pair("5 credit_deci_hours", 20)));
  const std::string name = NameOf(confirmed);
  const common::Call clerk = By("clerk");
  EXPECT_EQ(ReasonOf(app_->Confirm(clerk, name, {}).status()), "ACTIVITY_STATE");
  EXPECT_EQ(ReasonOf(app_->Record(clerk, name, {Entry(13, A::kPresent)}, A::kUnspecified, {}).status()),
            "ACTIVITY_STATE");
  EXPECT_EQ(ReasonOf(app_->Update(clerk, name, Fields(), {"topic"}, {}).status()), "ACTIVITY_STATE");
  EXPECT_EQ(ReasonOf(app_->Cancel(clerk, name, "误登", {}).status()), "ACTIVITY_STATE");
  EXPECT_EQ(StatusesOf(confirmed)[13], A::kAbsent);

  AmendmentFields amendment;
  amendment.entries = {Entry(12, A::kMakeUp)};
  amendment.entries[0].record.make_up = Day(2026, 11, 16);
  EXPECT_FALSE(app_->Amend(clerk, name, amendment, {}).ok()) << "without a reason";
  amendment.reason = "已补课";
  const ActivityView amended = Must(app_->Amend(clerk, name, amendment, {}));
  EXPECT_EQ(amended.stored.activity.present, 2);
  EXPECT_EQ(amended.stored.activity.amendments, 1);
  EXPECT_EQ(amended.stored.activity.state, ActivityState::kConfirmed);
  EXPECT_EQ(Totals()["5 attendance_present"], 2);
  amendment.entries = {Entry(11, A::kAbsent), Entry(12, A::kAbsent)};
  Must(app_->Amend(clerk, name, amendment, {}));
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("5 activities_confirmed", 1), Pair("5 attendance_expected", 3)));

  // What was replaced stays, readable.
  const std::vector<ActivityStep> steps = Must(store_->History(confirmed.stored.id, 0, 100, absl::InfiniteFuture()));
  ASSERT_EQ(steps.size(), 6u);
  EXPECT_EQ(steps[4].reason, "已补课");
  ASSERT_EQ(steps[4].replaced.size(), 1u);
  EXPECT_EQ(steps[4].replaced[0].status, A::kLeave);
  EXPECT_EQ(steps[4].replaced[0].reason, "出差");
}

TEST_P(ActivityStoreTest, AJointActivityCountsOnceAndItsAttendanceWhereMembersAreAtHome) {
  ActivityFields fields = Fields();
  fields.joint = {"units/B2"};
  const ActivityView held = Held(fields);
  EXPECT_EQ(held.stored.activity.expected, 5);
  Must(app_->Record(By("clerk"), NameOf(held), {}, A::kPresent, {}));
  Must(app_->Confirm(By("clerk"), NameOf(held), {}));
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("5 activities_confirmed", 1), Pair("5 attendance_expected", 3),
                                             Pair("5 attendance_present", 3), Pair("6 attendance_expected", 2),
                                             Pair("6 attendance_present", 2), Pair("5 learning_records", 3),
                                             Pair("5 credit_deci_hours", 60), Pair("6 learning_records", 2),
                                             Pair("6 credit_deci_hours", 40)));
  fields.joint = {"units/O", "units/none", "B2"};
  std::vector<std::string> reasons;
  for (const auto& one : common::ViolationsOf(app_->Create(By("clerk"), fields, {}).status())) {
    reasons.push_back(one.reason);
  }
  EXPECT_THAT(reasons, ElementsAre("OTHER_COUNTY", "UNKNOWN_UNIT", "BAD_NAME"));
}

TEST_P(ActivityStoreTest, ACodeChecksOneMemberInOnceAndExpires) {
  const ActivityView held = Held(Fields());
  const std::string name = NameOf(held);
  const IssuedCodes issued = Must(app_->IssueCodes(By("clerk"), name, 2, absl::Minutes(5), {}));
  ASSERT_EQ(issued.codes.size(), 2u);
  ASSERT_NE(issued.codes[0], issued.codes[1]);
  EXPECT_EQ(Must(app_->CheckIn(ByMember(11), name, issued.codes[0], {})).record.status, A::kPresent);
  EXPECT_EQ(ReasonOf(app_->CheckIn(ByMember(12), name, issued.codes[0], {}).status()), "CODE_USED");
  EXPECT_EQ(ReasonOf(app_->CheckIn(ByMember(11), name, issued.codes[1], {}).status()), "ALREADY_RECORDED");
  EXPECT_TRUE(absl::IsNotFound(app_->CheckIn(ByMember(12), name, "ABCDEFGHJKLM", {}).status()));
  EXPECT_TRUE(absl::IsNotFound(app_->CheckIn(ByMember(21), name, issued.codes[1], {}).status())) << "not expected";
  EXPECT_EQ(ReasonOf(app_->CheckIn(By("clerk"), name, issued.codes[1], {}).status()), "NO_MEMBER");
  // Of another activity.
  const ActivityView other = Held(Fields());
  EXPECT_TRUE(absl::IsNotFound(app_->CheckIn(ByMember(12), NameOf(other), issued.codes[1], {}).status()));
  clock_.Set(clock_.Now() + absl::Minutes(5));
  EXPECT_EQ(ReasonOf(app_->CheckIn(ByMember(12), name, issued.codes[1], {}).status()), "CODE_EXPIRED");
  EXPECT_EQ(Must(app_->Get(By("clerk"), name)).stored.activity.present, 1);
}

TEST_P(ActivityStoreTest, ARequestHappensOnce) {
  const ActivityView first = Must(app_->Create(By("clerk"), Fields(), Key("a")));
  EXPECT_EQ(Must(app_->Create(By("clerk"), Fields(), Key("a"))).stored.id, first.stored.id);
  Must(app_->Hold(By("clerk"), NameOf(first), Key("b")));
  const int asked = roster_.asked;
  EXPECT_EQ(Must(app_->Hold(By("clerk"), NameOf(first), Key("b"))).stored.activity.expected, 3);
  EXPECT_EQ(roster_.asked, asked);
  common::WriteOptions try_only;
  try_only.validate_only = true;
  EXPECT_EQ(Must(app_->Record(By("clerk"), NameOf(first), {}, A::kPresent, try_only)).stored.activity.present, 3);
  EXPECT_EQ(StatusesOf(first)[11], A::kUnspecified);
  common::WriteOptions stale;
  stale.etag = EtagOf(first.stored);
  EXPECT_EQ(ReasonOf(app_->Record(By("clerk"), NameOf(first), {}, A::kPresent, stale).status()), "ETAG_MISMATCH");
}

TEST_P(ActivityStoreTest, ListsGoFromTheLatestPageByPage) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    ActivityFields fields = Fields(i == 2 ? ActivityKind::kPartyClass : ActivityKind::kThemeDay);
    fields.unit = i % 2 == 0 ? "units/B1" : "units/B2";
    fields.start = *fields.start - absl::Hours(24 * i);
    names.push_back(NameOf(Create(fields)));
  }
  Must(app_->Cancel(By("clerk"), names[4], "误登", {}));
  const auto list = [&](const std::string& parent, bool subtree, const std::string& filter) {
    std::vector<std::string> found;
    ActivityListQuery query{parent, subtree, 2, "", filter};
    do {
      const auto page = Must(app_->List(By("clerk"), query));
      for (const ActivityView& view : page.items) found.push_back(NameOf(view));
      query.page_token = page.next;
    } while (!query.page_token.empty());
    return found;
  };
  EXPECT_THAT(list("units/C", true, ""), ElementsAre(names[0], names[1], names[2], names[3]));
  EXPECT_THAT(list("units/B1", false, ""), ElementsAre(names[0], names[2]));
  EXPECT_THAT(list("units/C", true, "kind = PARTY_CLASS"), ElementsAre(names[2]));
  EXPECT_THAT(list("units/C", true, "state = CANCELLED"), ElementsAre(names[4]));
  EXPECT_THAT(list("units/C", true, "date_after = 2026-11-14"), ElementsAre(names[0], names[1]));
  EXPECT_TRUE(absl::IsNotFound(app_->List(By("stranger", kOther), {"units/B1", false, 0, "", ""}).status()));
  EXPECT_TRUE(absl::IsNotFound(app_->Get(By("stranger", kOther), names[0]).status()));
}

TEST_P(ActivityStoreTest, TextsAreCiphertext) {
  const ActivityView confirmed = Confirmed(Fields());
  std::string stored;
  Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) -> absl::Status {
    const auto take = [&](const sql::Row& row) {
      stored += row.Bytes(0);
      return absl::OkStatus();
    };
    RONGHE_RETURN_IF_ERROR(session.Select({"test", "SELECT texts FROM activity"}, {}, take));
    RONGHE_RETURN_IF_ERROR(session.Select({"test2", "SELECT texts FROM attendance"}, {}, take));
    return session.Select({"test3", "SELECT texts FROM activity_step"}, {}, take);
  }));
  EXPECT_EQ(stored.find("河道"), std::string::npos);
  EXPECT_EQ(stored.find("出差"), std::string::npos);
  EXPECT_EQ(Must(app_->Get(By("clerk"), NameOf(confirmed))).stored.activity.topic, "主题党日：河道清理");
}

TEST_P(ActivityStoreTest, AUnitThatEndsTakesNothingNew) {
  common::DirectoryUnit closing = Unit(kB1, kT1, "B1", 5);
  closing.state = 3;
  Apply({closing});
  EXPECT_EQ(ReasonOf(app_->Create(By("clerk"), Fields(), {}).status()), "UNIT_CLOSING");
}

}  // namespace
}  // namespace ronghe::education
