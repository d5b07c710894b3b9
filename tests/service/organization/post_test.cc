// Posts, terms and appointments over real gRPC: who may, what is said, what follows, and that the totals agree.
#include "ronghe/organization/v1/post_service.grpc.pb.h"

#include "tests/service/organization/record_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Posts = v1::PostService::Stub;

class PostTest : public RecordTest {
 protected:
  void SetUp() override {
    RecordTest::SetUp();
    posts_ = v1::PostService::NewStub(channel_);
  }

  absl::StatusOr<v1::Post> TryPost(const std::string& unit, v1::PostKind kind, int seats = 1,
                                   const std::string& subject = "admin", const std::string& request_id = "") {
    v1::CreatePostRequest request;
    request.mutable_post()->set_unit("units/" + unit);
    request.mutable_post()->set_kind(kind);
    request.mutable_post()->set_seats(seats);
    request.set_request_id(request_id);
    Set(today_ - 2000, *request.mutable_post()->mutable_start_date());
    return Call(subject, *posts_, &Posts::CreatePost, request);
  }
  v1::Post Post(const std::string& unit, v1::PostKind kind, int seats = 1) {
    const auto post = TryPost(unit, kind, seats);
    EXPECT_TRUE(post.ok()) << post.status();
    return post.value_or(v1::Post());
  }
  v1::Term Term(const std::string& unit, absl::CivilDay start) {
    v1::CreateTermRequest request;
    request.mutable_term()->set_unit("units/" + unit);
    Set(start, *request.mutable_term()->mutable_start_date());
    const auto term = Call("admin", *posts_, &Posts::CreateTerm, request);
    EXPECT_TRUE(term.ok()) << term.status();
    return term.value_or(v1::Term());
  }
  absl::StatusOr<v1::Appointment> Appoint(const v1::Post& post, const v1::Member& member,
                                          const std::string& subject = "admin") {
    v1::CreateAppointmentRequest request;
    request.mutable_appointment()->set_post(post.name());
    request.mutable_appointment()->set_member(member.name());
    request.mutable_appointment()->set_basis(v1::APPOINTMENT_BASIS_ELECTED);
    return Call(subject, *posts_, &Posts::CreateAppointment, request);
  }
  v1::Appointment Appointment(const std::string& name) {
    v1::GetAppointmentRequest request;
    request.set_name(name);
    return Call("admin", *posts_, &Posts::GetAppointment, request).value_or(v1::Appointment());
  }
  std::unique_ptr<Posts> posts_;
};

TEST_F(PostTest, FromTheFirstTermToTheNextElection) {
  const v1::Term term = Term("B1", today_ - 4 * 366);
  EXPECT_EQ(term.state(), v1::TERM_STATE_OVERDUE);
  EXPECT_EQ(term.number(), 1);
  EXPECT_EQ(DayOf(term.due_date()), DayOf(term.original_due_date()));
  const v1::Post secretary = Post("B1", v1::POST_KIND_SECRETARY);
  EXPECT_EQ(secretary.vacant_seats(), 1);
  const v1::Member wang = NewMember(1, "B1");
  const v1::Appointment held = Appoint(secretary, wang).value();
  EXPECT_EQ(held.unit(), "units/B1");
  EXPECT_EQ(held.term(), term.name());
  EXPECT_EQ(held.kind(), v1::POST_KIND_SECRETARY);
  EXPECT_TRUE(Eventually([&] {
    const v1::OrganizationMetrics county = Totals("370783");
    return county.terms_overdue() == 1 && county.posts_vacant() == 0;
  }));

  v1::RecordElectionRequest election;
  election.set_name(term.name());
  election.set_result(v1::ELECTION_RESULT_ELECTED);
  v1::ElectedMember& elected = *election.add_elected();
  elected.set_post(secretary.name());
  elected.set_member(wang.name());
  election.set_request_id("7c9e6679-7425-40de-944b-e07fc1f90ae7");
  election.set_validate_only(true);
  const auto tried = Call("admin", *posts_, &Posts::RecordElection, election);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(tried->next_term().number(), 2);
  EXPECT_TRUE(tried->next_term().name().empty());
  election.set_validate_only(false);
  const auto outcome = Call("admin", *posts_, &Posts::RecordElection, election);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->term().state(), v1::TERM_STATE_ENDED);
  ASSERT_EQ(outcome->appointments_size(), 1);
  EXPECT_EQ(outcome->appointments(0).term(), outcome->next_term().name());
  EXPECT_EQ(Call("admin", *posts_, &Posts::RecordElection, election)->next_term().name(), outcome->next_term().name());
  EXPECT_EQ(Appointment(held.name()).end_reason(), v1::END_REASON_TERM_ENDED);
  EXPECT_TRUE(Eventually([&] { return Totals("37").terms_overdue() == 0; }));
  ExpectAuditAgrees();
  // Refused, with the state and what would be possible.
  v1::EndTermRequest end;
  end.set_name(term.name());
  const absl::Status refused = Call("admin", *posts_, &Posts::EndTerm, end).status();
  EXPECT_EQ(ReasonOf(refused), "TERM_STATE");
  EXPECT_THAT(common::TextOf(refused).en, HasSubstr("ended"));
  EXPECT_THAT(common::TextOf(refused).zh, HasSubstr("已结束"));
}

TEST_F(PostTest, WhoMovesAwayLeavesTheSeatAndTheTotalsFollow) {
  Term("B1", today_ - 30);
  const v1::Post secretary = Post("B1", v1::POST_KIND_SECRETARY);
  const v1::Member wang = NewMember(1, "B1");
  const v1::Appointment held = Appoint(secretary, wang).value();
  v1::MoveMemberRequest move;
  move.set_name(wang.name());
  move.set_unit("units/B2");
  ASSERT_TRUE(Call("admin", *members_, &v1::MemberService::Stub::MoveMember, move).ok());
  const v1::Appointment left = Appointment(held.name());
  EXPECT_EQ(left.state(), v1::APPOINTMENT_STATE_ENDED);
  EXPECT_EQ(left.end_reason(), v1::END_REASON_MEMBER_LEFT);
  v1::GetPostRequest get;
  get.set_name(secretary.name());
  EXPECT_EQ(Call("admin", *posts_, &Posts::GetPost, get)->vacant_seats(), 1);
  EXPECT_TRUE(Eventually([&] { return Totals("370783104").posts_vacant() == 1; }));
  ExpectAuditAgrees();
}

TEST_F(PostTest, ADissolvedUnitKeepsNoPosts) {
  Term("B2", today_ - 4 * 366);
  const v1::Post secretary = Post("B2", v1::POST_KIND_SECRETARY);
  EXPECT_TRUE(Eventually([&] { return Totals("37").posts_vacant() == 1; }));
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/B2");
  ASSERT_TRUE(Units("admin", &v1::OrganizationService::Stub::DissolveUnit, dissolve).ok());
  v1::GetPostRequest get;
  get.set_name(secretary.name());
  EXPECT_TRUE(Eventually([&] {
    return Call("admin", *posts_, &Posts::GetPost, get)->state() == v1::POST_STATE_ABOLISHED &&
           Totals("37").posts_vacant() == 0 && Totals("37").terms_overdue() == 0;
  }));
  ExpectAuditAgrees();
}

TEST_F(PostTest, WhatLiesOutsideIsNotThere) {
  const v1::Post post = Post("B1", v1::POST_KIND_COMMITTEE_MEMBER, 3);
  const v1::Member wang = NewMember(1, "B1");
  Grant("inside", common::v1::ROLE_OFFICER, "370783104");
  Grant("outside", common::v1::ROLE_OFFICER, "370784");
  Grant("viewer", common::v1::ROLE_VIEWER, "370783104");
  v1::GetPostRequest get;
  get.set_name(post.name());
  EXPECT_TRUE(Call("inside", *posts_, &Posts::GetPost, get).ok());
  EXPECT_TRUE(Call("viewer", *posts_, &Posts::GetPost, get).ok());
  EXPECT_TRUE(absl::IsNotFound(Call("outside", *posts_, &Posts::GetPost, get).status()));
  EXPECT_TRUE(absl::IsNotFound(TryPost("B1", v1::POST_KIND_SECRETARY, 1, "outside").status()));
  EXPECT_TRUE(absl::IsPermissionDenied(TryPost("B1", v1::POST_KIND_SECRETARY, 1, "viewer").status()));
  EXPECT_TRUE(absl::IsNotFound(Appoint(post, wang, "outside").status()));
  v1::ListPostsRequest list;
  list.set_parent("units/370783");
  list.set_subtree(true);
  EXPECT_TRUE(absl::IsNotFound(Call("inside", *posts_, &Posts::ListPosts, list).status()));
  list.set_parent("units/370783104");
  const auto page = Call("inside", *posts_, &Posts::ListPosts, list);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->posts_size(), 1);
  EXPECT_FALSE(page->resume_token().empty());
  // An extension needs the permission on the unit that approves it.
  const v1::Term term = Term("B1", today_ - 3 * 365);
  v1::ExtendTermRequest extend;
  extend.set_name(term.name());
  extend.set_approver("units/370783");
  extend.set_reason(v1::EXTENSION_REASON_UNIFIED_SCHEDULE);
  extend.set_document("某委〔2026〕3号");
  Set(DayOf(term.due_date()) + 90, *extend.mutable_due_date());
  EXPECT_TRUE(absl::IsNotFound(Call("inside", *posts_, &Posts::ExtendTerm, extend).status()));
  const auto extended = Call("admin", *posts_, &Posts::ExtendTerm, extend);
  ASSERT_TRUE(extended.ok()) << extended.status();
  EXPECT_EQ(extended->extension_approver(), "units/370783");
}

TEST_F(PostTest, ARequestHasItsEffectOnce) {
  const std::string id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
  const v1::Post first = TryPost("B1", v1::POST_KIND_COMMITTEE_MEMBER, 3, "admin", id).value();
  EXPECT_EQ(TryPost("B1", v1::POST_KIND_COMMITTEE_MEMBER, 3, "admin", id)->name(), first.name());
  EXPECT_EQ(ReasonOf(TryPost("B1", v1::POST_KIND_COMMITTEE_MEMBER, 4, "admin", id).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(ReasonOf(TryPost("B1", v1::POST_KIND_COMMITTEE_MEMBER, 4, "admin", "x").status()), "BAD_UUID");
  v1::UpdatePostRequest update;
  update.mutable_post()->set_name(first.name());
  update.mutable_post()->set_seats(5);
  update.mutable_post()->set_etag(first.etag());
  const auto updated = Call("admin", *posts_, &Posts::UpdatePost, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->seats(), 5);
  update.mutable_post()->set_seats(6);
  EXPECT_TRUE(absl::IsAborted(Call("admin", *posts_, &Posts::UpdatePost, update).status()));
  v1::CreatePostRequest empty;
  std::vector<std::string> fields;
  for (const common::Violation& violation :
       common::ViolationsOf(Call("admin", *posts_, &Posts::CreatePost, empty).status())) {
    fields.push_back(violation.field);
  }
  EXPECT_FALSE(fields.empty());
}

TEST_F(PostTest, WhatTheRulesForbidIsAnAlertUntilItIsMended) {
  using Stub = v1::OrganizationService::Stub;
  Grant("inside", common::v1::ROLE_VIEWER, "370783104");
  const v1::Term term = Term("B1", today_ - 4 * 366);
  v1::ListAlertsRequest request;
  request.set_unit("units/370783104");
  request.set_filter("rule = TERM_OVERDUE");
  absl::StatusOr<v1::ListAlertsResponse> response;
  const auto size = [&] {
    response = Units("inside", &Stub::ListAlerts, request);
    return response.ok() ? response->alerts_size() : -1;
  };
  ASSERT_TRUE(Eventually([&] { return size() == 1; })) << response.status();
  const v1::Alert& alert = response->alerts(0);
  EXPECT_EQ(alert.unit(), "units/B1");
  EXPECT_EQ(alert.severity(), v1::ALERT_SEVERITY_URGENT);
  EXPECT_EQ(DayOf(alert.since_date()), DayOf(term.due_date()) + 1);
  EXPECT_THAT(std::vector<std::string>(alert.resources().begin(), alert.resources().end()), ElementsAre(term.name()));
  EXPECT_FALSE(alert.source().empty());
  EXPECT_EQ(alert.rule_path(), "terms.lengths");
  EXPECT_EQ(alert.rule_pack_version(), "default-2");
  v1::RecordElectionRequest election;
  election.set_name(term.name());
  election.set_result(v1::ELECTION_RESULT_ELECTED);
  ASSERT_TRUE(Call("admin", *posts_, &Posts::RecordElection, election).ok());
  EXPECT_TRUE(Eventually([&] { return size() == 0; }));
  // Pages, in order of urgency.
  request.set_filter("");
  request.set_page_size(2);
  ASSERT_TRUE(Eventually([&] { return size() == 2; }));
  EXPECT_LE(response->alerts(0).severity(), response->alerts(1).severity());
  EXPECT_FALSE(response->next_page_token().empty());
  request.set_unit("units/370783");
  EXPECT_TRUE(absl::IsNotFound(Units("inside", &Stub::ListAlerts, request).status()));
}

}  // namespace
}  // namespace ronghe::organization
