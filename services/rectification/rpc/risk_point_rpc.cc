#include "services/rectification/rpc/risk_point_rpc.h"

#include <utility>

#include <fmt/format.h>

#include "services/common/values/timestamp.h"
#include "services/common/values/wire.h"

namespace ronghe::rectification {
namespace {

using common::Call;

// `violations`: on `risk_point.next_review_date`.
RiskFields RiskFieldsFrom(const v1::RiskPoint& sent, common::Violations& violations) {
  RiskFields fields;
  fields.unit = sent.unit();
  fields.owner = sent.owner();
  fields.point.title = sent.title();
  fields.point.category = sent.category();
  fields.point.rating = static_cast<RiskRating>(sent.rating());
  fields.point.description = sent.description();
  fields.point.measures = sent.measures();
  if (sent.has_next_review_date()) {
    fields.point.next_review = common::ReadDate(sent.next_review_date(), "risk_point.next_review_date", violations);
  }
  return fields;
}

}  // namespace

RiskPointRpc::RiskPointRpc(common::Wrapper& wrapper, RiskApp& app, common::RecordNames names)
    : ServiceBinding(wrapper, v1::CreateRiskPointRequest::descriptor()->file()->FindServiceByName("RiskPointService")),
      app_(app),
      names_(std::move(names)) {
  BindWrites();
  BindReviews();
  BindReads();
}

void RiskPointRpc::BindWrites() {
  Unary<v1::CreateRiskPointRequest, v1::RiskPoint>(
      "CreateRiskPoint", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::RiskPoint> {
        common::WriteOptions options = common::WriteOptionsOf(call, r, "");
        common::Violations violations = common::StartWith(options);
        const RiskFields fields = RiskFieldsFrom(r.risk_point(), violations);
        options.faults = violations.list();
        RONGHE_ASSIGN_OR_RETURN(const RiskView view, app_.Create(call, fields, options));
        return Encode(view);
      });
  Unary<v1::UpdateRiskPointRequest, v1::RiskPoint>(
      "UpdateRiskPoint", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::RiskPoint> {
        common::WriteOptions options = common::WriteOptionsOf(call, r, r.risk_point().etag());
        common::Violations violations = common::StartWith(options);
        RiskFields fields = RiskFieldsFrom(r.risk_point(), violations);
        fields.mask = {r.update_mask().paths().begin(), r.update_mask().paths().end()};
        options.faults = violations.list();
        RONGHE_ASSIGN_OR_RETURN(const RiskView view, app_.Update(call, r.risk_point().name(), fields, options));
        return Encode(view);
      });
  Unary<v1::RetireRiskPointRequest, v1::RiskPoint>(
      "RetireRiskPoint", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::RiskPoint> {
        RONGHE_ASSIGN_OR_RETURN(const RiskView view,
                                app_.Retire(call, r.name(), r.reason(), common::WriteOptionsOf(call, r, r.etag())));
        return Encode(view);
      });
}

void RiskPointRpc::BindReviews() {
  Unary<v1::ReviewRiskPointRequest, v1::RiskReview>(
      "ReviewRiskPoint", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::RiskReview> {
        common::WriteOptions options = common::WriteOptionsOf(call, r, r.etag());
        common::Violations violations = common::StartWith(options);
        NewReview fields;
        fields.review.result = static_cast<RiskReviewResult>(r.review().result());
        fields.review.basis = r.review().basis();
        fields.review.finding = r.review().finding();
        if (r.has_next_review_date()) {
          fields.next = common::ReadDate(r.next_review_date(), "next_review_date", violations);
        }
        fields.problem_class = static_cast<ProblemClass>(r.problem_class());
        fields.working_days = r.working_days();
        options.faults = violations.list();
        RONGHE_ASSIGN_OR_RETURN(const RiskReviewView view, app_.Review(call, r.name(), fields, options));
        const StoredRisk& risk = view.stored.risk;
        v1::RiskReview out = Encode(risk.id, view.stored.review, view.show_texts, risk.revision == 0);
        if (risk.revision != 0) {
          out.set_revision(names_.token_of(common::PartitionOf(risk.id.value), risk.revision));
        }
        return out;
      });
  Unary<v1::ListRiskReviewsRequest, v1::ListRiskReviewsResponse>(
      "ListRiskReviews", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::ListRiskReviewsResponse> {
        RONGHE_ASSIGN_OR_RETURN(const RiskReviewPage page,
                                app_.Reviews(call, r.parent(), r.page_size(), r.page_token()));
        v1::ListRiskReviewsResponse response;
        for (const RiskReview& one : page.reviews) {
          *response.add_reviews() = Encode(page.point.stored.id, one, page.point.show_texts, false);
        }
        response.set_next_page_token(page.next_page_token);
        return response;
      });
}

void RiskPointRpc::BindReads() {
  Unary<v1::GetRiskPointRequest, v1::RiskPoint>(
      "GetRiskPoint", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::RiskPoint> {
        RONGHE_ASSIGN_OR_RETURN(const RiskView view, app_.Get(call, r.name()));
        return Encode(view);
      });
  Unary<v1::ListRiskPointsRequest, v1::ListRiskPointsResponse>(
      "ListRiskPoints", [this](const Call& call, const auto& r) -> absl::StatusOr<v1::ListRiskPointsResponse> {
        RONGHE_ASSIGN_OR_RETURN(const RiskPage page,
                                app_.List(call, {r.parent(), r.subtree(), r.filter(), r.page_size(), r.page_token()}));
        v1::ListRiskPointsResponse response;
        for (const RiskView& one : page.points) *response.add_risk_points() = Encode(one);
        response.set_next_page_token(page.next_page_token);
        return response;
      });
}

v1::RiskPoint RiskPointRpc::Encode(const RiskView& view) const {
  const StoredRisk& stored = view.stored;
  const RiskPoint& point = stored.point;
  v1::RiskPoint out;
  out.set_unit("units/" + names_.code_of(view.unit));
  out.set_title(point.title);
  out.set_category(point.category);
  out.set_rating(static_cast<v1::RiskRating>(point.rating));
  out.set_owner(fmt::format("members/{}", point.owner));
  if (view.show_texts) {
    out.set_description(point.description);
    out.set_measures(point.measures);
    out.set_retire_reason(point.retire_reason);
  }
  out.set_state(static_cast<v1::RiskPointState>(point.state));
  if (point.next_review) common::WriteDate(*point.next_review, *out.mutable_next_review_date());
  out.set_review_overdue(point.overdue);
  out.set_review_count(point.reviews);
  out.set_failed_count(point.failed);
  if (point.last_review) common::WriteTimestamp(*point.last_review, *out.mutable_last_review_time());
  if (stored.revision == 0) return out;
  out.set_name(NameOf(stored.id));
  common::WriteTimestamp(stored.create_time, *out.mutable_create_time());
  common::WriteTimestamp(stored.update_time, *out.mutable_update_time());
  out.set_etag(EtagOf(stored));
  out.set_revision(names_.token_of(common::PartitionOf(stored.id.value), stored.revision));
  return out;
}

v1::RiskReview RiskPointRpc::Encode(RiskPointId point, const RiskReview& review, bool show_texts, bool tried) {
  v1::RiskReview out;
  common::WriteDate(review.due, *out.mutable_due_date());
  out.set_result(static_cast<v1::RiskReviewResult>(review.result));
  if (show_texts) {
    out.set_basis(review.basis);
    out.set_finding(review.finding);
  }
  out.set_on_time(review.on_time);
  out.set_actor(review.by.key);
  if (review.by.member != 0) out.set_actor_member(fmt::format("members/{}", review.by.member));
  if (tried) return out;
  out.set_name(ReviewName(point, review.number));
  common::WriteTimestamp(review.at, *out.mutable_review_time());
  if (review.problem != 0) out.set_problem(NameOf(ProblemId(review.problem)));
  return out;
}

}  // namespace ronghe::rectification
