// Duties over real gRPC: who may, what is refused, what follows, and that the totals agree.
#include "ronghe/organization/v1/duty_service.grpc.pb.h"

#include "tests/service/organization/record_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Stub = v1::DutyService::Stub;

class DutyTest : public RecordTest {
 protected:
  void SetUp() override {
    RecordTest::SetUp();
    duties_ = v1::DutyService::NewStub(channel_);
  }

  v1::CreateDutyRequest NewDuty(const std::string& unit, v1::DutyKind kind) {
    v1::CreateDutyRequest request;
    v1::Duty& duty = *request.mutable_duty();
    duty.set_unit("units/" + unit);
    duty.set_kind(kind);
    duty.set_title("防汛突击队");
    Set(today_, *duty.mutable_start_date());
    return request;
  }
  static v1::DutyParty& Add(v1::Duty& duty, v1::DutyRole role, const std::string& member) {
    v1::DutyParty& party = *duty.add_parties();
    party.set_role(role);
    party.set_member(member);
    return party;
  }
  absl::StatusOr<v1::Duty> Create(const v1::CreateDutyRequest& request, const std::string& subject = "admin") {
    return Call(subject, *duties_, &Stub::CreateDuty, request);
  }
  absl::StatusOr<v1::Duty> Start(const std::string& name) {
    v1::StartDutyRequest request;
    request.set_name(name);
    return Call("admin", *duties_, &Stub::StartDuty, request);
  }
  absl::StatusOr<v1::ListDutyResultsResponse> Missing(const std::string& unit, const std::string& subject = "admin") {
    v1::ListDutyResultsRequest request;
    request.set_parent("units/" + unit);
    request.set_subtree(true);
    request.set_filter("state = DUE");
    request.set_month(fmt::format("{}-{:02}", today_.year(), today_.month()));
    return Call(subject, *duties_, &Stub::ListDutyResults, request);
  }
  bool Counts(const std::string& unit, int64_t active, int64_t due, int64_t recorded) {
    return Eventually([&] {
      const v1::OrganizationMetrics totals = Totals(unit);
      return totals.duties_active() == active && totals.duty_results_due() == due &&
             totals.duty_results_recorded() == recorded;
    });
  }

  std::unique_ptr<Stub> duties_;
};

TEST_F(DutyTest, FromThePlanToTheResultOfTheMonth) {
  const v1::Member wang = NewMember(1, "B1");
  const v1::Member li = NewMember(2, "B1");
  v1::CreateDutyRequest request = NewDuty("B1", v1::DUTY_KIND_TASK_FORCE);
  Add(*request.mutable_duty(), v1::DUTY_ROLE_PARTICIPANT, wang.name());
  request.set_request_id("7c9e6679-7425-40de-944b-e07fc1f90ae7");
  const auto planned = Create(request);
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_EQ(Create(request)->name(), planned->name());
  EXPECT_EQ(planned->state(), v1::DUTY_STATE_PLANNED);
  const absl::Status missing = Start(planned->name()).status();
  EXPECT_THAT(Reasons(missing), ElementsAre("PEOPLE_MISSING"));
  EXPECT_THAT(common::TextOf(missing).zh, HasSubstr("队长"));
  v1::AddDutyPartiesRequest add;
  add.set_name(planned->name());
  v1::DutyParty& leader = *add.add_parties();
  leader.set_role(v1::DUTY_ROLE_LEADER);
  leader.set_member(li.name());
  add.set_etag(planned->etag());
  ASSERT_TRUE(Call("admin", *duties_, &Stub::AddDutyParties, add).ok());
  EXPECT_TRUE(absl::IsAborted(Call("admin", *duties_, &Stub::AddDutyParties, add).status()));
  const auto started = Start(planned->name());
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(started->parties_size(), 2);
  EXPECT_TRUE(Counts("37", 1, 1, 0));

  const auto worklist = Missing("370783");
  ASSERT_TRUE(worklist.ok()) << worklist.status();
  ASSERT_EQ(worklist->results_size(), 1);
  EXPECT_EQ(worklist->results(0).duty(), planned->name());
  v1::RecordDutyResultRequest record;
  record.set_name(worklist->results(0).name());
  record.set_outcome(v1::DUTY_OUTCOME_ACHIEVED);
  record.set_summary("巡堤12次");
  const auto recorded = Call("admin", *duties_, &Stub::RecordDutyResult, record);
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(Missing("370783")->results_size(), 0);
  const absl::Status twice = Call("admin", *duties_, &Stub::RecordDutyResult, record).status();
  EXPECT_EQ(ReasonOf(twice), "DUTY_RESULT_STATE");
  EXPECT_THAT(common::TextOf(twice).en, HasSubstr("be amended"));
  v1::AmendDutyResultRequest amend;
  amend.set_name(record.name());
  amend.set_outcome(v1::DUTY_OUTCOME_PARTLY);
  EXPECT_THAT(Reasons(Call("admin", *duties_, &Stub::AmendDutyResult, amend).status()), ElementsAre("reason REQUIRED"));
  amend.set_reason("漏记2次");
  const auto amended = Call("admin", *duties_, &Stub::AmendDutyResult, amend);
  ASSERT_TRUE(amended.ok()) << amended.status();
  ASSERT_EQ(amended->amendments_size(), 1);
  EXPECT_EQ(amended->amendments(0).summary(), "巡堤12次");
  EXPECT_EQ(amended->outcome(), v1::DUTY_OUTCOME_PARTLY);
  EXPECT_TRUE(Counts("370783104", 1, 1, 1));

  v1::CompleteDutyRequest complete;
  complete.set_name(planned->name());
  const auto completed = Call("admin", *duties_, &Stub::CompleteDuty, complete);
  ASSERT_TRUE(completed.ok()) << completed.status();
  EXPECT_EQ(completed->parties(0).end_reason(), v1::PART_END_REASON_DUTY_ENDED);
  const absl::Status again = Call("admin", *duties_, &Stub::CompleteDuty, complete).status();
  EXPECT_EQ(ReasonOf(again), "DUTY_STATE");
  EXPECT_THAT(common::TextOf(again).zh, HasSubstr("已完成"));
  EXPECT_TRUE(Eventually([&] { return Totals("37").duties_active() == 0; }));
  ExpectAuditAgrees();
}

TEST_F(DutyTest, WhatIsWrongIsSaidAtOnceAndNobodyIsDescribed) {
  v1::CreateDutyRequest request = NewDuty("B1", v1::DUTY_KIND_PAIRING);
  request.mutable_duty()->set_title("");
  request.mutable_duty()->clear_start_date();
  v1::DutyParty& household = *request.mutable_duty()->add_parties();
  household.set_role(v1::DUTY_ROLE_PARTNER);
  household.set_outside_party(v1::OUTSIDE_PARTY_HOUSEHOLD);
  household.set_description("电话13812345678");
  const absl::Status wrong = Create(request).status();
  EXPECT_THAT(Reasons(wrong), UnorderedElementsAre("duty.title REQUIRED", "duty.start_date REQUIRED",
                                                   "duty.parties[0].description PERSONAL_DATA"));
  EXPECT_THAT(std::string(wrong.message()), Not(HasSubstr("13812345678")));
  // A member of another county, and one of another unit.
  const v1::Member other = NewMember(1, "B2");
  v1::CreateDutyRequest area = NewDuty("B1", v1::DUTY_KIND_RESPONSIBILITY_AREA);
  Add(*area.mutable_duty(), v1::DUTY_ROLE_LEADER, other.name());
  EXPECT_THAT(Reasons(Create(area).status()), ElementsAre("NOT_OF_UNIT"));
  // Tried, and not there.
  v1::CreateDutyRequest tried = NewDuty("B2", v1::DUTY_KIND_RESPONSIBILITY_AREA);
  Add(*tried.mutable_duty(), v1::DUTY_ROLE_LEADER, other.name());
  tried.set_validate_only(true);
  const auto answer = Create(tried);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->name().empty());
  v1::ListDutiesRequest list;
  list.set_parent("units/37");
  list.set_subtree(true);
  EXPECT_EQ(Call("admin", *duties_, &Stub::ListDuties, list)->duties_size(), 0);
}

TEST_F(DutyTest, WhoMovesLeavesThePart) {
  const v1::Member wang = NewMember(1, "B1");
  v1::CreateDutyRequest request = NewDuty("B1", v1::DUTY_KIND_COMMITMENT);
  Add(*request.mutable_duty(), v1::DUTY_ROLE_PARTICIPANT, wang.name());
  const v1::Duty duty = Create(request).value();
  v1::MoveMemberRequest move;
  move.set_name(wang.name());
  move.set_unit("units/B2");
  ASSERT_TRUE(Call("admin", *members_, &v1::MemberService::Stub::MoveMember, move).ok());
  v1::ListDutiesRequest list;
  list.set_parent("units/B1");
  list.set_member(wang.name());
  const auto page = Call("admin", *duties_, &Stub::ListDuties, list);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->duties_size(), 1);
  EXPECT_EQ(page->duties(0).parties(0).end_reason(), v1::PART_END_REASON_MEMBER_LEFT);
  EXPECT_THAT(Reasons(Start(duty.name()).status()), ElementsAre("PEOPLE_MISSING"));
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/B1");
  EXPECT_THAT(Reasons(Units("admin", &v1::OrganizationService::Stub::DissolveUnit, dissolve).status()),
              ElementsAre("HAS_DUTIES"));
  v1::CancelDutyRequest cancel;
  cancel.set_name(duty.name());
  cancel.set_reason("无人承担");
  ASSERT_TRUE(Call("admin", *duties_, &Stub::CancelDuty, cancel).ok());
  EXPECT_TRUE(Units("admin", &v1::OrganizationService::Stub::DissolveUnit, dissolve).ok());
}

TEST_F(DutyTest, WhatLiesOutsideIsNotThere) {
  const v1::Member wang = NewMember(1, "B1");
  v1::CreateDutyRequest request = NewDuty("370783104", v1::DUTY_KIND_RESPONSIBILITY_AREA);
  Add(*request.mutable_duty(), v1::DUTY_ROLE_LEADER, wang.name());
  const v1::Duty duty = Create(request).value();
  ASSERT_TRUE(Start(duty.name()).ok());
  Grant("inside", common::v1::ROLE_OFFICER, "370783104");
  Grant("branch", common::v1::ROLE_OFFICER, "B2");
  Grant("outside", common::v1::ROLE_OFFICER, "370784");
  Grant("viewer", common::v1::ROLE_VIEWER, "370783104");
  v1::GetDutyRequest get;
  get.set_name(duty.name());
  EXPECT_TRUE(Call("viewer", *duties_, &Stub::GetDuty, get).ok());
  EXPECT_TRUE(absl::IsNotFound(Call("outside", *duties_, &Stub::GetDuty, get).status()));
  EXPECT_TRUE(absl::IsNotFound(Call("branch", *duties_, &Stub::GetDuty, get).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(Create(request, "viewer").status()));
  EXPECT_TRUE(absl::IsNotFound(Create(request, "outside").status()));
  // A member outside the caller's scope is not there, either.
  v1::CreateDutyRequest pairing = NewDuty("B2", v1::DUTY_KIND_PAIRING);
  Add(*pairing.mutable_duty(), v1::DUTY_ROLE_PARTNER, wang.name());
  EXPECT_TRUE(absl::IsNotFound(Create(pairing, "branch").status()));
  const auto worklist = Missing("370783104", "inside");
  ASSERT_TRUE(worklist.ok()) << worklist.status();
  ASSERT_EQ(worklist->results_size(), 1);
  v1::GetDutyResultRequest result;
  result.set_name(worklist->results(0).name());
  EXPECT_TRUE(Call("viewer", *duties_, &Stub::GetDutyResult, result).ok());
  EXPECT_TRUE(absl::IsNotFound(Call("outside", *duties_, &Stub::GetDutyResult, result).status()));
  EXPECT_TRUE(absl::IsNotFound(Missing("370783", "inside").status()));
}

}  // namespace
}  // namespace ronghe::organization
