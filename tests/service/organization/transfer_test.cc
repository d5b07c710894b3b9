#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "services/common/sql/database.h"
#include "tests/service/organization/transfer_fixture.h"
#include "tests/support/eventually.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_F(TransferTest, BetweenCountiesTheSourceCountsUntilTheTargetAccepts) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "B1").ok());
  EXPECT_EQ(transfer_.state(), v1::TRANSFER_STATE_APPLIED);
  EXPECT_EQ(transfer_.source_unit(), "units/A1");
  EXPECT_EQ(transfer_.full_name(), "王**");
  const std::vector<std::string> levels = {"3707", "370783", "370784", "A1", "B1"};
  using Pair = std::pair<int64_t, int64_t>;
  EXPECT_THAT(Totals(levels, transfer_.revision()),
              ElementsAre(Pair{1, 1}, Pair{1, 1}, Pair{0, 0}, Pair{1, 1}, Pair{0, 0}));
  EXPECT_THAT(Worklist("370783", "worklist = TO_DO", "a-officer"), ElementsAre(transfer_.name()));
  EXPECT_THAT(Worklist("370784", "worklist = TO_DO", "b-officer"), IsEmpty());
  EXPECT_THAT(Worklist("370784", "worklist = WAITING", "b-officer"), ElementsAre(transfer_.name()));
  EXPECT_EQ(Accept().reason, "TRANSFER_STATE");
  EXPECT_EQ(Release("b-officer").reason, "NOT_YOUR_SIDE");
  ASSERT_TRUE(Release().ok());
  EXPECT_FALSE(transfer_.letter_number().empty());
  EXPECT_TRUE(transfer_.has_expire_date());
  EXPECT_THAT(Worklist("370783", "worklist = WAITING", "a-officer"), ElementsAre(transfer_.name()));
  EXPECT_THAT(Worklist("370784", "worklist = TO_DO AND side = TARGET", "b-officer"), ElementsAre(transfer_.name()));
  EXPECT_THAT(Totals(levels, transfer_.revision()),
              ElementsAre(Pair{1, 1}, Pair{1, 1}, Pair{0, 0}, Pair{1, 1}, Pair{0, 0}));
  EXPECT_EQ(Accept("a-officer").reason, "NOT_YOUR_SIDE");
  ASSERT_TRUE(Accept("b-officer", kRequestId).ok());
  const std::string etag = transfer_.etag();
  ASSERT_TRUE(Accept("b-officer", kRequestId).ok());
  EXPECT_EQ(transfer_.etag(), etag);
  EXPECT_EQ(transfer_.state(), v1::TRANSFER_STATE_ACCEPTED);
  EXPECT_EQ(transfer_.steps_size(), 3);
  EXPECT_THAT(Totals(levels, transfer_.revision()),
              ElementsAre(Pair{1, 0}, Pair{0, 0}, Pair{1, 0}, Pair{0, 0}, Pair{1, 0}));
  // The name stays, and is the other county's now.
  v1::GetMemberRequest get;
  get.set_name(made.name());
  v1::Member member;
  ASSERT_TRUE(Read(members_->GetMember(As("b-officer").get(), get, &member)).ok());
  EXPECT_EQ(member.unit(), "units/B1");
  EXPECT_EQ(Read(members_->GetMember(As("a-officer").get(), get, &member)).code, grpc::StatusCode::NOT_FOUND);
  v1::ListMembersRequest list;
  list.set_parent("units/370784");
  list.set_subtree(true);
  v1::ListMembersResponse listed;
  ASSERT_TRUE(Read(members_->ListMembers(As("b-officer").get(), list, &listed)).ok());
  ASSERT_EQ(listed.members_size(), 1);
  EXPECT_EQ(listed.members(0).name(), made.name());
  Audit();
  // And back again.
  ASSERT_TRUE(Apply(made, "A2", "b-officer").ok());
  ASSERT_TRUE(Release("b-officer").ok());
  ASSERT_TRUE(Accept("a-officer").ok());
  EXPECT_EQ(Get(made.name()).unit(), "units/A2");
  ASSERT_TRUE(Read(members_->ListMembers(As("b-officer").get(), list, &listed)).ok());
  EXPECT_EQ(listed.members_size(), 0);
  Audit();
}

TEST_F(TransferTest, OneThatStaysBelowAUnitIsListedOnceThere) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "A2", "a-officer").ok());
  const auto listed = [&](const std::string& parent, const std::string& filter) {
    v1::ListTransfersRequest list;
    list.set_parent("units/" + parent);
    list.set_filter(filter);
    v1::ListTransfersResponse page;
    EXPECT_TRUE(Read(members_->ListTransfers(Admin().get(), list, &page)).ok());
    return page.transfers_size();
  };
  EXPECT_EQ(listed("370783", ""), 1);
  EXPECT_EQ(listed("A1", ""), 1);
  EXPECT_EQ(listed("A2", ""), 1);
  EXPECT_EQ(listed("370783", "side = TARGET"), 1);
  EXPECT_EQ(listed("370783", "side = SOURCE"), 1);
  EXPECT_EQ(listed("370784", ""), 0);
}

TEST_F(TransferTest, OneIsOpenAtATimeAndHoldsTheMember) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "B1", "a-officer", kRequestId).ok());
  const std::string name = transfer_.name();
  ASSERT_TRUE(Apply(made, "B1", "a-officer", kRequestId).ok());
  EXPECT_EQ(transfer_.name(), name);
  EXPECT_EQ(Apply(made, "A2").reason, "TRANSFER_OPEN");
  v1::MoveMemberRequest move;
  move.set_name(made.name());
  move.set_unit("units/A2");
  v1::Member after;
  EXPECT_EQ(Read(members_->MoveMember(Admin().get(), move, &after)).reason, "TRANSFER_OPEN");
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/B1");
  v1::Unit unit;
  EXPECT_THAT(Read(units_->DissolveUnit(Admin().get(), dissolve, &unit)).everything, HasSubstr("HAS_TRANSFERS"));
  ASSERT_TRUE(Withdraw().ok());
  EXPECT_EQ(Withdraw().reason, "TRANSFER_STATE");
  EXPECT_TRUE(Read(members_->MoveMember(Admin().get(), move, &after)).ok());
  EXPECT_TRUE(Read(units_->DissolveUnit(Admin().get(), dissolve, &unit)).ok());
}

TEST_F(TransferTest, EitherSideReturnsWithAReason) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "B1").ok());
  EXPECT_EQ(Return(v1::TRANSFER_RETURN_REASON_WRONG_UNIT, "b-officer").reason, "NOT_YOUR_SIDE");
  EXPECT_THAT(Return(v1::TRANSFER_RETURN_REASON_UNSPECIFIED, "a-officer").fields, ElementsAre("reason"));
  ASSERT_TRUE(Return(v1::TRANSFER_RETURN_REASON_INCOMPLETE_DOCUMENTS, "a-officer").ok());
  ASSERT_TRUE(Apply(made, "B1").ok());
  ASSERT_TRUE(Release().ok());
  ASSERT_TRUE(Return(v1::TRANSFER_RETURN_REASON_WRONG_UNIT).ok());
  EXPECT_EQ(transfer_.return_reason(), v1::TRANSFER_RETURN_REASON_WRONG_UNIT);
  EXPECT_EQ(Get(made.name()).unit(), "units/A1");
}

TEST_F(TransferTest, ALetterExpiresByItself) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "B1").ok());
  ASSERT_TRUE(Release().ok());
  const auto database = common::sql::OpenDatabase(config_.database).value();
  Must(database->Write(absl::InfiniteFuture(), [](common::sql::Session& session) {
    return session.Execute({"test", "UPDATE timer SET due_us = 1, attempt_us = 1"}).status();
  }));
  EXPECT_TRUE(Eventually([&] { return Worklist("370783", "worklist = EXPIRED", "a-officer").size() == 1; }));
  EXPECT_EQ(Look(transfer_.name()).steps(2).actor(), "timer");
  EXPECT_EQ(Accept().reason, "TRANSFER_STATE");
  EXPECT_THAT(Totals({"3707", "A1"}),
              ElementsAre(std::pair<int64_t, int64_t>{1, 0}, std::pair<int64_t, int64_t>{1, 0}));
  EXPECT_TRUE(Apply(made, "B1").ok());
  Audit();
  // A letter is not good for longer because the clock has not been looked at since.
  ASSERT_TRUE(Release().ok());
  Must(database->Write(absl::InfiniteFuture(), [](common::sql::Session& session) {
    return session.Execute({"test", "UPDATE transfer SET expire_day = expire_day - 90 WHERE state = 2"}).status();
  }));
  const Said late = Accept();
  EXPECT_EQ(late.code, grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(late.reason, "LETTER_EXPIRED");
  EXPECT_EQ(Get(made.name()).unit(), "units/A1");
  EXPECT_TRUE(Return(v1::TRANSFER_RETURN_REASON_NOT_REPORTED).ok());
}

TEST_F(TransferTest, ToOutsideAndBackUnderTheSameName) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "").ok());
  ASSERT_TRUE(Release().ok());
  ASSERT_TRUE(Accept("a-officer").ok());
  EXPECT_EQ(Get(made.name()).status(), v1::MEMBER_STATUS_MOVED_OUTSIDE);
  using Pair = std::pair<int64_t, int64_t>;
  EXPECT_THAT(Totals({"3707"}, transfer_.revision()), ElementsAre(Pair{0, 0}));

  EXPECT_EQ(Receive("B1", "a-officer").code, grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(Receive("B1").ok());
  EXPECT_EQ(transfer_.state(), v1::TRANSFER_STATE_RELEASED);
  EXPECT_THAT(Accept().fields, ElementsAre("member"));
  ASSERT_TRUE(AcceptPerson(Person(11, "B1")).ok());
  EXPECT_EQ(transfer_.member(), made.name());
  EXPECT_EQ(Get(made.name()).unit(), "units/B1");
  EXPECT_THAT(Totals({"3707", "370784"}, transfer_.revision()), ElementsAre(Pair{1, 0}, Pair{1, 0}));
  Audit();
}

// At every position that anybody can see, every level has as many members as there are.
TEST_F(TransferTest, TotalsAreConservedUnderConcurrentTransfers) {
  constexpr int kThreads = 32;
  std::vector<v1::Member> people;
  for (int i = 0; i < kThreads; ++i) people.push_back(Create(100 + i, i % 2 == 0 ? "A1" : "B1"));
  Totals({"3707"}, people.back().revision());
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      const auto call = [&](auto method, auto request, v1::Transfer& answer) {
        const grpc::Status status = ((*members_).*method)(Admin().get(), request, &answer);
        EXPECT_TRUE(status.ok()) << status.error_message();
      };
      v1::CreateTransferRequest apply;
      apply.mutable_transfer()->set_member(people[i].name());
      apply.mutable_transfer()->set_target_unit(i % 2 == 0 ? "units/B1" : "units/A1");
      v1::Transfer transfer;
      call(&v1::MemberService::Stub::CreateTransfer, apply, transfer);
      v1::ReleaseTransferRequest release;
      release.set_name(transfer.name());
      call(&v1::MemberService::Stub::ReleaseTransfer, release, transfer);
      v1::AcceptTransferRequest accept;
      accept.set_name(transfer.name());
      call(&v1::MemberService::Stub::AcceptTransfer, accept, transfer);
      ++done;
    });
  }
  int seen = 0;
  while (done < kThreads) {
    const auto totals = Totals({"3707", "370783", "370784"});
    EXPECT_EQ(totals[0].first, kThreads);
    EXPECT_EQ(totals[1].first + totals[2].first, kThreads);
    EXPECT_EQ(totals[1].second + totals[2].second, totals[0].second);
    ++seen;
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(seen, 3);
  Audit();
  EXPECT_EQ(Worklist("A1", "state = ACCEPTED AND side = TARGET", "administrator").size(), kThreads / 2u);
}

}  // namespace
}  // namespace ronghe::organization
