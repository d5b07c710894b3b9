#include "gateway/cli/record_commands.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::MemberService;

std::string RequestId(const MemberOptions& options, Context& context) {
  return options.request_id.empty() ? context.environment.random.Uuid() : options.request_id;
}

}  // namespace

absl::Status RunMemberGet(const MemberOptions& options, Context& context) {
  if (!options.purpose.empty()) {
    v1::RevealMemberRequest request;
    request.set_name(Named("members", options.member));
    request.set_purpose(options.purpose);
    return ShowRecord<MemberService>(context, &MemberService::Stub::RevealMember, request);
  }
  v1::GetMemberRequest request;
  request.set_name(Named("members", options.member));
  return ShowRecord<MemberService>(context, &MemberService::Stub::GetMember, request);
}

absl::Status RunMemberList(const MemberOptions& options, Context& context) {
  v1::ListMembersRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  request.set_page_size(1000);
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = MemberService::NewStub(session->channel());
  std::vector<v1::Member> members;
  RONGHE_RETURN_IF_ERROR((session->CallPages<MemberService::Stub, v1::ListMembersRequest, v1::ListMembersResponse>(
      *stub, &MemberService::Stub::ListMembers, request, [&](v1::ListMembersResponse& response) {
        for (v1::Member& member : *response.mutable_members()) members.push_back(std::move(member));
      })));
  PrintList(context, members, {"name", "unit", "full_name", "sex", "birth_date", "status", "join_date"});
  return absl::OkStatus();
}

absl::Status RunMemberCreate(const MemberOptions& options, Context& context) {
  v1::CreateMemberRequest request;
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_member()));
  request.set_request_id(RequestId(options, context));
  request.set_validate_only(options.validate_only);
  return ShowRecord<MemberService>(context, &MemberService::Stub::CreateMember, request);
}

absl::Status RunMemberUpdate(const MemberOptions& options, Context& context) {
  v1::UpdateMemberRequest request;
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_member()));
  for (const auto& [name, text] : options.fields) request.mutable_update_mask()->add_paths(name);
  request.mutable_member()->set_name(Named("members", options.member));
  request.mutable_member()->set_etag(options.etag);
  request.set_request_id(RequestId(options, context));
  return ShowRecord<MemberService>(context, &MemberService::Stub::UpdateMember, request);
}

absl::Status RunMemberMove(const MemberOptions& options, Context& context) {
  v1::MoveMemberRequest request;
  request.set_name(Named("members", options.member));
  request.set_unit(UnitName(options.unit));
  request.set_etag(options.etag);
  request.set_request_id(RequestId(options, context));
  return ShowRecord<MemberService>(context, &MemberService::Stub::MoveMember, request);
}

}  // namespace ronghe::gateway::cli
