#include <chrono>

#include <gmock/gmock.h>

#include "tests/service/organization/member_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* kRequestId = "4a1c7a52-2f5b-4a53-9d0b-5a1d3b6f7c11";

class MemberLifeTest : public MemberServiceTest {
 protected:
  template <typename Request>
  using Method = grpc::Status (v1::MemberService::Stub::*)(grpc::ClientContext*, const Request&, v1::Member*);
  // Keeps the answer in `after_`.
  template <typename Request>
  Said Do(Method<Request> method, const Request& request, const std::string& subject = "administrator") {
    v1::Member answer;
    const Said said = Read(((*members_).*method)(As(subject).get(), request, &answer));
    if (said.ok()) after_ = answer;
    return said;
  }
  template <typename Request>
  static Request On(const v1::Member& member) {
    Request request;
    request.set_name(member.name());
    return request;
  }
  Said Confirm(const v1::Member& member) {
    return Do(&v1::MemberService::Stub::ConfirmMember, On<v1::ConfirmMemberRequest>(member));
  }
  Said Float(const v1::Member& member, const std::string& unit, const std::string& subject = "administrator") {
    auto request = On<v1::FloatMemberRequest>(member);
    if (!unit.empty()) request.set_unit("units/" + unit);
    return Do(&v1::MemberService::Stub::FloatMember, request, subject);
  }
  Said Return(const v1::Member& member) {
    return Do(&v1::MemberService::Stub::ReturnMember, On<v1::ReturnMemberRequest>(member));
  }
  Said Leave(const v1::Member& member, v1::LeaveReason reason) {
    auto request = On<v1::LeaveMemberRequest>(member);
    request.set_reason(reason);
    return Do(&v1::MemberService::Stub::LeaveMember, request);
  }
  Said Restore(const v1::Member& member, const std::string& unit = "") {
    auto request = On<v1::RestoreMemberRequest>(member);
    if (!unit.empty()) request.set_unit("units/" + unit);
    return Do(&v1::MemberService::Stub::RestoreMember, request);
  }
  // A probationary member who joined today.
  v1::Member Newcomer(int64_t number, const std::string& unit) {
    v1::Member member = Person(number, unit);
    member.set_status(v1::MEMBER_STATUS_PROBATIONARY);
    member.clear_full_date();
    const absl::CivilDay today = absl::ToCivilDay(common::SystemClock().Now(), absl::FixedTimeZone(8 * 3600)) - 1;
    Set(DateParts::Of(today), *member.mutable_join_date());
    v1::Member made;
    const Said said = TryCreate(member, &made);
    EXPECT_TRUE(said.ok()) << said.everything;
    return made;
  }
  // The members that a list answers, by unit.
  std::vector<std::string> List(const std::string& unit, const std::string& filter) {
    v1::ListMembersRequest request;
    request.set_parent("units/" + unit);
    request.set_subtree(true);
    request.set_filter(filter);
    request.set_page_size(2);  // more pages than one
    std::vector<std::string> names;
    v1::ListMembersResponse page;
    do {
      const Said said = Read(members_->ListMembers(Admin().get(), request, &page));
      EXPECT_TRUE(said.ok()) << said.everything;
      for (const v1::Member& member : page.members()) names.push_back(member.name());
      request.set_page_token(page.next_page_token());
    } while (!page.next_page_token().empty());
    return names;
  }
  // full, probationary, female, floating out, floating in: of a unit and what is below it, as of the last write.
  std::vector<int64_t> Totals(const std::string& unit) {
    common::v1::BatchGetSummariesRequest request;
    request.add_units("units/" + unit);
    request.add_min_revision(after_.revision());
    v1::BatchGetSummariesResponse response;
    const Said said = Read(units_->BatchGetSummaries(Admin().get(), request, &response));
    EXPECT_TRUE(said.ok()) << said.everything;
    if (response.summaries().empty()) return {};
    const v1::OrganizationMetrics& total = response.summaries(0).total();
    EXPECT_EQ(total.members(), total.full_members() + total.probationary_members());
    return {total.full_members(), total.probationary_members(), total.female_members(), total.floating_out_members(),
            total.floating_in_members()};
  }
  // The folded totals are those of a recount.
  void Audit() {
    common::v1::AuditSummariesResponse response;
    const Said said = Read(units_->AuditSummaries(Admin().get(), {}, &response));
    ASSERT_TRUE(said.ok()) << said.everything;
    EXPECT_THAT(response.differences(), IsEmpty()) << response.DebugString();
  }

  v1::Member after_;
};

TEST_F(MemberLifeTest, AProbationEndsWhenItEndsAndNotBefore) {
  const v1::Member newcomer = Newcomer(11, "A1");
  EXPECT_EQ(newcomer.probation_end_date().year(), newcomer.join_date().year() + 1);
  const Said early = Confirm(newcomer);
  EXPECT_EQ(early.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(early.reason, "PROBATION_NOT_OVER");
  EXPECT_THAT(early.everything, HasSubstr("state: probationary"));
  EXPECT_THAT(early.everything, HasSubstr("refused: confirm as a full member"));
  EXPECT_THAT(early.everything, HasSubstr("extend the probation"));
  // Nor by an update.
  v1::UpdateMemberRequest update;
  update.mutable_member()->set_name(newcomer.name());
  update.mutable_member()->set_status(v1::MEMBER_STATUS_FULL);
  *update.mutable_member()->mutable_full_date() = newcomer.join_date();
  EXPECT_EQ(Do(&v1::MemberService::Stub::UpdateMember, update).reason, "PROBATION_NOT_OVER");

  const v1::Member old = Create(10, "A1");  // joined in 2010
  ASSERT_TRUE(Confirm(old).ok());
  EXPECT_EQ(after_.status(), v1::MEMBER_STATUS_FULL);
  EXPECT_EQ(after_.full_date().year(), 2011);
  EXPECT_EQ(after_.full_date().month(), 7);
  EXPECT_FALSE(after_.has_probation_end_date());
  EXPECT_THAT(Totals("370783"), ElementsAre(1, 1, 0, 0, 0));
  EXPECT_EQ(Confirm(old).reason, "MEMBER_STATE");
  Audit();
}

TEST_F(MemberLifeTest, AConfirmationMayBeDatedLaterThanTheProbationEnded) {
  const v1::Member old = Create(10, "A1");
  auto request = On<v1::ConfirmMemberRequest>(old);
  Set({2011, 6, 30}, *request.mutable_full_date());
  EXPECT_EQ(Do(&v1::MemberService::Stub::ConfirmMember, request).reason, "PROBATION_NOT_OVER");
  Set({2999, 6, 30}, *request.mutable_full_date());
  EXPECT_THAT(Do(&v1::MemberService::Stub::ConfirmMember, request).fields, ElementsAre("full_date"));
  Set({2011, 9, 30}, *request.mutable_full_date());
  request.set_request_id(kRequestId);
  ASSERT_TRUE(Do(&v1::MemberService::Stub::ConfirmMember, request).ok());
  const std::string etag = after_.etag();
  // The same request once more is the same confirmation.
  ASSERT_TRUE(Do(&v1::MemberService::Stub::ConfirmMember, request).ok());
  EXPECT_EQ(after_.etag(), etag);
  EXPECT_EQ(after_.full_date().month(), 9);
}

TEST_F(MemberLifeTest, AProbationIsExtendedOnce) {
  const v1::Member newcomer = Newcomer(11, "A1");
  auto request = On<v1::ExtendProbationRequest>(newcomer);
  for (int months : {0, 5, 13, -6}) {
    request.set_months(months);
    EXPECT_THAT(Do(&v1::MemberService::Stub::ExtendProbation, request).fields, ElementsAre("months"));
  }
  request.set_months(12);
  ASSERT_TRUE(Do(&v1::MemberService::Stub::ExtendProbation, request).ok());
  EXPECT_EQ(after_.probation_end_date().year(), newcomer.join_date().year() + 2);
  EXPECT_EQ(Do(&v1::MemberService::Stub::ExtendProbation, request).reason, "PROBATION_EXTENDED");
  const v1::Member full = Create(12, "A1");
  request.set_name(full.name());
  EXPECT_EQ(Do(&v1::MemberService::Stub::ExtendProbation, request).reason, "MEMBER_STATE");
}

TEST_F(MemberLifeTest, FloatsToAUnitOfAnyCountyAndReturns) {
  const v1::Member near = Create(11, "A1");
  const v1::Member far = Create(12, "A1");
  const v1::Member outside = Create(13, "A1");
  Create(14, "A2");
  ASSERT_TRUE(Float(near, "A2").ok());
  ASSERT_TRUE(Float(far, "B1").ok());
  EXPECT_EQ(after_.floating(), v1::FLOATING_TO_UNIT);
  EXPECT_EQ(after_.floating_unit(), "units/B1");
  EXPECT_EQ(after_.unit(), "units/A1");
  EXPECT_TRUE(after_.has_floating_date());
  ASSERT_TRUE(Float(outside, "").ok());
  EXPECT_EQ(after_.floating(), v1::FLOATING_OUTSIDE);
  EXPECT_EQ(after_.floating_unit(), "");
  // At home they count, where they float they are only seen.
  EXPECT_THAT(Totals("A1"), ElementsAre(3, 0, 1, 3, 0));
  EXPECT_THAT(Totals("A2"), ElementsAre(1, 0, 0, 0, 1));
  EXPECT_THAT(Totals("370784"), ElementsAre(0, 0, 0, 0, 1));
  EXPECT_THAT(Totals("3707"), ElementsAre(4, 0, 1, 3, 2));
  EXPECT_THAT(List("370784", "floating = IN"), ElementsAre(far.name()));
  EXPECT_THAT(List("370784", ""), IsEmpty());
  EXPECT_THAT(List("3707", "floating = IN"), UnorderedElementsAre(near.name(), far.name()));
  EXPECT_THAT(List("370783", "floating = OUT"), UnorderedElementsAre(near.name(), far.name(), outside.name()));
  EXPECT_EQ(List("370783", "floating = NONE").size(), 1u);
  Audit();

  EXPECT_EQ(Float(far, "A2").reason, "FLOATING");
  ASSERT_TRUE(Return(far).ok());
  EXPECT_EQ(after_.floating(), v1::FLOATING_UNSPECIFIED);
  EXPECT_FALSE(after_.has_floating_date());
  EXPECT_EQ(Return(far).reason, "NOT_FLOATING");
  ASSERT_TRUE(Return(outside).ok());
  EXPECT_THAT(Totals("370784"), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(List("370784", "floating = IN"), IsEmpty());

  // Who moves to where it floats is at home there.
  auto move = On<v1::MoveMemberRequest>(near);
  move.set_unit("units/A2");
  ASSERT_TRUE(Do(&v1::MemberService::Stub::MoveMember, move).ok());
  EXPECT_EQ(after_.floating(), v1::FLOATING_UNSPECIFIED);
  EXPECT_THAT(Totals("A2"), ElementsAre(2, 0, 0, 0, 0));
  Audit();
}

TEST_F(MemberLifeTest, FloatingIsRefusedWhereItCannotBe) {
  const v1::Member made = Create(11, "A1");
  EXPECT_THAT(Float(made, "A1").fields, ElementsAre("unit"));
  EXPECT_EQ(Float(made, "370783104").reason, "UNIT_HOLDS_NO_MEMBERS");
  EXPECT_EQ(Float(made, "NOWHERE").code, grpc::StatusCode::NOT_FOUND);
  // Outside the caller's scope nothing is there, on neither side.
  Grant("a-officer", common::v1::ROLE_OFFICER, "370783");
  Grant("b-officer", common::v1::ROLE_OFFICER, "370784");
  EXPECT_EQ(Float(made, "B1", "a-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Float(made, "B1", "b-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Float(made, "A2", "a-officer").ok());
  // A unit in which somebody floats is not dissolved.
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/A2");
  v1::Unit unit;
  EXPECT_THAT(Read(units_->DissolveUnit(Admin().get(), dissolve, &unit)).everything, HasSubstr("HAS_MEMBERS"));
  ASSERT_TRUE(Return(made).ok());
  EXPECT_TRUE(Read(units_->DissolveUnit(Admin().get(), dissolve, &unit)).ok());
}

TEST_F(MemberLifeTest, WhoLeavesIsKeptUncountedAndComesBack) {
  const v1::Member full = Create(12, "A1");
  const v1::Member newcomer = Newcomer(13, "A1");
  const v1::Member third = Create(14, "A2");
  EXPECT_THAT(Leave(full, v1::LEAVE_REASON_UNSPECIFIED).fields, ElementsAre("reason"));
  EXPECT_EQ(Leave(full, v1::LEAVE_REASON_PROBATION_CANCELLED).reason, "MEMBER_STATE");
  ASSERT_TRUE(Float(full, "A2").ok());
  ASSERT_TRUE(Leave(full, v1::LEAVE_REASON_RESIGNED).ok());
  EXPECT_EQ(after_.status(), v1::MEMBER_STATUS_LEFT);
  EXPECT_EQ(after_.leave_reason(), v1::LEAVE_REASON_RESIGNED);
  EXPECT_TRUE(after_.has_leave_date());
  EXPECT_EQ(after_.floating(), v1::FLOATING_UNSPECIFIED);
  ASSERT_TRUE(Leave(newcomer, v1::LEAVE_REASON_PROBATION_CANCELLED).ok());
  EXPECT_EQ(after_.status(), v1::MEMBER_STATUS_LEFT);
  ASSERT_TRUE(Leave(third, v1::LEAVE_REASON_DECEASED).ok());
  EXPECT_EQ(after_.status(), v1::MEMBER_STATUS_DECEASED);
  EXPECT_THAT(Totals("3707"), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(List("3707", ""), IsEmpty());
  EXPECT_THAT(List("3707", "status = LEFT"), UnorderedElementsAre(full.name(), newcomer.name()));
  EXPECT_THAT(List("3707", "status = DECEASED"), ElementsAre(third.name()));
  Audit();

  // Nothing but a restoration happens to them.
  EXPECT_EQ(Float(full, "A2").reason, "MEMBER_STATE");
  EXPECT_EQ(Confirm(newcomer).reason, "MEMBER_STATE");
  v1::UpdateMemberRequest update;
  update.mutable_member()->set_name(full.name());
  update.mutable_member()->set_phone("0536-7654321");
  const Said refused = Do(&v1::MemberService::Stub::UpdateMember, update);
  EXPECT_EQ(refused.reason, "MEMBER_STATE");
  EXPECT_THAT(refused.everything, HasSubstr("allowed now: restore"));
  // The person is known all the same.
  EXPECT_EQ(TryCreate(Person(12, "B1")).reason, "DUPLICATE_PERSON");
  // A unit whose members have all left can be dissolved; they are restored elsewhere.
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/A1");
  v1::Unit unit;
  EXPECT_THAT(Read(units_->DissolveUnit(Admin().get(), dissolve, &unit)).everything, HasSubstr("HAS_UNITS"));
  dissolve.set_name("units/A2");
  ASSERT_TRUE(Read(units_->DissolveUnit(Admin().get(), dissolve, &unit)).ok());
  EXPECT_EQ(Restore(third).reason, "UNIT_DISSOLVED");
  EXPECT_EQ(Restore(third, "B1").reason, "OTHER_COUNTY");
  ASSERT_TRUE(Restore(third, "A1").ok());
  EXPECT_EQ(after_.unit(), "units/A1");
  EXPECT_EQ(after_.status(), v1::MEMBER_STATUS_FULL);
  EXPECT_EQ(after_.leave_reason(), v1::LEAVE_REASON_UNSPECIFIED);
  ASSERT_TRUE(Restore(newcomer).ok());
  EXPECT_EQ(after_.status(), v1::MEMBER_STATUS_PROBATIONARY);
  EXPECT_EQ(Restore(newcomer).reason, "MEMBER_STATE");
  EXPECT_THAT(Totals("3707"), ElementsAre(1, 1, 0, 0, 0));
  Audit();
}

TEST_F(MemberLifeTest, TheHistoryTellsEverythingButPersonalData) {
  const v1::Member made = Create(10, "A1");
  ASSERT_TRUE(Confirm(made).ok());
  ASSERT_TRUE(Float(made, "B1").ok());
  v1::UpdateMemberRequest update;
  update.mutable_member()->set_name(made.name());
  update.mutable_member()->set_phone("0536-7654321");
  ASSERT_TRUE(Do(&v1::MemberService::Stub::UpdateMember, update).ok());
  ASSERT_TRUE(Leave(made, v1::LEAVE_REASON_MOVED_OUTSIDE).ok());
  v1::ListMemberHistoryRequest request;
  request.set_parent(made.name());
  request.set_page_size(2);
  std::vector<std::string> actions;
  std::vector<v1::MemberVersion> versions;
  v1::ListMemberHistoryResponse page;
  do {
    ASSERT_TRUE(Read(members_->ListMemberHistory(Admin().get(), request, &page)).ok());
    for (const v1::MemberVersion& version : page.versions()) {
      EXPECT_EQ(version.version(), static_cast<int64_t>(versions.size()) + 1);
      actions.push_back(version.action());
      versions.push_back(version);
      EXPECT_THAT(version.actor(), HasSubstr("administrator"));
    }
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_THAT(actions, ElementsAre("create", "confirm", "float", "update", "leave"));
  EXPECT_EQ(versions[0].status(), v1::MEMBER_STATUS_PROBATIONARY);
  EXPECT_THAT(versions[1].fields(), ElementsAre("status", "full_date"));
  EXPECT_EQ(versions[2].floating_unit(), "units/B1");
  EXPECT_THAT(versions[3].fields(), ElementsAre("phone"));
  EXPECT_EQ(versions[4].status(), v1::MEMBER_STATUS_MOVED_OUTSIDE);
  EXPECT_EQ(versions[4].leave_reason(), v1::LEAVE_REASON_MOVED_OUTSIDE);
  EXPECT_FALSE(versions[4].has_end_time());
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(versions[i].end_time().SerializeAsString(), versions[i + 1].start_time().SerializeAsString());
  }
  Grant("b-officer", common::v1::ROLE_OFFICER, "370784");
  request.clear_page_token();
  EXPECT_EQ(Read(members_->ListMemberHistory(As("b-officer").get(), request, &page)).code, grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace ronghe::organization
