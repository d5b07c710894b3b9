#include "gateway/cli/risk_commands.h"

#include "gateway/cli/record_commands.h"
#include "ronghe/rectification/v1/risk_point_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = rectification::v1;
using Service = v1::RiskPointService;
using Stub = Service::Stub;

constexpr char kPoints[] = "riskPoints";

}  // namespace

absl::Status RunRiskCreate(const RiskOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateRiskPointRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_risk_point()));
  return ShowRecord<Service>(context, &Stub::CreateRiskPoint, request);
}

absl::Status RunRiskUpdate(const RiskOptions& options, Context& context) {
  auto request = WriteOf<v1::UpdateRiskPointRequest>(options, context);
  request.mutable_risk_point()->set_name(Named(kPoints, options.name));
  request.mutable_risk_point()->set_etag(options.etag);
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, *request.mutable_risk_point()));
  for (const auto& [name, text] : options.fields) request.mutable_update_mask()->add_paths(name);
  return ShowRecord<Service>(context, &Stub::UpdateRiskPoint, request);
}

absl::Status RunRiskGet(const RiskOptions& options, Context& context) {
  v1::GetRiskPointRequest request;
  request.set_name(Named(kPoints, options.name));
  return ShowRecord<Service>(context, &Stub::GetRiskPoint, request);
}

absl::Status RunRiskList(const RiskOptions& options, Context& context) {
  v1::ListRiskPointsRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  return ShowRecords<Service, v1::RiskPoint>(
      context, &Stub::ListRiskPoints, request, &v1::ListRiskPointsResponse::mutable_risk_points,
      {"name", "unit", "title", "rating", "owner", "next_review_date", "review_overdue", "failed_count"});
}

absl::Status RunRiskReview(const RiskOptions& options, Context& context) {
  auto request = EventOf<v1::ReviewRiskPointRequest>(options, context, kPoints);
  v1::RiskReview& review = *request.mutable_review();
  RONGHE_ASSIGN_OR_RETURN(const int result, ValueOf(v1::RiskReviewResult_descriptor(), options.result, "result"));
  review.set_result(static_cast<v1::RiskReviewResult>(result));
  review.set_basis(options.basis);
  review.set_finding(options.finding);
  common::Violations violations;
  if (!options.next_review_date.empty()) {
    SetDateText(request, "next_review_date", options.next_review_date, violations);
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (!options.problem_class.empty()) {
    RONGHE_ASSIGN_OR_RETURN(const int value,
                            ValueOf(v1::ProblemClass_descriptor(), options.problem_class, "problem_class"));
    request.set_problem_class(static_cast<v1::ProblemClass>(value));
  }
  request.set_working_days(options.working_days);
  return ShowRecord<Service>(context, &Stub::ReviewRiskPoint, request);
}

absl::Status RunRiskRetire(const RiskOptions& options, Context& context) {
  auto request = EventOf<v1::RetireRiskPointRequest>(options, context, kPoints);
  request.set_reason(options.reason);
  return ShowRecord<Service>(context, &Stub::RetireRiskPoint, request);
}

absl::Status RunRiskReviews(const RiskOptions& options, Context& context) {
  v1::ListRiskReviewsRequest request;
  request.set_parent(Named(kPoints, options.name));
  return ShowRecords<Service, v1::RiskReview>(
      context, &Stub::ListRiskReviews, request, &v1::ListRiskReviewsResponse::mutable_reviews,
      {"name", "due_date", "review_time", "result", "on_time", "actor", "problem"});
}

}  // namespace ronghe::gateway::cli
