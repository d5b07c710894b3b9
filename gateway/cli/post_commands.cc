#include "gateway/cli/record_commands.h"
#include "ronghe/organization/v1/post_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using v1::PostService;

template <typename Record, typename Request, typename Response>
absl::Status ShowList(Context& context,
                      grpc::Status (PostService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      Request request, const PostOptions& options,
                      google::protobuf::RepeatedPtrField<Record>* (Response::*records)(),
                      const std::vector<std::string_view>& columns) {
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  return ShowRecords<PostService, Record>(context, method, std::move(request), records, columns);
}

}  // namespace

absl::Status RunPostGet(const PostOptions& options, Context& context) {
  v1::GetPostRequest request;
  request.set_name(Named("posts", options.name));
  return ShowRecord<PostService>(context, &PostService::Stub::GetPost, request);
}
absl::Status RunPostList(const PostOptions& options, Context& context) {
  return ShowList<v1::Post>(context, &PostService::Stub::ListPosts, v1::ListPostsRequest(), options,
                            &v1::ListPostsResponse::mutable_posts,
                            {"name", "unit", "kind", "title", "seats", "filled_seats", "vacant_seats", "state"});
}
absl::Status RunPostCreate(const PostOptions& options, Context& context) {
  auto request = WriteOf<v1::CreatePostRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_post()));
  return ShowRecord<PostService>(context, &PostService::Stub::CreatePost, request);
}
absl::Status RunPostUpdate(const PostOptions& options, Context& context) {
  auto request = WriteOf<v1::UpdatePostRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_post()));
  for (const auto& [name, text] : options.fields) request.mutable_update_mask()->add_paths(name);
  request.mutable_post()->set_name(Named("posts", options.name));
  request.mutable_post()->set_etag(options.etag);
  return ShowRecord<PostService>(context, &PostService::Stub::UpdatePost, request);
}
absl::Status RunPostAbolish(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::AbolishPostRequest>(options, context, "posts", "end_date"));
  return ShowRecord<PostService>(context, &PostService::Stub::AbolishPost, request);
}

absl::Status RunTermGet(const PostOptions& options, Context& context) {
  v1::GetTermRequest request;
  request.set_name(Named("terms", options.name));
  return ShowRecord<PostService>(context, &PostService::Stub::GetTerm, request);
}
absl::Status RunTermList(const PostOptions& options, Context& context) {
  return ShowList<v1::Term>(
      context, &PostService::Stub::ListTerms, v1::ListTermsRequest(), options, &v1::ListTermsResponse::mutable_terms,
      {"name", "unit", "number", "start_date", "due_date", "state", "election_state", "planned_election_date"});
}
absl::Status RunTermCreate(const PostOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateTermRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_term()));
  return ShowRecord<PostService>(context, &PostService::Stub::CreateTerm, request);
}
absl::Status RunTermPlan(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::PlanElectionRequest>(options, context, "terms", "planned_date"));
  return ShowRecord<PostService>(context, &PostService::Stub::PlanElection, request);
}
absl::Status RunTermElect(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::RecordElectionRequest>(options, context, "terms", "held_date"));
  request.set_result(options.failed ? v1::ELECTION_RESULT_FAILED : v1::ELECTION_RESULT_ELECTED);
  request.set_document(options.document);
  for (const std::string& pair : options.elected) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos) {
      return common::InvalidArgument("elected", "BAD_FORM", {"write POST=MEMBER", "请写作 职务=党员"});
    }
    v1::ElectedMember& elected = *request.add_elected();
    elected.set_post(Named("posts", pair.substr(0, equals)));
    elected.set_member(Named("members", pair.substr(equals + 1)));
  }
  return ShowRecord<PostService>(context, &PostService::Stub::RecordElection, request);
}
absl::Status RunTermExtend(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::ExtendTermRequest>(options, context, "terms", "due_date"));
  request.set_approver(UnitName(options.approver));
  RONGHE_ASSIGN_OR_RETURN(const int reason, ValueOf(v1::ExtensionReason_descriptor(), options.reason, "reason"));
  request.set_reason(static_cast<v1::ExtensionReason>(reason));
  request.set_document(options.document);
  return ShowRecord<PostService>(context, &PostService::Stub::ExtendTerm, request);
}
absl::Status RunTermEnd(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::EndTermRequest>(options, context, "terms", "end_date"));
  return ShowRecord<PostService>(context, &PostService::Stub::EndTerm, request);
}

absl::Status RunAppointmentGet(const PostOptions& options, Context& context) {
  v1::GetAppointmentRequest request;
  request.set_name(Named("appointments", options.name));
  return ShowRecord<PostService>(context, &PostService::Stub::GetAppointment, request);
}
absl::Status RunAppointmentList(const PostOptions& options, Context& context) {
  v1::ListAppointmentsRequest request;
  common::Violations violations;
  SetDateText(request, "as_of", options.date, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (!options.member.empty()) request.set_member(Named("members", options.member));
  return ShowList<v1::Appointment>(context, &PostService::Stub::ListAppointments, request, options,
                                   &v1::ListAppointmentsResponse::mutable_appointments,
                                   {"name", "unit", "kind", "member", "basis", "start_date", "end_date", "state"});
}
absl::Status RunAppointmentCreate(const PostOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateAppointmentRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_appointment()));
  return ShowRecord<PostService>(context, &PostService::Stub::CreateAppointment, request);
}
absl::Status RunAppointmentEnd(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request,
                          EventOf<v1::EndAppointmentRequest>(options, context, "appointments", "end_date"));
  RONGHE_ASSIGN_OR_RETURN(const int reason, ValueOf(v1::EndReason_descriptor(), options.reason, "reason"));
  request.set_reason(static_cast<v1::EndReason>(reason));
  return ShowRecord<PostService>(context, &PostService::Stub::EndAppointment, request);
}

}  // namespace ronghe::gateway::cli
