#include "services/organization/rpc/post_rpc.h"

#include "services/organization/rpc/post_codec.h"
#include "services/organization/rpc/wire.h"
#include "services/organization/rpc/write_options.h"

namespace ronghe::organization {
namespace {

using common::Call;

PostFields FieldsOf(const v1::Post& post) {
  return {post.kind(), post.title(), post.seats()};
}

}  // namespace

template <typename Stored>
auto PostRpc::Encode(const absl::StatusOr<Stored>& stored) {
  using Message = decltype(ToProto(*stored, parts_.tree, parts_.gate));
  if (!stored.ok()) return absl::StatusOr<Message>(stored.status());
  return absl::StatusOr<Message>(ToProto(*stored, parts_.tree, parts_.gate));
}

PostRpc::PostRpc(common::Wrapper& wrapper, Parts parts)
    : ServiceBinding(wrapper, v1::CreatePostRequest::descriptor()->file()->FindServiceByName("PostService")),
      parts_(parts) {
  Unary<v1::CreatePostRequest, v1::Post>("CreatePost",
                                         [this](const Call& c, const auto& r) { return CreatePost(c, r); });
  Unary<v1::GetPostRequest, v1::Post>("GetPost", [this](const Call& c, const auto& r) { return GetPost(c, r); });
  Unary<v1::ListPostsRequest, v1::ListPostsResponse>("ListPosts",
                                                     [this](const Call& c, const auto& r) { return ListPosts(c, r); });
  Unary<v1::UpdatePostRequest, v1::Post>("UpdatePost",
                                         [this](const Call& c, const auto& r) { return UpdatePost(c, r); });
  Unary<v1::AbolishPostRequest, v1::Post>("AbolishPost",
                                          [this](const Call& c, const auto& r) { return AbolishPost(c, r); });
  Unary<v1::CreateTermRequest, v1::Term>("CreateTerm",
                                         [this](const Call& c, const auto& r) { return CreateTerm(c, r); });
  Unary<v1::GetTermRequest, v1::Term>("GetTerm", [this](const Call& c, const auto& r) { return GetTerm(c, r); });
  Unary<v1::ListTermsRequest, v1::ListTermsResponse>("ListTerms",
                                                     [this](const Call& c, const auto& r) { return ListTerms(c, r); });
  Unary<v1::PlanElectionRequest, v1::Term>("PlanElection",
                                           [this](const Call& c, const auto& r) { return PlanElection(c, r); });
  Unary<v1::RecordElectionRequest, v1::RecordElectionResponse>(
      "RecordElection", [this](const Call& c, const auto& r) { return RecordElection(c, r); });
  Unary<v1::ExtendTermRequest, v1::Term>("ExtendTerm",
                                         [this](const Call& c, const auto& r) { return ExtendTerm(c, r); });
  Unary<v1::EndTermRequest, v1::Term>("EndTerm", [this](const Call& c, const auto& r) { return EndTerm(c, r); });
  Unary<v1::CreateAppointmentRequest, v1::Appointment>(
      "CreateAppointment", [this](const Call& c, const auto& r) { return CreateAppointment(c, r); });
  Unary<v1::GetAppointmentRequest, v1::Appointment>(
      "GetAppointment", [this](const Call& c, const auto& r) { return GetAppointment(c, r); });
  Unary<v1::ListAppointmentsRequest, v1::ListAppointmentsResponse>(
      "ListAppointments", [this](const Call& c, const auto& r) { return ListAppointments(c, r); });
  Unary<v1::EndAppointmentRequest, v1::Appointment>(
      "EndAppointment", [this](const Call& c, const auto& r) { return EndAppointment(c, r); });
}

absl::StatusOr<v1::Post> PostRpc::CreatePost(const Call& call, const v1::CreatePostRequest& request) {
  return Encode(
      parts_.posts.CreatePost(call, request.post().unit(), FieldsOf(request.post()),
                              DatedOptionsOf(call, request, request.post().start_date(), "post.start_date", "")));
}

absl::StatusOr<v1::Post> PostRpc::GetPost(const Call& call, const v1::GetPostRequest& request) {
  return Encode(parts_.posts.GetPost(call, request.name()));
}

absl::StatusOr<v1::ListPostsResponse> PostRpc::ListPosts(const Call& call, const v1::ListPostsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(auto page, parts_.query.ListPosts(call, RecordsQueryOf(request)));
  v1::ListPostsResponse response;
  for (const auto& record : page.records) *response.add_posts() = ToProto(record, parts_.tree, parts_.gate);
  response.set_next_page_token(std::move(page.next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page.position));
  return response;
}

absl::StatusOr<v1::Post> PostRpc::UpdatePost(const Call& call, const v1::UpdatePostRequest& request) {
  const auto& paths = request.update_mask().paths();
  const PostApp::PostChanges changes{FieldsOf(request.post()), {paths.begin(), paths.end()}};
  return Encode(parts_.posts.UpdatePost(call, request.post().name(), changes,
                                        DatedOptionsOf(call, request, {}, "", request.post().etag())));
}

absl::StatusOr<v1::Post> PostRpc::AbolishPost(const Call& call, const v1::AbolishPostRequest& request) {
  return Encode(parts_.posts.AbolishPost(
      call, request.name(), DatedOptionsOf(call, request, request.end_date(), "end_date", request.etag())));
}

absl::StatusOr<v1::Term> PostRpc::CreateTerm(const Call& call, const v1::CreateTermRequest& request) {
  return Encode(
      parts_.posts.CreateTerm(call, request.term().unit(), request.term().number(),
                              DatedOptionsOf(call, request, request.term().start_date(), "term.start_date", "")));
}

absl::StatusOr<v1::Term> PostRpc::GetTerm(const Call& call, const v1::GetTermRequest& request) {
  return Encode(parts_.posts.GetTerm(call, request.name()));
}

absl::StatusOr<v1::ListTermsResponse> PostRpc::ListTerms(const Call& call, const v1::ListTermsRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(auto page, parts_.query.ListTerms(call, RecordsQueryOf(request)));
  v1::ListTermsResponse response;
  for (const auto& record : page.records) *response.add_terms() = ToProto(record, parts_.tree, parts_.gate);
  response.set_next_page_token(std::move(page.next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page.position));
  return response;
}

absl::StatusOr<v1::Term> PostRpc::PlanElection(const Call& call, const v1::PlanElectionRequest& request) {
  return Encode(parts_.posts.PlanElection(
      call, request.name(), DatedOptionsOf(call, request, request.planned_date(), "planned_date", request.etag())));
}

absl::StatusOr<v1::RecordElectionResponse> PostRpc::RecordElection(const Call& call,
                                                                   const v1::RecordElectionRequest& request) {
  WriteOptions options = DatedOptionsOf(call, request, request.held_date(), "held_date", request.etag());
  if (request.result() != v1::ELECTION_RESULT_ELECTED && request.result() != v1::ELECTION_RESULT_FAILED) {
    options.faults.push_back({"result", "REQUIRED", {"must be ELECTED or FAILED", "应为选举成功或未成功"}});
  }
  PostApp::Election election;
  election.valid = request.result() == v1::ELECTION_RESULT_ELECTED;
  for (const v1::ElectedMember& one : request.elected()) election.elected.push_back({one.post(), one.member()});
  election.document = request.document();
  RONGHE_ASSIGN_OR_RETURN(const PostApp::ElectionOutcome outcome,
                          parts_.posts.RecordElection(call, request.name(), election, options));
  v1::RecordElectionResponse response;
  *response.mutable_term() = ToProto(outcome.term, parts_.tree, parts_.gate);
  if (outcome.next) *response.mutable_next_term() = ToProto(*outcome.next, parts_.tree, parts_.gate);
  for (const StoredAppointment& one : outcome.appointments) {
    *response.add_appointments() = ToProto(one, parts_.tree, parts_.gate);
  }
  return response;
}

absl::StatusOr<v1::Term> PostRpc::ExtendTerm(const Call& call, const v1::ExtendTermRequest& request) {
  return Encode(parts_.posts.ExtendTerm(call, request.name(),
                                        {request.approver(), request.reason(), request.document()},
                                        DatedOptionsOf(call, request, request.due_date(), "due_date", request.etag())));
}

absl::StatusOr<v1::Term> PostRpc::EndTerm(const Call& call, const v1::EndTermRequest& request) {
  return Encode(parts_.posts.EndTerm(call, request.name(),
                                     DatedOptionsOf(call, request, request.end_date(), "end_date", request.etag())));
}

absl::StatusOr<v1::Appointment> PostRpc::CreateAppointment(const Call& call,
                                                           const v1::CreateAppointmentRequest& request) {
  const v1::Appointment& sent = request.appointment();
  return Encode(
      parts_.posts.CreateAppointment(call, {sent.post(), sent.member(), sent.basis(), sent.document()},
                                     DatedOptionsOf(call, request, sent.start_date(), "appointment.start_date", "")));
}

absl::StatusOr<v1::Appointment> PostRpc::GetAppointment(const Call& call, const v1::GetAppointmentRequest& request) {
  return Encode(parts_.posts.GetAppointment(call, request.name()));
}

absl::StatusOr<v1::ListAppointmentsResponse> PostRpc::ListAppointments(const Call& call,
                                                                       const v1::ListAppointmentsRequest& request) {
  common::Violations violations;
  ListRecordsQuery query = RecordsQueryOf(request);
  query.member = request.member();
  query.as_of = ReadDate(request.as_of(), "as_of", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(auto page, parts_.query.ListAppointments(call, query));
  v1::ListAppointmentsResponse response;
  for (const auto& record : page.records) *response.add_appointments() = ToProto(record, parts_.tree, parts_.gate);
  response.set_next_page_token(std::move(page.next_page_token));
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(page.position));
  return response;
}

absl::StatusOr<v1::Appointment> PostRpc::EndAppointment(const Call& call, const v1::EndAppointmentRequest& request) {
  return Encode(
      parts_.posts.EndAppointment(call, request.name(), request.reason(),
                                  DatedOptionsOf(call, request, request.end_date(), "end_date", request.etag())));
}

}  // namespace ronghe::organization
