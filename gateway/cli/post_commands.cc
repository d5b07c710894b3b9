#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/resources.h"
#include "ronghe/organization/v1/post_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = organization::v1;
using Stub = v1::PostService::Stub;

// Sends a request and shows the answer, one record.
template <typename Request, typename Record>
absl::Status Show(Context& context, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Record*),
                  const Request& request) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = v1::PostService::NewStub(session->channel());
  RONGHE_ASSIGN_OR_RETURN(Record record, (session->Call<Stub, Request, Record>(*stub, method, request)));
  PrintResource(context, record);
  return absl::OkStatus();
}

// Shows all pages of a list.
template <typename Record, typename Request, typename Response>
absl::Status ShowList(Context& context, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      Request request, const PostOptions& options,
                      google::protobuf::RepeatedPtrField<Record>* (Response::*records)(),
                      const std::vector<std::string_view>& columns) {
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  request.set_page_size(1000);
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = v1::PostService::NewStub(session->channel());
  std::vector<Record> all;
  RONGHE_RETURN_IF_ERROR((session->CallPages<Stub, Request, Response>(*stub, method, request, [&](Response& response) {
    for (Record& record : *(response.*records)()) all.push_back(std::move(record));
  })));
  PrintList(context, all, columns);
  return absl::OkStatus();
}

std::string Named(std::string_view collection, const std::string& name) {
  return name.find('/') == std::string::npos ? fmt::format("{}/{}", collection, name) : name;
}

template <typename Request>
Request WriteOf(const PostOptions& options, Context& context) {
  Request request;
  request.set_request_id(options.request_id.empty() ? context.environment.random.Uuid() : options.request_id);
  request.set_validate_only(options.validate_only);
  return request;
}

// A custom method's request: the name, the etag, the day.
template <typename Request>
absl::StatusOr<Request> EventOf(const PostOptions& options, Context& context, std::string_view collection,
                                const char* day) {
  auto request = WriteOf<Request>(options, context);
  request.set_name(Named(collection, options.name));
  request.set_etag(options.etag);
  common::Violations violations;
  SetDateText(request, day, options.date, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return request;
}

// The value of an enum by its short name, in any case; 0 for an empty text.
absl::StatusOr<int> ReasonOf(const google::protobuf::EnumDescriptor* type, std::string text) {
  if (text.empty()) return 0;
  for (char& c : text) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (int i = 1; i < type->value_count(); ++i) {
    if (ShortNameOf(type->value(i)) == text) return type->value(i)->number();
  }
  return common::InvalidArgument("reason", "UNKNOWN_VALUE", {"is not a known reason", "不是已知的原因"});
}

}  // namespace

absl::Status RunPostGet(const PostOptions& options, Context& context) {
  v1::GetPostRequest request;
  request.set_name(Named("posts", options.name));
  return Show(context, &Stub::GetPost, request);
}
absl::Status RunPostList(const PostOptions& options, Context& context) {
  return ShowList<v1::Post>(context, &Stub::ListPosts, v1::ListPostsRequest(), options,
                            &v1::ListPostsResponse::mutable_posts,
                            {"name", "unit", "kind", "title", "seats", "filled_seats", "vacant_seats", "state"});
}
absl::Status RunPostCreate(const PostOptions& options, Context& context) {
  auto request = WriteOf<v1::CreatePostRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_post()));
  return Show(context, &Stub::CreatePost, request);
}
absl::Status RunPostUpdate(const PostOptions& options, Context& context) {
  auto request = WriteOf<v1::UpdatePostRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_post()));
  for (const auto& [name, text] : options.fields) request.mutable_update_mask()->add_paths(name);
  request.mutable_post()->set_name(Named("posts", options.name));
  request.mutable_post()->set_etag(options.etag);
  return Show(context, &Stub::UpdatePost, request);
}
absl::Status RunPostAbolish(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::AbolishPostRequest>(options, context, "posts", "end_date"));
  return Show(context, &Stub::AbolishPost, request);
}

absl::Status RunTermGet(const PostOptions& options, Context& context) {
  v1::GetTermRequest request;
  request.set_name(Named("terms", options.name));
  return Show(context, &Stub::GetTerm, request);
}
absl::Status RunTermList(const PostOptions& options, Context& context) {
  return ShowList<v1::Term>(
      context, &Stub::ListTerms, v1::ListTermsRequest(), options, &v1::ListTermsResponse::mutable_terms,
      {"name", "unit", "number", "start_date", "due_date", "state", "election_state", "planned_election_date"});
}
absl::Status RunTermCreate(const PostOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateTermRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_term()));
  return Show(context, &Stub::CreateTerm, request);
}
absl::Status RunTermPlan(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::PlanElectionRequest>(options, context, "terms", "planned_date"));
  return Show(context, &Stub::PlanElection, request);
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
  return Show(context, &Stub::RecordElection, request);
}
absl::Status RunTermExtend(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::ExtendTermRequest>(options, context, "terms", "due_date"));
  request.set_approver(UnitName(options.approver));
  RONGHE_ASSIGN_OR_RETURN(const int reason, ReasonOf(v1::ExtensionReason_descriptor(), options.reason));
  request.set_reason(static_cast<v1::ExtensionReason>(reason));
  request.set_document(options.document);
  return Show(context, &Stub::ExtendTerm, request);
}
absl::Status RunTermEnd(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request, EventOf<v1::EndTermRequest>(options, context, "terms", "end_date"));
  return Show(context, &Stub::EndTerm, request);
}

absl::Status RunAppointmentGet(const PostOptions& options, Context& context) {
  v1::GetAppointmentRequest request;
  request.set_name(Named("appointments", options.name));
  return Show(context, &Stub::GetAppointment, request);
}
absl::Status RunAppointmentList(const PostOptions& options, Context& context) {
  v1::ListAppointmentsRequest request;
  common::Violations violations;
  SetDateText(request, "as_of", options.date, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (!options.member.empty()) request.set_member(Named("members", options.member));
  return ShowList<v1::Appointment>(context, &Stub::ListAppointments, request, options,
                                   &v1::ListAppointmentsResponse::mutable_appointments,
                                   {"name", "unit", "kind", "member", "basis", "start_date", "end_date", "state"});
}
absl::Status RunAppointmentCreate(const PostOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateAppointmentRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_appointment()));
  return Show(context, &Stub::CreateAppointment, request);
}
absl::Status RunAppointmentEnd(const PostOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(auto request,
                          EventOf<v1::EndAppointmentRequest>(options, context, "appointments", "end_date"));
  RONGHE_ASSIGN_OR_RETURN(const int reason, ReasonOf(v1::EndReason_descriptor(), options.reason));
  request.set_reason(static_cast<v1::EndReason>(reason));
  return Show(context, &Stub::EndAppointment, request);
}

}  // namespace ronghe::gateway::cli
