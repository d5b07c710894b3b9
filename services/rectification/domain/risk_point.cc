#include "services/rectification/domain/risk_point.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/text_rules.h"

namespace ronghe::rectification {
namespace {

using S = RiskPointState;
using E = RiskPointEvent;

constexpr RiskPointTransition kTable[] = {
    {S::kActive, E::kUpdate, S::kActive},
    {S::kActive, E::kReview, S::kActive},
    {S::kActive, E::kRetire, S::kRetired},
    {S::kActive, E::kPassReviewDate, S::kActive},
};

// A text that may have several lines.
void CheckLines(const std::string& field, size_t min, size_t max, std::string text, common::Violations& violations) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  common::CheckText({field, min, max}, text, violations);
}

}  // namespace

common::Text StateText(RiskPointState state) {
  return state == S::kRetired ? common::Text{"retired", "已撤销"} : common::Text{"active", "在管"};
}

common::Text EventText(RiskPointEvent event) {
  switch (event) {
    case E::kUpdate:
      return {"update", "修改"};
    case E::kReview:
      return {"review", "复核"};
    case E::kRetire:
      return {"retire", "撤销"};
    case E::kPassReviewDate:
      return {"pass the review date", "复核超期"};
  }
  return {};
}

std::span<const RiskPointTransition> RiskPointTransitions() {
  return kTable;
}

absl::StatusOr<RiskPointState> Decide(const RiskPoint& point, RiskPointEvent event, const Person& who,
                                      const std::string& resource) {
  RONGHE_ASSIGN_OR_RETURN(const RiskPointState next,
                          common::NextState(RiskPointTransitions(), point.state, event, "RISK_POINT_STATE", resource));
  if (event == E::kReview && who.member != 0 && who.member == point.owner) {
    return common::RefuseTransition({"OWN_RISK_POINT",
                                     resource,
                                     StateText(point.state),
                                     EventText(event),
                                     {"who answers for a risk point does not review it", "责任人不能复核自己的风险点"},
                                     {EventText(E::kUpdate), EventText(E::kRetire)}});
  }
  return next;
}

void CheckRiskPoint(const RiskPoint& point, const Policy& policy, std::string_view prefix,
                    common::Violations& violations) {
  const auto field = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  const std::string title = field("title");
  common::CheckText({title, 1, 100}, point.title, violations);
  if (!policy.HasCategory(point.category)) {
    violations.Add(field("category"), point.category.empty() ? "REQUIRED" : "UNKNOWN_VALUE",
                   {"is not a category of the rules", "不是规则中的问题类别"});
  }
  if (point.rating < RiskRating::kHigh || point.rating > RiskRating::kLow) {
    violations.Add(field("rating"), point.rating == RiskRating::kUnspecified ? "REQUIRED" : "UNKNOWN_VALUE",
                   {"must be HIGH, MEDIUM or LOW", "应为高、中或低"});
  }
  CheckLines(field("description"), 1, 2000, point.description, violations);
  CheckLines(field("measures"), 1, 4000, point.measures, violations);
}

void CheckRiskReview(const RiskReview& review, common::Violations& violations) {
  if (review.result != RiskReviewResult::kPassed && review.result != RiskReviewResult::kFailed) {
    violations.Add("review.result", review.result == RiskReviewResult::kUnspecified ? "REQUIRED" : "UNKNOWN_VALUE",
                   {"must be PASSED or FAILED", "应为落实到位或未落实"});
    return;
  }
  const bool failed = review.result == RiskReviewResult::kFailed;
  CheckLines("review.basis", failed ? 0 : 1, 500, review.basis, violations);
  CheckLines("review.finding", failed ? 1 : 0, 2000, review.finding, violations);
  if (!failed && !review.finding.empty()) {
    violations.Add("review.finding", "NOT_ALLOWED", {"is for a failed review", "仅在未落实时填写"});
  }
}

absl::CivilDay LatestReview(RiskRating rating, absl::CivilDay last, const Policy& policy) {
  return last + policy.RiskReviewDays(static_cast<int>(rating));
}

}  // namespace ronghe::rectification
