#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "services/common/sql/database.h"
#include "tests/service/organization/member_fixture.h"
#include "tests/support/eventually.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr const char* kRequestId = "4a1c7a52-2f5b-4a53-9d0b-5a1d3b6f7c11";

class TransferTest : public MemberServiceTest {
 protected:
  void SetUp() override {
    MemberServiceTest::SetUp();
    Grant("a-officer", common::v1::ROLE_OFFICER, "370783");
    Grant("b-officer", common::v1::ROLE_OFFICER, "370784");
  }

  template <typename Request>
  using Method = grpc::Status (v1::MemberService::Stub::*)(grpc::ClientContext*, const Request&, v1::Transfer*);
  // Keeps the answer in `transfer_`.
  template <typename Request>
  Said Do(Method<Request> method, const Request& request, const std::string& subject) {
    v1::Transfer answer;
    const Said said = Read(((*members_).*method)(As(subject).get(), request, &answer));
    if (said.ok()) transfer_ = answer;
    return said;
  }
  Said Apply(const v1::Member& member, const std::string& target, const std::string& subject = "a-officer",
             const std::string& request_id = "") {
    v1::CreateTransferRequest request;
    request.mutable_transfer()->set_member(member.name());
    if (!target.empty()) request.mutable_transfer()->set_target_unit("units/" + target);
    if (target.empty()) request.mutable_transfer()->set_outside_organization("某市直机关工委");
    request.set_request_id(request_id);
    return Do(&v1::MemberService::Stub::CreateTransfer, request, subject);
  }
  template <typename Request>
  Request Named(const std::string& request_id = "") {
    Request request;
    request.set_name(transfer_.name());
    request.set_request_id(request_id);
    return request;
  }
  Said Release(const std::string& subject = "a-officer") {
    return Do(&v1::MemberService::Stub::ReleaseTransfer, Named<v1::ReleaseTransferRequest>(), subject);
  }
  Said Accept(const std::string& subject = "b-officer", const std::string& request_id = "") {
    return Do(&v1::MemberService::Stub::AcceptTransfer, Named<v1::AcceptTransferRequest>(request_id), subject);
  }
  Said Withdraw(const std::string& subject = "a-officer") {
    return Do(&v1::MemberService::Stub::WithdrawTransfer, Named<v1::WithdrawTransferRequest>(), subject);
  }
  Said Return(v1::TransferReturnReason reason, const std::string& subject = "b-officer") {
    auto request = Named<v1::ReturnTransferRequest>();
    request.set_reason(reason);
    return Do(&v1::MemberService::Stub::ReturnTransfer, request, subject);
  }
  std::vector<std::string> Worklist(const std::string& unit, const std::string& filter, const std::string& subject) {
    v1::ListTransfersRequest request;
    request.set_parent("units/" + unit);
    request.set_filter(filter);
    request.set_page_size(1);
    std::vector<std::string> names;
    v1::ListTransfersResponse page;
    do {
      const Said said = Read(members_->ListTransfers(As(subject).get(), request, &page));
      EXPECT_TRUE(said.ok()) << said.everything;
      for (const v1::Transfer& transfer : page.transfers()) names.push_back(transfer.name());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return names;
  }
  // members, transfers in flight, of several units at one position.
  std::vector<std::pair<int64_t, int64_t>> Totals(const std::vector<std::string>& units,
                                                  const std::string& revision = "") {
    common::v1::BatchGetSummariesRequest request;
    for (const std::string& unit : units) request.add_units("units/" + unit);
    if (!revision.empty()) request.add_min_revision(revision);
    v1::BatchGetSummariesResponse response;
    const Said said = Read(units_->BatchGetSummaries(Admin().get(), request, &response));
    EXPECT_TRUE(said.ok()) << said.everything;
    std::map<std::string, std::pair<int64_t, int64_t>> by_unit;
    for (const v1::UnitSummary& summary : response.summaries()) {
      by_unit[summary.unit()] = {summary.total().members(), summary.total().transfers_in_flight()};
    }
    std::vector<std::pair<int64_t, int64_t>> totals;
    for (const std::string& unit : units) totals.push_back(by_unit["units/" + unit]);
    return totals;
  }
  void Audit() {
    common::v1::AuditSummariesResponse response;
    const Said said = Read(units_->AuditSummaries(Admin().get(), {}, &response));
    ASSERT_TRUE(said.ok()) << said.everything;
    EXPECT_THAT(response.differences(), IsEmpty()) << response.DebugString();
  }

  v1::Transfer transfer_;
};

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
  EXPECT_THAT(Worklist("370783", "worklist = TODO", "a-officer"), ElementsAre(transfer_.name()));
  EXPECT_THAT(Worklist("370784", "worklist = TODO", "b-officer"), IsEmpty());
  EXPECT_THAT(Worklist("370784", "worklist = WAITING", "b-officer"), ElementsAre(transfer_.name()));
  EXPECT_EQ(Accept().reason, "TRANSFER_STATE");
  EXPECT_EQ(Release("b-officer").reason, "NOT_YOUR_SIDE");
  ASSERT_TRUE(Release().ok());
  EXPECT_FALSE(transfer_.letter_number().empty());
  EXPECT_TRUE(transfer_.has_expire_date());
  EXPECT_THAT(Worklist("370783", "worklist = WAITING", "a-officer"), ElementsAre(transfer_.name()));
  EXPECT_THAT(Worklist("370784", "worklist = TODO AND side = TARGET", "b-officer"), ElementsAre(transfer_.name()));
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
    return session.Execute({"test", "UPDATE timer SET due_us = 1"}).status();
  }));
  EXPECT_TRUE(tests::Eventually([&] { return Worklist("370783", "worklist = EXPIRED", "a-officer").size() == 1; }));
  EXPECT_EQ(Accept().reason, "TRANSFER_STATE");
  EXPECT_TRUE(Apply(made, "B1").ok());
}

TEST_F(TransferTest, ToOutsideAndBackUnderTheSameName) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "").ok());
  ASSERT_TRUE(Release().ok());
  ASSERT_TRUE(Accept("a-officer").ok());
  EXPECT_EQ(Get(made.name()).status(), v1::MEMBER_STATUS_MOVED_OUTSIDE);
  using Pair = std::pair<int64_t, int64_t>;
  EXPECT_THAT(Totals({"3707"}, transfer_.revision()), ElementsAre(Pair{0, 0}));

  v1::CreateTransferRequest request;
  request.mutable_transfer()->set_target_unit("units/B1");
  request.mutable_transfer()->set_outside_organization("某市直机关工委");
  request.mutable_transfer()->set_letter_number("2026-17");
  const absl::CivilDay today = absl::ToCivilDay(common::SystemClock().Now(), absl::FixedTimeZone(8 * 3600)) - 1;
  Set(DateParts::Of(today), *request.mutable_transfer()->mutable_letter_date());
  EXPECT_EQ(Do(&v1::MemberService::Stub::CreateTransfer, request, "a-officer").code, grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(Do(&v1::MemberService::Stub::CreateTransfer, request, "b-officer").ok());
  EXPECT_EQ(transfer_.state(), v1::TRANSFER_STATE_RELEASED);
  EXPECT_THAT(Accept().fields, ElementsAre("member"));
  auto accept = Named<v1::AcceptTransferRequest>();
  *accept.mutable_member() = Person(11, "B1");
  accept.mutable_member()->clear_unit();
  ASSERT_TRUE(Do(&v1::MemberService::Stub::AcceptTransfer, accept, "b-officer").ok());
  EXPECT_EQ(transfer_.member(), made.name());
  EXPECT_EQ(Get(made.name()).unit(), "units/B1");
  EXPECT_THAT(Totals({"3707", "370784"}, transfer_.revision()), ElementsAre(Pair{1, 0}, Pair{1, 0}));
  Audit();
}

TEST_F(TransferTest, WhoIsOnNeitherSideSeesNothing) {
  const v1::Member made = Create(11, "A1");
  Unit("370785", "LEVEL_COUNTY", v1::UNIT_KIND_COMMITTEE, "3707");
  Grant("c-officer", common::v1::ROLE_OFFICER, "370785");
  EXPECT_EQ(Apply(made, "B1", "b-officer").code, grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(Apply(made, "B1").ok());
  v1::GetTransferRequest get;
  get.set_name(transfer_.name());
  EXPECT_EQ(Do(&v1::MemberService::Stub::GetTransfer, get, "c-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Do(&v1::MemberService::Stub::GetTransfer, get, "b-officer").ok());
  EXPECT_EQ(Release("c-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Withdraw("c-officer").code, grpc::StatusCode::NOT_FOUND);
  v1::ListTransfersRequest list;
  list.set_parent("units/370783");
  v1::ListTransfersResponse page;
  EXPECT_EQ(Read(members_->ListTransfers(As("b-officer").get(), list, &page)).code, grpc::StatusCode::NOT_FOUND);
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
