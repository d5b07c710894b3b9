#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "ronghe/organization/v1/post_service.grpc.pb.h"
#include "ronghe/organization/v1/structure_service.grpc.pb.h"

#include "tests/service/organization/member_fixture.h"
#include "tests/support/eventually.h"

namespace ronghe::organization {

inline constexpr const char* kRequestId = "4a1c7a52-2f5b-4a53-9d0b-5a1d3b6f7c11";

// Waits for what must come, at most a while; false if it does not.
template <typename Condition>
bool Eventually(Condition condition) {
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > limit) return false;
    tests::Pause();
  }
  return true;
}

// An officer in each of the two counties, and what they do with transfers.
class TransferTest : public MemberServiceTest {
 protected:
  void SetUp() override {
    MemberServiceTest::SetUp();
    Grant("a-officer", common::v1::ROLE_OFFICER, "370783");
    Grant("b-officer", common::v1::ROLE_OFFICER, "370784");
    const auto channel =
        grpc::CreateChannel("127.0.0.1:" + std::to_string(process_->port()), grpc::InsecureChannelCredentials());
    posts_ = v1::PostService::NewStub(channel);
    structure_ = v1::StructureService::NewStub(channel);
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
    EXPECT_THAT(response.differences(), ::testing::IsEmpty()) << response.DebugString();
    v1::CheckIntegrityResponse integrity;
    const Said checked = Read(units_->CheckIntegrity(Admin().get(), {}, &integrity));
    ASSERT_TRUE(checked.ok()) << checked.everything;
    EXPECT_THAT(integrity.findings(), ::testing::IsEmpty()) << integrity.DebugString();
  }

  // A letter from outside, of yesterday.
  static v1::CreateTransferRequest FromOutside(const std::string& target) {
    v1::CreateTransferRequest request;
    request.mutable_transfer()->set_target_unit("units/" + target);
    request.mutable_transfer()->set_outside_organization("某市直机关工委");
    request.mutable_transfer()->set_letter_number("2026-17");
    Set(DateParts::Of(Today() - 1), *request.mutable_transfer()->mutable_letter_date());
    return request;
  }
  static absl::CivilDay Today() { return absl::ToCivilDay(common::SystemClock().Now(), absl::FixedTimeZone(8 * 3600)); }
  Said Receive(const std::string& target, const std::string& subject = "b-officer") {
    return Do(&v1::MemberService::Stub::CreateTransfer, FromOutside(target), subject);
  }
  Said AcceptPerson(v1::Member person, const std::string& subject = "b-officer") {
    auto accept = Named<v1::AcceptTransferRequest>();
    person.clear_unit();
    *accept.mutable_member() = person;
    return Do(&v1::MemberService::Stub::AcceptTransfer, accept, subject);
  }
  // From a branch to another, to the end.
  void Bring(const v1::Member& member, const std::string& target) {
    for (const Said& said :
         {Apply(member, target, "administrator"), Release("administrator"), Accept("administrator")}) {
      ASSERT_TRUE(said.ok()) << said.everything;
    }
  }
  v1::Transfer Look(const std::string& name) {
    v1::GetTransferRequest get;
    get.set_name(name);
    v1::Transfer transfer;
    const Said said = Read(members_->GetTransfer(Admin().get(), get, &transfer));
    EXPECT_TRUE(said.ok()) << said.everything;
    return transfer;
  }
  std::vector<std::string> MembersOf(const std::string& unit, const std::string& subject = "administrator",
                                     const std::string& filter = "") {
    v1::ListMembersRequest list;
    list.set_parent("units/" + unit);
    list.set_subtree(true);
    list.set_filter(filter);
    v1::ListMembersResponse listed;
    const Said said = Read(members_->ListMembers(As(subject).get(), list, &listed));
    EXPECT_TRUE(said.ok()) << said.everything;
    std::vector<std::string> names;
    for (const v1::Member& member : listed.members()) names.push_back(member.name());
    return names;
  }
  Said Merge(const std::string& source, const std::string& successor) {
    v1::MergeUnitsRequest merge;
    merge.add_sources("units/" + source);
    merge.set_successor("units/" + successor);
    v1::Reorganization done;
    return Read(structure_->MergeUnits(Admin().get(), merge, &done));
  }

  v1::Transfer transfer_;
  std::unique_ptr<v1::PostService::Stub> posts_;
  std::unique_ptr<v1::StructureService::Stub> structure_;
};

}  // namespace ronghe::organization
