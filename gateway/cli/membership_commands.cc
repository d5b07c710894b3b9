#include "gateway/cli/record_commands.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::MemberService;

// `fields`: what the request says beside the member, as texts.
template <typename Request>
absl::Status Change(Context& context, const MembershipOptions& options,
                    grpc::Status (MemberService::Stub::*method)(grpc::ClientContext*, const Request&, v1::Member*),
                    const FieldTexts& fields) {
  Request request;
  FieldTexts given;
  for (const auto& [name, text] : fields) {
    if (!text.empty()) given[name] = text;
  }
  RONGHE_RETURN_IF_ERROR(FillFields(given, request));
  request.set_name(Named("members", options.member));
  request.set_etag(options.etag);
  request.set_request_id(options.request_id.empty() ? context.environment.random.Uuid() : options.request_id);
  return ShowRecord<MemberService>(context, method, request);
}

std::string UnitOrNone(const std::string& unit) {
  return unit.empty() ? "" : UnitName(unit);
}

}  // namespace

absl::Status RunMemberConfirm(const MembershipOptions& options, Context& context) {
  return Change(context, options, &MemberService::Stub::ConfirmMember, {{"full_date", options.date}});
}

absl::Status RunMemberExtendProbation(const MembershipOptions& options, Context& context) {
  return Change(context, options, &MemberService::Stub::ExtendProbation, {{"months", std::to_string(options.months)}});
}

absl::Status RunMemberFloat(const MembershipOptions& options, Context& context) {
  return Change(context, options, &MemberService::Stub::FloatMember,
                {{"unit", UnitOrNone(options.unit)}, {"floating_date", options.date}});
}

absl::Status RunMemberReturn(const MembershipOptions& options, Context& context) {
  return Change(context, options, &MemberService::Stub::ReturnMember, {});
}

absl::Status RunMemberLeave(const MembershipOptions& options, Context& context) {
  return Change(context, options, &MemberService::Stub::LeaveMember,
                {{"reason", options.reason}, {"leave_date", options.date}});
}

absl::Status RunMemberRestore(const MembershipOptions& options, Context& context) {
  return Change(context, options, &MemberService::Stub::RestoreMember, {{"unit", UnitOrNone(options.unit)}});
}

absl::Status RunMemberHistory(const MembershipOptions& options, Context& context) {
  v1::ListMemberHistoryRequest request;
  request.set_parent(Named("members", options.member));
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = MemberService::NewStub(session->channel());
  std::vector<v1::MemberVersion> versions;
  RONGHE_RETURN_IF_ERROR(
      (session->CallPages<MemberService::Stub, v1::ListMemberHistoryRequest, v1::ListMemberHistoryResponse>(
          *stub, &MemberService::Stub::ListMemberHistory, request, [&](v1::ListMemberHistoryResponse& response) {
            for (v1::MemberVersion& version : *response.mutable_versions()) versions.push_back(std::move(version));
          })));
  PrintList(context, versions,
            {"version", "start_time", "action", "fields", "unit", "status", "floating_unit", "actor"});
  return absl::OkStatus();
}

absl::Status RunMemberSearch(const SearchOptions& options, Context& context) {
  v1::SearchMembersRequest request;
  std::string text;
  std::getline(*context.console().in, text);
  if (!text.empty() && text.back() == '\r') text.pop_back();
  if (options.by == "identity_number") request.set_identity_number(text);
  if (options.by == "phone") request.set_phone(text);
  if (options.by == "full_name") request.set_full_name(text);
  request.set_parent(UnitName(options.unit));
  request.set_purpose(options.purpose);
  request.set_show_ended(options.show_ended);
  request.set_page_size(100);
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = MemberService::NewStub(session->channel());
  std::vector<v1::Member> members;
  RONGHE_RETURN_IF_ERROR((session->CallPages<MemberService::Stub, v1::SearchMembersRequest, v1::SearchMembersResponse>(
      *stub, &MemberService::Stub::SearchMembers, request, [&](v1::SearchMembersResponse& response) {
        for (v1::Member& member : *response.mutable_members()) members.push_back(std::move(member));
      })));
  PrintList(context, members, {"name", "unit", "full_name", "identity_number", "phone", "status", "join_date"});
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
