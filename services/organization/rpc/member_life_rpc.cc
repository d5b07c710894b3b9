#include "services/organization/rpc/member_codec.h"
#include "services/organization/rpc/member_rpc.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

absl::StatusOr<v1::Member> Encode(const absl::StatusOr<MemberView>& view) {
  if (!view.ok()) return view.status();
  return ToProto(*view);
}

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
  Unary<v1::ListMemberHistoryRequest, v1::ListMemberHistoryResponse>(
      "ListMemberHistory", [this](const Call& c, const auto& r) { return ListMemberHistory(c, r); });
}

absl::StatusOr<v1::Member> MemberRpc::ConfirmMember(const Call& call, const v1::ConfirmMemberRequest& request) {
  return Encode(parts_.membership.Confirm(call, request.name(), FromProto(request.full_date()),
                                          OptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::ExtendProbation(const Call& call, const v1::ExtendProbationRequest& request) {
  return Encode(parts_.membership.ExtendProbation(call, request.name(), request.months(),
                                                  OptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::FloatMember(const Call& call, const v1::FloatMemberRequest& request) {
  return Encode(parts_.membership.Float(call, request.name(), request.unit(), FromProto(request.floating_date()),
                                        OptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::ReturnMember(const Call& call, const v1::ReturnMemberRequest& request) {
  return Encode(parts_.membership.Return(call, request.name(), OptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::LeaveMember(const Call& call, const v1::LeaveMemberRequest& request) {
  return Encode(parts_.membership.Leave(call, request.name(), request.reason(), FromProto(request.leave_date()),
                                        OptionsOf(call, request, request.etag())));
}

absl::StatusOr<v1::Member> MemberRpc::RestoreMember(const Call& call, const v1::RestoreMemberRequest& request) {
  return Encode(
      parts_.membership.Restore(call, request.name(), request.unit(), OptionsOf(call, request, request.etag())));
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

}  // namespace ronghe::organization
