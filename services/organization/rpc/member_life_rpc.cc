#include "services/organization/rpc/member_codec.h"
#include "services/organization/rpc/member_rpc.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

}  // namespace

void MemberRpc::BindLife() {
  Unary<v1::ConfirmMemberRequest, v1::Member>("ConfirmMember",
                                              [this](const Call& c, const auto& r) { return ConfirmMember(c, r); });
  Unary<v1::ExtendProbationRequest, v1::Member>("ExtendProbation",
                                                [this](const Call& c, const auto& r) { return ExtendProbation(c, r); });
  Unary<v1::FloatMemberRequest, v1::Member>("FloatMember",
                                            [this](const Call& c, const auto& r) { return FloatMember(c, r); });
  Unary<v1::ReturnMemberRequest, v1::Member>("ReturnMember",
                                             [this](const Call& c, const auto& r) { return ReturnMember(c, r); });
  Unary<v1::LeaveMemberRequest, v1::Member>("LeaveMember",
                                            [this](const Call& c, const auto& r) { return LeaveMember(c, r); });
  Unary<v1::RestoreMemberRequest, v1::Member>("RestoreMember",
                                              [this](const Call& c, const auto& r) { return RestoreMember(c, r); });
  Unary<v1::SearchMembersRequest, v1::SearchMembersResponse>(
      "SearchMembers", [this](const Call& c, const auto& r) { return SearchMembers(c, r); });
  Unary<v1::ListMemberHistoryRequest, v1::ListMemberHistoryResponse>(
      "ListMemberHistory", [this](const Call& c, const auto& r) { return ListMemberHistory(c, r); });
}

absl::StatusOr<v1::Member> MemberRpc::ConfirmMember(const Call& call, const v1::ConfirmMemberRequest& request) {
  return ToProto(parts_.membership.Confirm(call, request.name(), FromProto(request.full_date()),
                                           common::WriteOptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::ExtendProbation(const Call& call, const v1::ExtendProbationRequest& request) {
  return ToProto(parts_.membership.ExtendProbation(call, request.name(), request.months(),
                                                   common::WriteOptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::FloatMember(const Call& call, const v1::FloatMemberRequest& request) {
  return ToProto(parts_.membership.Float(call, request.name(), request.unit(), FromProto(request.floating_date()),
                                         common::WriteOptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::ReturnMember(const Call& call, const v1::ReturnMemberRequest& request) {
  return ToProto(parts_.membership.Return(call, request.name(), common::WriteOptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::LeaveMember(const Call& call, const v1::LeaveMemberRequest& request) {
  return ToProto(parts_.membership.Leave(call, request.name(), request.reason(), FromProto(request.leave_date()),
                                         common::WriteOptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::RestoreMember(const Call& call, const v1::RestoreMemberRequest& request) {
  return ToProto(parts_.membership.Restore(call, request.name(), request.unit(),
                                           common::WriteOptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::ListMemberHistoryResponse> MemberRpc::ListMemberHistory(
    const Call& call, const v1::ListMemberHistoryRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(MemberHistoryPage page,
                          parts_.query.History(call, request.parent(), request.page_size(), request.page_token()));
  v1::ListMemberHistoryResponse response;
  for (const MemberVersionView& view : page.versions) *response.add_versions() = ToProto(view);
  response.set_next_page_token(std::move(page.next_page_token));
  return response;
}

absl::StatusOr<v1::SearchMembersResponse> MemberRpc::SearchMembers(const Call& call,
                                                                   const v1::SearchMembersRequest& request) {
  SearchMembersQuery query{.parent = request.parent(),
                           .text = {},
                           .purpose = request.purpose(),
                           .show_ended = request.show_ended(),
                           .page_size = request.page_size(),
                           .page_token = request.page_token()};
  switch (request.query_case()) {
    case v1::SearchMembersRequest::kIdentityNumber:
      query.by = SearchBy::kIdentityNumber;
      query.text = request.identity_number();
      break;
    case v1::SearchMembersRequest::kPhone:
      query.by = SearchBy::kPhone;
      query.text = request.phone();
      break;
    case v1::SearchMembersRequest::kFullName:
      query.by = SearchBy::kFullName;
      query.text = request.full_name();
      break;
    case v1::SearchMembersRequest::QUERY_NOT_SET:
      break;
  }
  RONGHE_ASSIGN_OR_RETURN(common::Page<MemberView> page, parts_.search.Search(call, query));
  v1::SearchMembersResponse response;
  for (const MemberView& view : page.items) *response.add_members() = ToProto(view);
  response.set_next_page_token(std::move(page.next));
  return response;
}

}  // namespace ronghe::organization
