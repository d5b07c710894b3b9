// What must not happen to transfers.
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "services/common/sql/database.h"
#include "tests/service/organization/transfer_fixture.h"
#include "tests/support/subprocess.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Stub = v1::MemberService::Stub;

TEST_F(TransferTest, WhoIsOnNeitherSideSeesNothing) {
  const v1::Member made = Create(11, "A1");
  Unit("370785", "LEVEL_COUNTY", v1::UNIT_KIND_COMMITTEE, "3707");
  Grant("c-officer", common::v1::ROLE_OFFICER, "370785");
  EXPECT_EQ(Apply(made, "B1", "b-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Apply(made, "B1", "c-officer").code, grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(Apply(made, "B1").ok());
  v1::GetTransferRequest get;
  get.set_name(transfer_.name());
  EXPECT_EQ(Do(&Stub::GetTransfer, get, "c-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Do(&Stub::GetTransfer, get, "b-officer").ok());
  EXPECT_EQ(Release("c-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Withdraw("c-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Accept("c-officer").code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Return(v1::TRANSFER_RETURN_REASON_WRONG_UNIT, "c-officer").code, grpc::StatusCode::NOT_FOUND);
  v1::ListTransfersRequest list;
  list.set_parent("units/370783");
  v1::ListTransfersResponse page;
  EXPECT_EQ(Read(members_->ListTransfers(As("b-officer").get(), list, &page)).code, grpc::StatusCode::NOT_FOUND);
  // A request id does not show to somebody else what was done with it.
  EXPECT_EQ(Apply(made, "B1", "c-officer", kRequestId).code, grpc::StatusCode::NOT_FOUND);
}

// Every event by everybody, in every open state: only its side may.
TEST_F(TransferTest, EachEventIsItsSides) {
  Grant("above", common::v1::ROLE_OFFICER, "3707");
  Grant("above-viewer", common::v1::ROLE_VIEWER, "3707");
  Grant("a-branch", common::v1::ROLE_OFFICER, "A1");
  Grant("a-other", common::v1::ROLE_OFFICER, "A2");
  Grant("a-viewer", common::v1::ROLE_VIEWER, "A1");
  Grant("b-branch", common::v1::ROLE_OFFICER, "B1");
  Grant("b-viewer", common::v1::ROLE_VIEWER, "B1");
  Grant("b-auditor", common::v1::ROLE_AUDITOR, "B1");
  struct Who {
    std::string subject;
    bool reads, source, target;
  };
  const std::vector<Who> all = {{"above", true, true, true},      {"above-viewer", true, false, false},
                                {"a-officer", true, true, false}, {"a-branch", true, true, false},
                                {"a-viewer", true, false, false}, {"a-other", false, false, false},
                                {"b-officer", true, false, true}, {"b-branch", true, false, true},
                                {"b-viewer", true, false, false}, {"b-auditor", true, false, false}};
  struct Event {
    std::string name;
    bool released;  // the state it happens in
    bool by_source;
    std::function<Said(const std::string&)> call;
  };
  const auto send_back = [&](const std::string& s) { return Return(v1::TRANSFER_RETURN_REASON_WRONG_UNIT, s); };
  const std::vector<Event> events = {
      {"release", false, true, [&](const std::string& s) { return Release(s); }},
      {"withdraw", false, true, [&](const std::string& s) { return Withdraw(s); }},
      {"return", false, true, send_back},
      {"accept", true, false, [&](const std::string& s) { return Accept(s); }},
      {"withdraw", true, true, [&](const std::string& s) { return Withdraw(s); }},
      {"return", true, false, send_back},
  };
  int number = 100;
  for (const Event& event : events) {
    for (const Who& who : all) {
      const v1::Member made = Create(number++, "A1");
      ASSERT_TRUE(Apply(made, "B1").ok());
      if (event.released) {
        ASSERT_TRUE(Release().ok());
      }
      const std::string what = event.name + (event.released ? " of what is released by " : " by ") + who.subject;
      v1::GetTransferRequest get;
      get.set_name(transfer_.name());
      EXPECT_EQ(Do(&Stub::GetTransfer, get, who.subject).ok(), who.reads) << what;
      const bool may = event.by_source ? who.source : who.target;
      const Said said = event.call(who.subject);
      EXPECT_EQ(said.ok(), may) << what << ": " << said.everything;
      if (may) continue;
      // Who may write on the other side only, who may only read, and who sees nothing of it.
      const bool elsewhere = who.subject == "a-other";
      EXPECT_EQ(said.code, elsewhere ? grpc::StatusCode::NOT_FOUND : grpc::StatusCode::PERMISSION_DENIED) << what;
      if (who.source || who.target) {
        EXPECT_EQ(said.reason, "NOT_YOUR_SIDE") << what;
      }
      EXPECT_EQ(Look(transfer_.name()).state(),
                event.released ? v1::TRANSFER_STATE_RELEASED : v1::TRANSFER_STATE_APPLIED)
          << what;
    }
  }
}

TEST_F(TransferTest, TheTargetSeesNoMoreThanTheTransferShows) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "B1").ok());
  ASSERT_TRUE(Release().ok());
  v1::GetTransferRequest get;
  get.set_name(transfer_.name());
  ASSERT_TRUE(Do(&Stub::GetTransfer, get, "b-officer").ok());
  EXPECT_EQ(transfer_.full_name(), "王**");
  const Member::Fields person = tests::Person(11);
  for (const std::string& value : {person.full_name, person.identity_number, person.phone}) {
    EXPECT_THAT(transfer_.DebugString(), Not(HasSubstr(value)));
  }
  v1::GetMemberRequest member;
  member.set_name(made.name());
  v1::Member found;
  EXPECT_EQ(Read(members_->GetMember(As("b-officer").get(), member, &found)).code, grpc::StatusCode::NOT_FOUND);
  v1::RevealMemberRequest reveal;
  reveal.set_name(made.name());
  reveal.set_purpose("核对转接材料");
  EXPECT_EQ(Read(members_->RevealMember(As("b-officer").get(), reveal, &found)).code, grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(MembersOf("370784", "b-officer"), IsEmpty());
}

// All states but the open ones refuse everything; a refusal says where it stands and what would be allowed.
TEST_F(TransferTest, WhatHasEndedStaysAsItIs) {
  const std::vector<std::function<Said()>> ends = {
      [&] { return Accept(); },
      [&] { return Withdraw(); },
      [&] { return Return(v1::TRANSFER_RETURN_REASON_NOT_REPORTED); },
  };
  int number = 20;
  for (const auto& end : ends) {
    const v1::Member made = Create(number++, "A1");
    ASSERT_TRUE(Apply(made, "B1").ok());
    const Said early = Accept();
    EXPECT_EQ(early.code, grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(early.reason, "TRANSFER_STATE");
    for (const char* text : {"applied", "accept", "release", "withdraw", "return", "已申请", "接收", "开具介绍信"}) {
      EXPECT_THAT(early.everything, HasSubstr(text));
    }
    EXPECT_THAT(early.everything, Not(HasSubstr("expire")));
    ASSERT_TRUE(Release().ok());
    EXPECT_EQ(Release().reason, "TRANSFER_STATE");
    ASSERT_TRUE(end().ok());
    const v1::Transfer ended = transfer_;
    const std::string unit = Get(made.name()).unit();
    EXPECT_EQ(Release().reason, "TRANSFER_STATE");
    EXPECT_EQ(Accept().reason, "TRANSFER_STATE");
    EXPECT_EQ(Withdraw().reason, "TRANSFER_STATE");
    EXPECT_EQ(Return(v1::TRANSFER_RETURN_REASON_WRONG_UNIT).reason, "TRANSFER_STATE");
    EXPECT_EQ(Look(ended.name()).etag(), ended.etag());
    EXPECT_EQ(Get(made.name()).unit(), unit);
  }
  Audit();
}

TEST_F(TransferTest, TheSameRequestIsDoneOnce) {
  const v1::Member made = Create(11, "A1");
  ASSERT_TRUE(Apply(made, "B1", "a-officer", kRequestId).ok());
  const v1::Transfer first = transfer_;
  ASSERT_TRUE(Apply(made, "B1", "a-officer", kRequestId).ok());
  EXPECT_EQ(transfer_.name(), first.name());
  EXPECT_EQ(Apply(made, "A2", "a-officer", kRequestId).reason, "REQUEST_ID_REUSED");
  EXPECT_THAT(Apply(made, "B1", "a-officer", "no-uuid").fields, ElementsAre("request_id"));
  const auto twice = [&](auto method, auto request, const std::string& subject, const std::string& id) {
    request.set_request_id(id);
    ASSERT_TRUE(Do(method, request, subject).ok());
    const std::string etag = transfer_.etag();
    EXPECT_TRUE(Do(method, request, subject).ok());
    EXPECT_EQ(transfer_.etag(), etag);
  };
  twice(&Stub::ReleaseTransfer, Named<v1::ReleaseTransferRequest>(), "a-officer",
        "4a1c7a52-2f5b-4a53-9d0b-5a1d3b6f7c12");
  const std::string letter = transfer_.letter_number();
  twice(&Stub::AcceptTransfer, Named<v1::AcceptTransferRequest>(), "b-officer", "4a1c7a52-2f5b-4a53-9d0b-5a1d3b6f7c13");
  EXPECT_EQ(transfer_.letter_number(), letter);
  EXPECT_EQ(transfer_.steps_size(), 3);
  EXPECT_THAT(MembersOf("370784"), ElementsAre(made.name()));
  // Somebody from outside comes in once, too, also where the first answer was lost.
  ASSERT_TRUE(Receive("B1").ok());
  auto accept = Named<v1::AcceptTransferRequest>();
  *accept.mutable_member() = Person(12, "B1");
  accept.mutable_member()->clear_unit();
  twice(&Stub::AcceptTransfer, accept, "b-officer", "4a1c7a52-2f5b-4a53-9d0b-5a1d3b6f7c14");
  EXPECT_EQ(MembersOf("370784").size(), 2);
  Audit();
}

TEST_F(TransferTest, EtagAndValidateOnly) {
  const v1::Member made = Create(11, "A1");
  v1::CreateTransferRequest create;
  create.mutable_transfer()->set_member(made.name());
  create.mutable_transfer()->set_target_unit("units/B1");
  create.set_validate_only(true);
  ASSERT_TRUE(Do(&Stub::CreateTransfer, create, "a-officer").ok());
  EXPECT_EQ(transfer_.name(), "");
  EXPECT_EQ(transfer_.revision(), "");
  EXPECT_EQ(transfer_.state(), v1::TRANSFER_STATE_APPLIED);
  EXPECT_THAT(Worklist("370783", "", "a-officer"), IsEmpty());
  ASSERT_TRUE(Apply(made, "B1").ok());
  auto release = Named<v1::ReleaseTransferRequest>();
  release.set_validate_only(true);
  ASSERT_TRUE(Do(&Stub::ReleaseTransfer, release, "a-officer").ok());
  EXPECT_EQ(transfer_.state(), v1::TRANSFER_STATE_RELEASED);
  release.set_validate_only(false);
  EXPECT_EQ(Look(release.name()).state(), v1::TRANSFER_STATE_APPLIED);
  release.set_etag(Look(release.name()).etag());
  ASSERT_TRUE(Do(&Stub::ReleaseTransfer, release, "a-officer").ok());
  auto accept = Named<v1::AcceptTransferRequest>();
  accept.set_etag(release.etag());
  EXPECT_EQ(Do(&Stub::AcceptTransfer, accept, "b-officer").reason, "ETAG_MISMATCH");
  accept.clear_etag();
  accept.set_validate_only(true);
  ASSERT_TRUE(Do(&Stub::AcceptTransfer, accept, "b-officer").ok());
  EXPECT_EQ(Get(made.name()).unit(), "units/A1");
  EXPECT_EQ(Look(release.name()).state(), v1::TRANSFER_STATE_RELEASED);
  Audit();
}

TEST_F(TransferTest, EveryWrongFieldAtOnce) {
  v1::CreateTransferRequest create;
  create.mutable_transfer()->set_member("members/x");
  create.mutable_transfer()->set_target_unit("B1");
  create.mutable_transfer()->set_outside_organization("某");
  EXPECT_THAT(Do(&Stub::CreateTransfer, create, "a-officer").fields,
              UnorderedElementsAre("transfer.member", "transfer.target_unit", "transfer.outside_organization"));
  create = FromOutside("B1");
  create.mutable_transfer()->set_outside_organization("13812345678");
  create.mutable_transfer()->clear_letter_number();
  Set(DateParts::Of(Today() + 1), *create.mutable_transfer()->mutable_letter_date());
  EXPECT_THAT(Do(&Stub::CreateTransfer, create, "b-officer").fields,
              UnorderedElementsAre("transfer.outside_organization", "transfer.letter_number", "transfer.letter_date"));
  // The 90th day is the last good one.
  create = FromOutside("B1");
  Set(DateParts::Of(Today() - 90), *create.mutable_transfer()->mutable_letter_date());
  EXPECT_THAT(Do(&Stub::CreateTransfer, create, "b-officer").everything, HasSubstr("LETTER_EXPIRED"));
  Set(DateParts::Of(Today() - 89), *create.mutable_transfer()->mutable_letter_date());
  EXPECT_TRUE(Do(&Stub::CreateTransfer, create, "b-officer").ok());
  const v1::Member made = Create(11, "A1");
  EXPECT_EQ(Apply(made, "A1").fields, std::vector<std::string>{"transfer.target_unit"});
  EXPECT_EQ(Apply(made, "370784").reason, "UNIT_HOLDS_NO_MEMBERS");
  EXPECT_EQ(Apply(made, "999999").code, grpc::StatusCode::NOT_FOUND);
}

TEST_F(TransferTest, WhoIsAMemberDoesNotComeFromOutside) {
  const v1::Member here = Create(11, "A1");
  const v1::Member dead = Create(12, "A1");
  v1::LeaveMemberRequest leave;
  leave.set_name(dead.name());
  leave.set_reason(v1::LEAVE_REASON_DECEASED);
  v1::Member after;
  ASSERT_TRUE(Read(members_->LeaveMember(Admin().get(), leave, &after)).ok());
  ASSERT_TRUE(Receive("B1").ok());
  EXPECT_EQ(AcceptPerson(Person(11, "B1")).reason, "DUPLICATE_PERSON");
  EXPECT_EQ(AcceptPerson(Person(12, "B1")).reason, "DUPLICATE_PERSON");
  v1::Member wrong = Person(13, "B1");
  wrong.set_full_name("");
  EXPECT_THAT(AcceptPerson(wrong).fields, ElementsAre("member.full_name"));
  EXPECT_THAT(MembersOf("370784"), IsEmpty());
  ASSERT_TRUE(AcceptPerson(Person(13, "B1")).ok());
  EXPECT_THAT(MembersOf("370784"), ElementsAre(transfer_.member()));
  Audit();
}

TEST_F(TransferTest, NoPersonalDataInFeedLogsAndErrors) {
  const v1::Member made = Create(11, "A1");
  Bring(made, "B1");
  EXPECT_EQ(Accept().reason, "TRANSFER_STATE");
  ASSERT_TRUE(Receive("B1").ok());
  EXPECT_EQ(AcceptPerson(Person(11, "B1")).reason, "DUPLICATE_PERSON");
  ASSERT_TRUE(AcceptPerson(Person(14, "B1")).ok());
  std::string said = errors_;
  for (const char* file : {"organization.db", "organization.db-wal"}) said += tests::ReadFile(dir_.File(file));
  Stop();
  common::FlushLog();
  {
    common::MutexLock lock(log_mutex_);
    said += log_;
  }
  EXPECT_THAT(said, HasSubstr("AcceptTransfer"));
  for (const char* file : {"organization.db", "organization.db-wal"}) said += tests::ReadFile(dir_.File(file));
  for (int64_t number : {11, 14}) {
    const Member::Fields person = tests::Person(number);
    for (const std::string& value : {person.full_name, person.identity_number, person.phone}) {
      EXPECT_EQ(said.find(value), std::string::npos) << "a planted value was found";
    }
  }
}

}  // namespace
}  // namespace ronghe::organization
