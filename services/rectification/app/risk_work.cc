// Risk points: lists, reviews, and what the clock does.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/rectification/app/risk_app.h"

namespace ronghe::rectification {
namespace {

std::optional<RiskRating> RatingFromName(std::string_view name) {
  if (name == "HIGH") return RiskRating::kHigh;
  if (name == "MEDIUM") return RiskRating::kMedium;
  if (name == "LOW") return RiskRating::kLow;
  return std::nullopt;
}

absl::StatusOr<RiskFilter> ReadRiskFilter(const std::string& text) {
  RiskFilter filter;
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Condition> conditions,
                          common::ParseFilter(text, {"state", "rating", "category", "overdue"}));
  for (const common::Condition& one : conditions) {
    bool known = !one.negated;
    if (one.field == "state") {
      known = known && (one.value == "ACTIVE" || one.value == "RETIRED");
      filter.state = one.value == "RETIRED" ? RiskPointState::kRetired : RiskPointState::kActive;
    } else if (one.field == "rating") {
      filter.rating = RatingFromName(one.value);
      known = known && filter.rating.has_value();
    } else if (one.field == "overdue") {
      known = known && (one.value == "TRUE" || one.value == "FALSE");
      filter.overdue = one.value == "TRUE";
    } else {
      filter.category = one.value;
    }
    if (!known) {
      return common::InvalidArgument(
          "filter", "UNKNOWN_VALUE",
          {fmt::format("{} has no such value", one.field), fmt::format("{} 没有该取值", one.field)});
    }
  }
  if (conditions.empty()) filter.state = RiskPointState::kActive;
  return filter;
}

}  // namespace

common::ListPosition PositionOf(const StoredRisk& stored) {
  return {stored.point.next_review ? common::DayNumber(*stored.point.next_review) : 0, stored.id.value};
}

absl::StatusOr<RiskPage> RiskApp::List(const common::Call& call, const UnitListQuery& query) {
  common::Violations violations;
  const absl::StatusOr<RiskFilter> filter = ReadRiskFilter(query.filter);
  violations.AddAll(filter.status());
  RONGHE_ASSIGN_OR_RETURN(const UnitList list,
                          ReadUnitList(parts_.units, parts_.signer, call, query, "riskPoints", std::move(violations)));
  const auto fetch = [&](std::span<const UnitsOfPartition> units, const common::ListPosition& after, int limit) {
    return parts_.store.List(units, *filter, after, limit, call.deadline);
  };
  RONGHE_ASSIGN_OR_RETURN(UnitListPage<StoredRisk> found, PageOf<StoredRisk>(list, parts_.signer, call, fetch));
  RiskPage page;
  for (StoredRisk& one : found.records) page.points.push_back(View(call, std::move(one)));
  page.next_page_token = std::move(found.next_page_token);
  return page;
}

absl::StatusOr<RiskReviewPage> RiskApp::Reviews(const common::Call& call, const std::string& parent, int page_size,
                                                const std::string& page_token) {
  const std::string asked = "reviews\n" + parent;
  common::Violations violations;
  const RiskPointId id(common::IdFromName(parent, "riskPoints"));
  if (!id) violations.AddAll(common::BadName(parent, "parent", "riskPoints"));
  const absl::StatusOr<int> size = common::PageSize(page_size);
  violations.AddAll(size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(parts_.signer, asked, page_token);
  violations.AddAll(token.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RiskReviewPage page;
  RONGHE_ASSIGN_OR_RETURN(page.point, Get(call, parent));
  RONGHE_ASSIGN_OR_RETURN(const common::ListPosition before, common::ReadListPosition(*token));
  RONGHE_ASSIGN_OR_RETURN(
      page.reviews,
      parts_.store.Reviews(id, token->empty() ? INT32_MAX : static_cast<int>(before.key), *size + 1, call.deadline));
  if (page.reviews.size() > static_cast<size_t>(*size)) {
    page.reviews.pop_back();
    page.next_page_token = common::MakePageToken(parts_.signer, asked,
                                                 common::TextOf(common::ListPosition{page.reviews.back().number, 0}));
  }
  return page;
}

absl::StatusOr<int64_t> RiskApp::OpenProblem(RiskTxn& txn, const StoredRisk& before, const NewReview& fields,
                                             int number, const Person& by) const {
  const std::optional<common::UnitView> unit = parts_.units.Find(before.point.unit);
  if (!unit) return common::Internal("a unit has gone from the directory");
  Problem problem;
  problem.source = ProblemSource::kOther;
  problem.category = before.point.category;
  problem.problem_class =
      fields.problem_class == ProblemClass::kUnspecified ? ProblemClass::kTimeBound : fields.problem_class;
  problem.description = fields.review.finding;
  problem.person = before.point.owner;
  problem.cause = ReviewName(before.id, number);
  common::Violations violations;
  parts_.problems.CheckNew(problem, fields.working_days, "", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  problem.unit = before.point.unit;
  RONGHE_RETURN_IF_ERROR(parts_.problems.PlaceUnder("", *unit, problem));
  RONGHE_ASSIGN_OR_RETURN(const StoredProblem opened, parts_.problems.Open(txn.problems(), problem, by));
  return opened.id.value;
}

absl::StatusOr<RiskReviewView> RiskApp::Review(const common::Call& call, const std::string& name,
                                               const NewReview& fields, const common::WriteOptions& options) {
  common::Violations form = common::StartWith(options);
  const RiskPointId id(common::IdFromName(name, "riskPoints"));
  if (!id) form.AddAll(common::BadName(name, "name", "riskPoints"));
  RONGHE_RETURN_IF_ERROR(form.ToStatus());
  const Person by = PersonOf(call.actor);
  const auto change = [&](RiskTxn& txn, std::string& remember) -> absl::StatusOr<StoredReview> {
    RONGHE_ASSIGN_OR_RETURN(const StoredRisk before, Found(txn, call, name, options.etag));
    RONGHE_RETURN_IF_ERROR(Decide(before.point, RiskPointEvent::kReview, by, name).status());
    common::Violations violations;
    CheckRiskReview(fields.review, violations);
    RiskPoint after = before.point;
    after.next_review = NextReview(fields.next, after.rating, parts_.calendar.Today(), "next_review_date", violations);
    RONGHE_RETURN_IF_ERROR(violations.ToStatus());
    RiskReview review = fields.review;
    review.number = ++after.reviews;
    review.due = before.point.next_review.value_or(parts_.calendar.Today());
    review.at = txn.problems().now();
    review.on_time = review.at < DeadlineOf(review.due, parts_.calendar.zone());
    review.by = by;
    if (review.result == RiskReviewResult::kFailed) {
      RONGHE_ASSIGN_OR_RETURN(review.problem, OpenProblem(txn, before, fields, review.number, by));
      ++after.failed;
    }
    after.overdue = false;
    after.last_review = review.at;
    remember = ReviewName(id, review.number);
    RONGHE_ASSIGN_OR_RETURN(StoredRisk stored, txn.Replace(before, after, &review, NextLook(after)));
    return StoredReview{std::move(stored), std::move(review)};
  };
  const auto again = [&](RiskTxn& txn, const std::string& remembered) -> absl::StatusOr<StoredReview> {
    RONGHE_ASSIGN_OR_RETURN(StoredRisk stored, Found(txn, call, name, ""));
    const int64_t number = common::IdFromName(remembered, NameOf(id) + "/reviews");
    RONGHE_ASSIGN_OR_RETURN(std::optional<RiskReview> review, txn.FindReview(id, static_cast<int>(number)));
    if (!review) return common::Internal("a remembered review is not there");
    return StoredReview{std::move(stored), *std::move(review)};
  };
  RiskReviewView view;
  RONGHE_ASSIGN_OR_RETURN(view.stored, Run<StoredReview>(common::PartitionOf(id.value), call, options, change, again));
  view.show_texts = View(call, view.stored.risk).show_texts;
  return view;
}

absl::Status RiskApp::Due(RiskTxn& txn, RiskPointId id, absl::Time due) const {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredRisk> before, txn.Find(id));
  if (!before || before->point.overdue || !before->point.next_review ||
      !Decide(before->point, RiskPointEvent::kPassReviewDate, {}, NameOf(id)).ok()) {
    return absl::OkStatus();
  }
  // The server's clock may be ahead of this process'.
  if (std::max(txn.problems().now(), due) < DeadlineOf(*before->point.next_review, parts_.calendar.zone())) {
    return absl::OkStatus();
  }
  RiskPoint after = before->point;
  after.overdue = true;
  return txn.Replace(*before, after, nullptr, absl::InfiniteFuture()).status();
}

}  // namespace ronghe::rectification
