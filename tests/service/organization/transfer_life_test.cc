// Members whose home lies in another county than their rows, and what reorganizations do to transfers.
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/service/organization/transfer_fixture.h"
#include "tests/support/eventually.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Pair = std::pair<int64_t, int64_t>;

class TransferLifeTest : public TransferTest {
 protected:
  v1::Post MakePost(const std::string& unit, v1::PostKind kind) {
    v1::CreatePostRequest request;
    request.mutable_post()->set_unit("units/" + unit);
    request.mutable_post()->set_kind(kind);
    request.mutable_post()->set_seats(1);
    v1::Post post;
    const Said said = Read(posts_->CreatePost(Admin().get(), request, &post));
    EXPECT_TRUE(said.ok()) << said.everything;
    return post;
  }
  Said Appoint(const v1::Post& post, const v1::Member& member, v1::Appointment& made) {
    v1::CreateAppointmentRequest request;
    request.mutable_appointment()->set_post(post.name());
    request.mutable_appointment()->set_member(member.name());
    request.mutable_appointment()->set_basis(v1::APPOINTMENT_BASIS_APPOINTED);
    return Read(posts_->CreateAppointment(Admin().get(), request, &made));
  }
  v1::AppointmentState StateOf(const v1::Appointment& appointment) {
    v1::GetAppointmentRequest request;
    request.set_name(appointment.name());
    v1::Appointment now;
    EXPECT_TRUE(Read(posts_->GetAppointment(Admin().get(), request, &now)).ok());
    return now.state();
  }
  Said Leave(const v1::Member& member, v1::LeaveReason reason) {
    v1::LeaveMemberRequest leave;
    leave.set_name(member.name());
    leave.set_reason(reason);
    v1::Member after;
    return Read(members_->LeaveMember(Admin().get(), leave, &after));
  }
  std::vector<std::string> Search(const std::string& unit, const std::string& name, const std::string& subject) {
    v1::SearchMembersRequest search;
    search.set_parent("units/" + unit);
    search.set_full_name(name);
    search.set_purpose("核对名册");
    v1::SearchMembersResponse found;
    Said said;
    EXPECT_TRUE(Eventually([&] {
      said = Read(members_->SearchMembers(As(subject).get(), search, &found));
      return said.reason != "INDEX_BEING_BUILT";
    }));
    EXPECT_TRUE(said.ok()) << said.everything;
    std::vector<std::string> names;
    for (const v1::Member& member : found.members()) names.push_back(member.name());
    return names;
  }
};

TEST_F(TransferLifeTest, PostsOfTheOldCountyEndAndTheNewOneGivesItsOwn) {
  const v1::Member made = Create(11, "A1");
  const v1::Post old_post = MakePost("A2", v1::POST_KIND_DEPUTY_SECRETARY);
  const v1::Post next_post = MakePost("B1", v1::POST_KIND_DEPUTY_SECRETARY);
  v1::Appointment held;
  ASSERT_TRUE(Appoint(old_post, made, held).ok());
  v1::Appointment refused;
  EXPECT_EQ(Appoint(next_post, made, refused).reason, "OTHER_COUNTY");
  Bring(made, "B1");
  EXPECT_EQ(StateOf(held), v1::APPOINTMENT_STATE_ENDED);
  EXPECT_EQ(Appoint(old_post, made, refused).reason, "OTHER_COUNTY");
  v1::Appointment next;
  const Said said = Appoint(next_post, made, next);
  ASSERT_TRUE(said.ok()) << said.everything;
  Audit();
  // What it holds there ends where it leaves, dies, or goes on.
  ASSERT_TRUE(Leave(made, v1::LEAVE_REASON_RESIGNED).ok());
  EXPECT_EQ(StateOf(next), v1::APPOINTMENT_STATE_ENDED);
  Audit();
}

TEST_F(TransferLifeTest, WhoHasComeLivesThereLikeEverybody) {
  Unit("B2", "LEVEL_BRANCH", v1::UNIT_KIND_BRANCH, "370784");
  const v1::Member made = Create(11, "A1");
  const v1::Member native = Create(12, "B1");
  Bring(made, "B1");
  // Found and listed where it is, and nowhere else.
  EXPECT_THAT(Search("370784", "王测试1", "b-officer"), UnorderedElementsAre(made.name(), native.name()));
  EXPECT_THAT(Search("370783", "王测试1", "a-officer"), IsEmpty());
  EXPECT_THAT(MembersOf("370784", "b-officer"), UnorderedElementsAre(made.name(), native.name()));
  EXPECT_THAT(MembersOf("370783", "a-officer"), IsEmpty());
  // Moves inside its county, and not out of it.
  v1::MoveMemberRequest move;
  move.set_name(made.name());
  move.set_unit("units/B2");
  v1::Member after;
  ASSERT_TRUE(Read(members_->MoveMember(As("b-officer").get(), move, &after)).ok());
  EXPECT_THAT(MembersOf("B2"), ElementsAre(made.name()));
  move.set_unit("units/A1");
  EXPECT_EQ(Read(members_->MoveMember(Admin().get(), move, &after)).reason, "OTHER_COUNTY");
  // Its branch is not dissolved while it lives there.
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/B2");
  v1::Unit unit;
  EXPECT_THAT(Read(units_->DissolveUnit(Admin().get(), dissolve, &unit)).everything, HasSubstr("HAS_MEMBERS"));
  // Leaves, is kept, comes back.
  ASSERT_TRUE(Leave(made, v1::LEAVE_REASON_RESIGNED).ok());
  EXPECT_THAT(MembersOf("370784"), ElementsAre(native.name()));
  EXPECT_THAT(MembersOf("370784", "b-officer", "status = LEFT"), ElementsAre(made.name()));
  EXPECT_THAT(MembersOf("370783", "a-officer", "status = LEFT"), IsEmpty());
  v1::RestoreMemberRequest restore;
  restore.set_name(made.name());
  restore.set_unit("units/B1");
  ASSERT_TRUE(Read(members_->RestoreMember(As("b-officer").get(), restore, &after)).ok());
  EXPECT_THAT(MembersOf("B1"), UnorderedElementsAre(made.name(), native.name()));
  EXPECT_THAT(Totals({"3707", "370783", "370784", "B1", "B2"}, after.revision()),
              ElementsAre(Pair{2, 0}, Pair{0, 0}, Pair{2, 0}, Pair{2, 0}, Pair{0, 0}));
  // Home again.
  Bring(made, "A2");
  EXPECT_THAT(MembersOf("370783"), ElementsAre(made.name()));
  EXPECT_THAT(MembersOf("370784"), ElementsAre(native.name()));
  EXPECT_THAT(Search("370783", "王测试11", "a-officer"), ElementsAre(made.name()));
  EXPECT_THAT(Search("370784", "王测试11", "b-officer"), IsEmpty());
  Audit();
}

TEST_F(TransferLifeTest, WhoFloatsAtTheTargetIsAtHomeThere) {
  const v1::Member made = Create(11, "A1");
  v1::FloatMemberRequest away;
  away.set_name(made.name());
  away.set_unit("units/B1");
  v1::Member after;
  ASSERT_TRUE(Read(members_->FloatMember(Admin().get(), away, &after)).ok());
  Bring(made, "B1");
  EXPECT_EQ(Get(made.name()).floating(), v1::FLOATING_UNSPECIFIED);
  EXPECT_THAT(MembersOf("370784"), ElementsAre(made.name()));
  Audit();
}

TEST_F(TransferLifeTest, WhoHasLeftComesBackFromOutsideIntoAnotherCounty) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Leave(made, v1::LEAVE_REASON_RESIGNED).ok());
  ASSERT_TRUE(Receive("B1").ok());
  const Said said = AcceptPerson(Person(11, "B1"));
  ASSERT_TRUE(said.ok()) << said.everything;
  EXPECT_EQ(transfer_.member(), made.name());
  EXPECT_EQ(Get(made.name()).status(), v1::MEMBER_STATUS_FULL);
  EXPECT_THAT(MembersOf("370784", "b-officer"), ElementsAre(made.name()));
  EXPECT_THAT(Totals({"3707", "370783", "370784"}, transfer_.revision()),
              ElementsAre(Pair{1, 0}, Pair{0, 0}, Pair{1, 0}));
  Audit();
}

TEST_F(TransferLifeTest, OpenTransfersFollowInAMerger) {
  Unit("A3", "LEVEL_BRANCH", v1::UNIT_KIND_BRANCH, "370783104");
  Unit("B2", "LEVEL_BRANCH", v1::UNIT_KIND_BRANCH, "370784");
  const v1::Member goes = Create(11, "A1");
  const v1::Member inside = Create(12, "A1");
  ASSERT_TRUE(Apply(goes, "B1").ok());
  ASSERT_TRUE(Release().ok());
  const std::string going = transfer_.name();
  ASSERT_TRUE(Apply(inside, "A2").ok());
  const std::string between = transfer_.name();
  // Both sides of `going` become others; those of `between` become one.
  Said said = Merge("A1", "A2");
  ASSERT_TRUE(said.ok()) << said.everything;
  said = Merge("B1", "B2");
  ASSERT_TRUE(said.ok()) << said.everything;
  EXPECT_EQ(Look(going).source_unit(), "units/A2");
  EXPECT_EQ(Look(going).target_unit(), "units/B2");
  EXPECT_EQ(Look(going).state(), v1::TRANSFER_STATE_RELEASED);
  EXPECT_EQ(Look(between).state(), v1::TRANSFER_STATE_WITHDRAWN);
  EXPECT_THAT(Worklist("370784", "worklist = TO_DO", "b-officer"), ElementsAre(going));
  EXPECT_THAT(Worklist("B1", "", "b-officer"), IsEmpty());
  EXPECT_THAT(Worklist("A2", "worklist = WAITING", "a-officer"), ElementsAre(going));
  EXPECT_THAT(Totals({"3707", "A1", "A2", "B2"}), ElementsAre(Pair{2, 1}, Pair{0, 0}, Pair{2, 1}, Pair{0, 0}));
  Audit();
  // The one is free again, the other arrives.
  ASSERT_TRUE(Apply(inside, "A3").ok());
  transfer_ = Look(going);
  said = Accept();
  ASSERT_TRUE(said.ok()) << said.everything;
  EXPECT_EQ(Get(goes.name()).unit(), "units/B2");
  Audit();
}

TEST_F(TransferLifeTest, AMergerAcrossCountiesTakesMembersPostsAndTransfersAlong) {
  const v1::Member stays = Create(11, "A1");
  const v1::Member has_come = Create(12, "B1");
  const v1::Member floats = Create(13, "A2");
  Bring(has_come, "A1");
  v1::FloatMemberRequest away;
  away.set_name(floats.name());
  away.set_unit("units/A1");
  v1::Member after;
  ASSERT_TRUE(Read(members_->FloatMember(Admin().get(), away, &after)).ok());
  ASSERT_TRUE(Apply(stays, "A2").ok());
  const std::string open = transfer_.name();
  v1::Appointment held;
  ASSERT_TRUE(Appoint(MakePost("A2", v1::POST_KIND_DEPUTY_SECRETARY), stays, held).ok());
  const Said said = Merge("A1", "B1");
  ASSERT_TRUE(said.ok()) << said.everything;
  EXPECT_THAT(MembersOf("370784", "b-officer"), UnorderedElementsAre(stays.name(), has_come.name()));
  EXPECT_THAT(MembersOf("370783", "a-officer"), ElementsAre(floats.name()));
  EXPECT_EQ(Get(floats.name()).floating_unit(), "units/B1");
  EXPECT_EQ(Look(open).source_unit(), "units/B1");
  EXPECT_EQ(StateOf(held), v1::APPOINTMENT_STATE_ENDED);
  EXPECT_THAT(Totals({"3707", "370783", "370784"}), ElementsAre(Pair{3, 1}, Pair{1, 0}, Pair{2, 1}));
  Audit();
  transfer_ = Look(open);
  ASSERT_TRUE(Release("b-officer").ok());
  ASSERT_TRUE(Accept("a-officer").ok());
  EXPECT_EQ(Get(stays.name()).unit(), "units/A2");
  Audit();
}

}  // namespace
}  // namespace ronghe::organization
