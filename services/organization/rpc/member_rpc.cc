#include "services/organization/rpc/member_rpc.h"

#include "services/organization/rpc/member_codec.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

}  // namespace

MemberRpc::MemberRpc(common::Wrapper& wrapper, Parts parts)
    : ServiceBinding(wrapper, v1::CreateMemberRequest::descriptor()->file()->FindServiceByName("MemberService")),
      wrapper_(wrapper),
      parts_(std::move(parts)) {
  Unary<v1::CreateMemberRequest, v1::Member>("CreateMember",
                                             [this](const Call& c, const auto& r) { return CreateMember(c, r); });
  Unary<v1::GetMemberRequest, v1::Member>("GetMember",
                                          [this](const Call& c, const auto& r) { return GetMember(c, r); });
  Unary<v1::RevealMemberRequest, v1::Member>("RevealMember",
                                             [this](const Call& c, const auto& r) { return RevealMember(c, r); });
  Unary<v1::ListMembersRequest, v1::ListMembersResponse>(
      "ListMembers", [this](const Call& c, const auto& r) { return ListMembers(c, r); });
  Unary<v1::UpdateMemberRequest, v1::Member>("UpdateMember",
                                             [this](const Call& c, const auto& r) { return UpdateMember(c, r); });
  Unary<v1::MoveMemberRequest, v1::Member>("MoveMember",
                                           [this](const Call& c, const auto& r) { return MoveMember(c, r); });
  BidiStream<v1::ImportMembersRequest, common::v1::ImportProgress>("ImportMembers", parts_.import_members);
  ServerStream<v1::ExportMembersRequest, v1::ExportMembersResponse>(
      "ExportMembers", [this](const Call& c, const auto& r) { return ExportMembers(c, r); });
  BindLife();
  BindTransfers();
}

absl::StatusOr<v1::Member> MemberRpc::CreateMember(const Call& call, const v1::CreateMemberRequest& request) {
  WriteOptions options = common::WriteOptionsOf(call, request, "");
  options.validate_only = request.validate_only();
  return ToProto(parts_.members.Create(call, request.member().unit(), FromProto(request.member()), options));
}

absl::StatusOr<v1::Member> MemberRpc::GetMember(const Call& call, const v1::GetMemberRequest& request) {
  return ToProto(parts_.members.Get(call, request.name()));
}

absl::StatusOr<v1::Member> MemberRpc::RevealMember(const Call& call, const v1::RevealMemberRequest& request) {
  return ToProto(parts_.members.Reveal(call, request.name(), request.purpose()));
}

absl::StatusOr<v1::ListMembersResponse> MemberRpc::ListMembers(const Call& call,
                                                               const v1::ListMembersRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(MemberPage page,
                          parts_.query.List(call, {request.parent(), request.subtree(), request.page_size(),
                                                   request.page_token(), request.filter(), request.order_by()}));
  v1::ListMembersResponse response;
  for (const MemberView& view : page.members) *response.add_members() = ToProto(view);
  response.set_next_page_token(std::move(page.next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page.position));
  return response;
}

absl::StatusOr<v1::Member> MemberRpc::UpdateMember(const Call& call, const v1::UpdateMemberRequest& request) {
  const auto& paths = request.update_mask().paths();
  const MemberChanges changes{FromProto(request.member()), {paths.begin(), paths.end()}};
  return ToProto(parts_.members.Update(call, request.member().name(), changes,
                                       common::WriteOptionsOf(call, request, request.member().etag())));
}

absl::StatusOr<v1::Member> MemberRpc::MoveMember(const Call& call, const v1::MoveMemberRequest& request) {
  return ToProto(
      parts_.members.Move(call, request.name(), request.unit(), common::WriteOptionsOf(call, request, request.etag())));
}

absl::StatusOr<std::unique_ptr<common::MessageSource>> MemberRpc::ExportMembers(
    const Call& call, const v1::ExportMembersRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(MemberQuery::Export next, parts_.query.StartExport(call, request.parent()));
  return common::PagedSource(
      wrapper_, [next = std::move(next)]() mutable -> absl::StatusOr<std::unique_ptr<google::protobuf::Message>> {
        RONGHE_ASSIGN_OR_RETURN(const std::vector<MemberView> members, next());
        if (members.empty()) return std::unique_ptr<google::protobuf::Message>();
        auto message = std::make_unique<v1::ExportMembersResponse>();
        for (const MemberView& view : members) *message->add_members() = ToProto(view);
        return message;
      });
}

}  // namespace ronghe::organization
