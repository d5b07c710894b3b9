#include "services/rectification/rpc/problem_rpc.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/wire.h"

namespace ronghe::rectification {
namespace {

using common::Call;

constexpr int kMaxBatch = 500;

void ReadDue(const google::type::Date& date, ProblemAction& action, common::WriteOptions& options) {
  common::Violations violations;
  action.due = common::ReadDate(date, "due_date", violations);
  options.faults.insert(options.faults.end(), violations.list().begin(), violations.list().end());
}

ProblemEvent EventOf(v1::Verdict verdict) {
  if (verdict == v1::VERDICT_CLOSE) return ProblemEvent::kClose;
  return verdict == v1::VERDICT_RETURN ? ProblemEvent::kReturn : ProblemEvent::kUnspecified;
}

}  // namespace

ProblemRpc::ProblemRpc(common::Wrapper& wrapper, Parts parts)
    : ServiceBinding(wrapper, v1::CreateProblemRequest::descriptor()->file()->FindServiceByName("ProblemService")),
      parts_(std::move(parts)) {
  Unary<v1::CreateProblemRequest, v1::Problem>("CreateProblem",
                                               [this](const Call& c, const auto& r) { return Create(c, r); });
  Unary<v1::UpdateProblemRequest, v1::Problem>("UpdateProblem",
                                               [this](const Call& c, const auto& r) { return Update(c, r); });
  Unary<v1::BatchVerifyProblemsRequest, v1::BatchVerifyProblemsResponse>(
      "BatchVerifyProblems", [this](const Call& c, const auto& r) { return BatchVerify(c, r); });
  BindReads();
  BindEvents();
  BindOrders();
}

void ProblemRpc::BindReads() {
  Unary<v1::GetProblemRequest, v1::Problem>(
      "GetProblem", [this](const Call& c, const auto& r) { return Encode(parts_.app.Get(c, r.name())); });
  Unary<v1::ListProblemsRequest, v1::ListProblemsResponse>("ListProblems",
                                                           [this](const Call& c, const auto& r) { return List(c, r); });
  Unary<v1::ListWorklistRequest, v1::ListWorklistResponse>(
      "ListWorklist", [this](const Call& c, const auto& r) { return ListWorklist(c, r); });
  Unary<v1::CountProblemsRequest, v1::CountProblemsResponse>(
      "CountProblems", [this](const Call& c, const auto& r) -> absl::StatusOr<v1::CountProblemsResponse> {
        RONGHE_ASSIGN_OR_RETURN(const ProblemCountTables tables, parts_.query.Count(c, r.parent()));
        return ToProto(tables);
      });
  Unary<v1::ListProblemHistoryRequest, v1::ListProblemHistoryResponse>(
      "ListProblemHistory", [this](const Call& c, const auto& r) { return History(c, r); });
  Unary<v1::GetRectificationRulesRequest, v1::RectificationRules>(
      "GetRectificationRules", [this](const Call&, const auto&) -> absl::StatusOr<v1::RectificationRules> {
        v1::RectificationRules rules;
        *rules.mutable_policy() = parts_.policy.message;
        *rules.mutable_calendar() = parts_.calendar.message;
        return rules;
      });
}

template <typename Request>
void ProblemRpc::Event(const char* method, ProblemEvent event,
                       std::function<void(const Request&, ProblemAction&, common::WriteOptions&)> fill) {
  Unary<Request, v1::Problem>(method, [this, event, fill = std::move(fill)](const Call& call, const Request& request) {
    ProblemAction action;
    action.event = event;
    action.reason = request.reason();
    common::WriteOptions options = common::WriteOptionsOf(call, request, request.etag());
    fill(request, action, options);
    return Encode(parts_.app.Do(call, request.name(), action, options));
  });
}

void ProblemRpc::BindEvents() {
  const auto nothing = [](const auto&, ProblemAction&, common::WriteOptions&) {};
  const auto evidence = [](const auto& r, ProblemAction& action, common::WriteOptions&) {
    action.evidence = EvidenceFrom(r.evidence());
  };
  Event<v1::AssignProblemRequest>("AssignProblem", ProblemEvent::kAssign,
                                  [](const auto& r, ProblemAction& action, common::WriteOptions& options) {
                                    action.person = r.person();
                                    action.measures = r.measures();
                                    action.working_days = r.working_days();
                                    ReadDue(r.due_date(), action, options);
                                  });
  Event<v1::StartProblemRequest>("StartProblem", ProblemEvent::kStart, nothing);
  Event<v1::SubmitProblemRequest>("SubmitProblem", ProblemEvent::kSubmit, evidence);
  Event<v1::VerifyProblemRequest>("VerifyProblem", ProblemEvent::kUnspecified,
                                  [](const auto& r, ProblemAction& action, common::WriteOptions&) {
                                    action.event = EventOf(r.verdict());
                                    action.evidence = EvidenceFrom(r.evidence());
                                  });
  Event<v1::ReopenProblemRequest>("ReopenProblem", ProblemEvent::kReopen, evidence);
  Event<v1::RecordLookBackRequest>("RecordLookBack", ProblemEvent::kLookBack, evidence);
  Event<v1::CancelProblemRequest>("CancelProblem", ProblemEvent::kCancel, nothing);
  Event<v1::PauseProblemRequest>("PauseProblem", ProblemEvent::kPause, nothing);
  Event<v1::ResumeProblemRequest>("ResumeProblem", ProblemEvent::kResume, nothing);
  Event<v1::RequestExtensionRequest>("RequestExtension", ProblemEvent::kRequestExtension,
                                     [](const auto& r, ProblemAction& action, common::WriteOptions& options) {
                                       action.evidence = EvidenceFrom(r.evidence());
                                       ReadDue(r.due_date(), action, options);
                                     });
  Event<v1::DecideExtensionRequest>("DecideExtension", ProblemEvent::kRefuseExtension,
                                    [](const auto& r, ProblemAction& action, common::WriteOptions&) {
                                      if (r.granted()) action.event = ProblemEvent::kGrantExtension;
                                    });
}

absl::StatusOr<v1::Problem> ProblemRpc::Encode(const absl::StatusOr<ProblemView>& view) const {
  if (!view.ok()) return view.status();
  return ToProto(*view, parts_.names);
}

absl::StatusOr<v1::Problem> ProblemRpc::Create(const Call& call, const v1::CreateProblemRequest& request) {
  const v1::Problem& sent = request.problem();
  common::Violations violations;
  NewProblem fields;
  fields.unit = sent.unit();
  fields.supervising_unit = sent.supervising_unit();
  fields.person = sent.person();
  fields.recurrence_of = sent.recurrence_of();
  fields.working_days = sent.working_days();
  fields.problem = FromProto(sent, "problem.due_date", violations);
  return Encode(
      parts_.app.Create(call, std::move(fields), common::WriteOptionsOf(call, request, "", std::move(violations))));
}

absl::StatusOr<v1::Problem> ProblemRpc::Update(const Call& call, const v1::UpdateProblemRequest& request) {
  const v1::Problem& sent = request.problem();
  common::Violations violations;
  ProblemUpdate update;
  update.person = sent.person();
  update.working_days = sent.working_days();
  update.problem = FromProto(sent, "problem.due_date", violations);
  update.mask = {request.update_mask().paths().begin(), request.update_mask().paths().end()};
  return Encode(parts_.app.Update(call, sent.name(), update,
                                  common::WriteOptionsOf(call, request, sent.etag(), std::move(violations))));
}

absl::StatusOr<v1::ListProblemsResponse> ProblemRpc::List(const Call& call, const v1::ListProblemsRequest& request) {
  // Before the rows are read: what is published until then is in them.
  RONGHE_ASSIGN_OR_RETURN(const int64_t position, parts_.feed.Last(call.deadline));
  RONGHE_ASSIGN_OR_RETURN(const ProblemPage page,
                          parts_.query.List(call, {request.parent(), request.subtree(), request.page_size(),
                                                   request.page_token(), request.filter(), request.order_by()}));
  v1::ListProblemsResponse response;
  for (const ProblemView& view : page.problems) *response.add_problems() = ToProto(view, parts_.names);
  response.set_next_page_token(page.next_page_token);
  RONGHE_ASSIGN_OR_RETURN(*response.mutable_resume_token(), parts_.watch.TokenAt(position));
  return response;
}

absl::StatusOr<v1::ListWorklistResponse> ProblemRpc::ListWorklist(const Call& call,
                                                                  const v1::ListWorklistRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(
      const ProblemPage page,
      parts_.query.ListWorklist(call, {request.parent(), static_cast<Worklist>(request.worklist()), request.subtree(),
                                       request.person(), request.page_size(), request.page_token()}));
  v1::ListWorklistResponse response;
  for (const ProblemView& view : page.problems) *response.add_problems() = ToProto(view, parts_.names);
  response.set_next_page_token(page.next_page_token);
  return response;
}

absl::StatusOr<v1::ListProblemHistoryResponse> ProblemRpc::History(const Call& call,
                                                                   const v1::ListProblemHistoryRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const ProblemHistory history,
                          parts_.query.History(call, request.parent(), request.page_size(), request.page_token()));
  v1::ListProblemHistoryResponse response;
  for (const ProblemStep& step : history.steps) *response.add_steps() = ToProto(step, history, parts_.names);
  response.set_next_page_token(history.next_page_token);
  return response;
}

absl::StatusOr<v1::BatchVerifyProblemsResponse> ProblemRpc::BatchVerify(const Call& call,
                                                                        const v1::BatchVerifyProblemsRequest& request) {
  common::Violations violations;
  const common::RequestKey key = common::KeyOf(call, request.request_id(), request, violations);
  std::set<std::string> names;
  for (int i = 0; i < request.verifications_size(); ++i) {
    if (names.insert(request.verifications(i).name()).second) continue;
    violations.Add(fmt::format("verifications[{}].name", i), "DUPLICATE", {"is there twice", "问题重复"});
  }
  if (names.empty()) violations.Add("verifications", "REQUIRED", {"is required", "必填"});
  if (request.verifications_size() > kMaxBatch) {
    violations.Add("verifications", "TOO_MANY", {"has more than 500 entries", "超过 500 项"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  v1::BatchVerifyProblemsResponse response;
  for (const v1::ProblemVerification& one : request.verifications()) {
    if (call.cancelled()) return common::Cancelled();
    ProblemAction action;
    action.event = EventOf(one.verdict());
    action.reason = one.reason();
    common::WriteOptions options;
    options.key = key;
    // Each is a write of its own.
    if (!key.request_id.empty()) options.key.request_id = fmt::format("{}/{}", key.request_id, one.name());
    options.etag = one.etag();
    v1::ProblemVerificationResult& result = *response.add_results();
    result.set_name(one.name());
    const absl::StatusOr<ProblemView> view = parts_.app.Do(call, one.name(), action, options);
    if (view.ok()) {
      *result.mutable_problem() = ToProto(*view, parts_.names);
    } else {
      result.mutable_status()->ParseFromString(common::SerializedDetails(view.status()));
    }
  }
  return response;
}

}  // namespace ronghe::rectification
