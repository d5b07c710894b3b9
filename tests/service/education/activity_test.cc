// Activities over real gRPC: the roster comes from organization, and who may not see or do something does not.
#include <set>
#include <string>

#include "tests/service/education/fixture.h"
#include "tests/support/people.h"

namespace ronghe::education {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class ActivityTest : public EducationTest {
 protected:
  void SetUp() override {
    EducationTest::SetUp();
    first_ = MakeMember("B1", Person(0));
    second_ = MakeMember("B1", Person(1));
    elsewhere_ = MakeMember("B2", Person(2));
    Grant("first", common::v1::ROLE_MEMBER, "B1", first_);
    CatchUp();
  }

  // An identity number.
  static std::string Person(int sequence) {
    return tests::IdentityNumber(absl::CivilDay(1970, 1, 1), organization::Sex::kMale, sequence);
  }

  std::string first_, second_, elsewhere_;
};

TEST_F(ActivityTest, FromItsPlanToTheTotals) {
  const v1::Activity planned = Must("clerk", &Activities::CreateActivity, NewActivity());
  EXPECT_EQ(planned.state(), v1::ACTIVITY_STATE_PLANNED);
  const v1::Activity held = Must("clerk", &Activities::HoldActivity, On<v1::HoldActivityRequest>(planned));
  EXPECT_EQ(held.expected_count(), 2);
  auto codes = On<v1::IssueCheckInCodesRequest>(planned);
  codes.set_count(1);
  const auto issued = Must("clerk", &Activities::IssueCheckInCodes, codes);
  ASSERT_EQ(issued.codes_size(), 1);
  auto check_in = On<v1::CheckInRequest>(planned);
  check_in.set_code(issued.codes(0).code());
  EXPECT_EQ(ReasonOf(Ask("clerk", &Activities::CheckIn, check_in)), "NO_MEMBER");
  EXPECT_EQ(ReasonOf(Ask("viewer", &Activities::CheckIn, check_in)), "ROLE_MISSING");
  const auto checked = Must("first", &Activities::CheckIn, check_in);
  EXPECT_EQ(checked.record().member(), first_);
  EXPECT_EQ(checked.record().status(), v1::ATTENDANCE_STATUS_PRESENT);
  EXPECT_EQ(ReasonOf(Ask("clerk", &Activities::ConfirmActivity, On<v1::ConfirmActivityRequest>(planned))),
            "NOT_RECORDED");
  auto record = On<v1::RecordAttendanceRequest>(planned);
  v1::AttendanceRecord& leave = *record.add_records();
  leave.set_member(second_);
  leave.set_status(v1::ATTENDANCE_STATUS_LEAVE);
  leave.set_reason("出差");
  Must("clerk", &Activities::RecordAttendance, record);
  const v1::Activity confirmed = Must("clerk", &Activities::ConfirmActivity, On<v1::ConfirmActivityRequest>(planned));
  EXPECT_EQ(confirmed.present_count(), 1);
  EXPECT_THAT(confirmed.allowed_events(), ElementsAre(v1::ACTIVITY_EVENT_AMEND));

  v1::ListAttendanceRequest list;
  list.set_parent(planned.name());
  EXPECT_EQ(Must("inspector", &Activities::ListAttendance, list).records_size(), 2);
  EXPECT_EQ(ReasonOf(Ask("viewer", &Activities::ListAttendance, list)), "ROLE_MISSING");
  // Whoever was answered the reason of a leave is in the audit log.
  Grant("auditor", common::v1::ROLE_AUDITOR, "370783");
  CatchUp();
  organization::v1::ListAuditEntriesRequest readings;
  readings.set_parent("units/370783");
  const auto read = Call("auditor", *totals_, &v1::EducationService::Stub::ListAuditEntries, readings);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->entries_size(), 1);
  EXPECT_EQ(read->entries(0).action(), "ListAttendance");
  EXPECT_EQ(read->entries(0).resource(), planned.name());

  common::v1::BatchGetSummariesRequest ask;
  ask.add_units("units/370783");
  ask.add_min_revision(confirmed.revision());
  const auto totals = Call("viewer", *totals_, &v1::EducationService::Stub::BatchGetSummaries, ask);
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->summaries(0).total().activities_confirmed(), 1);
  EXPECT_EQ(totals->summaries(0).total().attendance_expected(), 2);
  EXPECT_EQ(totals->summaries(0).total().attendance_present(), 1);
  const auto audit =
      Call("admin", *totals_, &v1::EducationService::Stub::AuditSummaries, common::v1::AuditSummariesRequest());
  ASSERT_TRUE(audit.ok()) << audit.status();
  EXPECT_EQ(audit->difference_count(), 0);
}

// They are kept as digests, so they can be shown once only.
TEST_F(ActivityTest, CodesAreIssuedOnce) {
  const v1::Activity planned = Must("clerk", &Activities::CreateActivity, NewActivity());
  Must("clerk", &Activities::HoldActivity, On<v1::HoldActivityRequest>(planned));
  auto codes = On<v1::IssueCheckInCodesRequest>(planned);
  codes.set_count(2);
  codes.set_request_id("7b1c6f0e-55d8-4a68-9a43-0d4a4f1a2b3c");
  const auto issued = Must("clerk", &Activities::IssueCheckInCodes, codes);
  ASSERT_EQ(issued.codes_size(), 2);
  EXPECT_GT(issued.codes(0).expire_time().seconds(), absl::ToUnixSeconds(common::SystemClock().Now()));
  EXPECT_EQ(Must("clerk", &Activities::IssueCheckInCodes, codes).codes_size(), 0);
  auto check_in = On<v1::CheckInRequest>(planned);
  check_in.set_code(issued.codes(1).code());
  check_in.set_request_id("0f4a8a52-8e1b-4d0c-8f61-3b0f5f0c9d11");
  EXPECT_EQ(Must("first", &Activities::CheckIn, check_in).record().status(), v1::ATTENDANCE_STATUS_PRESENT);
  // The answer was lost, and the request is sent again: the code is not used up by it.
  EXPECT_EQ(Must("first", &Activities::CheckIn, check_in).record().status(), v1::ATTENDANCE_STATUS_PRESENT);
  check_in.set_request_id("3d1f2a77-7a0e-49c5-a0d2-6f1f3cbb6c02");
  EXPECT_EQ(ReasonOf(Ask("first", &Activities::CheckIn, check_in)), "ALREADY_RECORDED");
}

TEST_F(ActivityTest, WhatLiesOutsideIsNotThere) {
  const v1::Activity planned = Must("clerk", &Activities::CreateActivity, NewActivity());
  v1::GetActivityRequest get;
  get.set_name(planned.name());
  EXPECT_TRUE(Ask("viewer", &Activities::GetActivity, get).ok());
  EXPECT_TRUE(absl::IsNotFound(Ask("stranger", &Activities::GetActivity, get).status()));
  EXPECT_TRUE(absl::IsNotFound(Ask("clerk", &Activities::CreateActivity, NewActivity("B2")).status()));
  EXPECT_EQ(ReasonOf(Ask("viewer", &Activities::HoldActivity, On<v1::HoldActivityRequest>(planned))), "ROLE_MISSING");
  EXPECT_TRUE(
      absl::IsNotFound(Ask("stranger", &Activities::HoldActivity, On<v1::HoldActivityRequest>(planned)).status()));
}

// A county's training of people from everywhere below, by name.
TEST_F(ActivityTest, NamedPeopleAreExpectedWhereverTheyAreAtHome) {
  v1::CreateActivityRequest request = NewActivity("370783104");
  request.mutable_activity()->set_kind(v1::ACTIVITY_KIND_CENTRALIZED_TRAINING);
  request.mutable_activity()->add_attendees(first_);
  request.mutable_activity()->add_attendees(elsewhere_);
  const v1::Activity training = Must("township", &Activities::CreateActivity, request);
  v1::ListAttendanceRequest list;
  list.set_parent(training.name());
  // Named, and to be read again a page at a time, before it is held too.
  list.set_page_size(1);
  std::set<std::string> named;
  for (int page = 0; page < 2; ++page) {
    const auto some = Must("township", &Activities::ListAttendance, list);
    ASSERT_EQ(some.records_size(), 1);
    named.insert(some.records(0).member());
    EXPECT_EQ(some.records(0).unit(), "units/370783104");
    EXPECT_EQ(some.next_page_token().empty(), page == 1);
    list.set_page_token(some.next_page_token());
  }
  EXPECT_THAT(named, UnorderedElementsAre(first_, elsewhere_));
  list.clear_page_size();
  Must("township", &Activities::HoldActivity, On<v1::HoldActivityRequest>(training));
  std::set<std::string> units;
  const auto attendance = Must("township", &Activities::ListAttendance, list);
  for (const v1::AttendanceRecord& record : attendance.records()) units.insert(record.unit());
  EXPECT_THAT(units, UnorderedElementsAre("units/B1", "units/B2"));
  request.mutable_activity()->add_attendees("members/4711");
  const v1::Activity wrong = Must("township", &Activities::CreateActivity, request);
  const auto refused = Ask("township", &Activities::HoldActivity, On<v1::HoldActivityRequest>(wrong));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(common::ViolationsOf(refused.status()).front().reason, "NOT_ON_ROSTER");
}

// Who moved after the day belongs where the member was; who is registered later, to the first unit of the record.
TEST_F(ActivityTest, TheRosterIsThatOfTheDay) {
  v1::CreateActivityRequest request = NewActivity();
  request.mutable_activity()->mutable_start_time()->set_seconds(
      absl::ToUnixSeconds(common::SystemClock().Now() - absl::Hours(48)));
  auto members = organization::v1::MemberService::NewStub(organization_->channel);
  organization::v1::MoveMemberRequest move;
  move.set_name(second_);
  move.set_unit("units/B2");
  const auto moved = Call("admin", *members, &organization::v1::MemberService::Stub::MoveMember, move);
  ASSERT_TRUE(moved.ok()) << moved.status();
  const v1::Activity past = Must("clerk", &Activities::CreateActivity, request);
  EXPECT_EQ(Must("clerk", &Activities::HoldActivity, On<v1::HoldActivityRequest>(past)).expected_count(), 2);
  const v1::Activity today = Must("clerk", &Activities::CreateActivity, NewActivity());
  EXPECT_EQ(Must("clerk", &Activities::HoldActivity, On<v1::HoldActivityRequest>(today)).expected_count(), 1);
}

}  // namespace
}  // namespace ronghe::education
