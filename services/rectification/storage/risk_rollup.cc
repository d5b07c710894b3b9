#include "services/rectification/storage/risk_rollup.h"

#include <string_view>
#include <utility>

#include "services/common/values/status.h"

namespace ronghe::rectification {
namespace {

namespace sql = common::sql;

constexpr std::string_view kPoints = "risk_points";
constexpr std::string_view kLate = "risk_reviews_overdue";
constexpr std::string_view kReviews = "risk_reviews";
constexpr std::string_view kOnTime = "risk_reviews_on_time";
constexpr std::string_view kFailed = "risk_reviews_failed";

constexpr sql::Query kPointCounts{"risk_points_count",
                                  "SELECT unit_uid, COUNT(*), CAST(SUM(overdue) AS BIGINT) FROM risk_point "
                                  "WHERE state = 1 GROUP BY unit_uid ORDER BY unit_uid"};
constexpr sql::Query kReviewCounts{"risk_reviews_count",
                                   "SELECT unit_uid, month, COUNT(*), CAST(SUM(on_time) AS BIGINT), "
                                   "CAST(SUM(CASE WHEN result = 2 THEN 1 ELSE 0 END) AS BIGINT) FROM risk_review "
                                   "GROUP BY unit_uid, month ORDER BY unit_uid, month"};

bool IsKept(const RiskPoint* point) {
  return point != nullptr && point->state == RiskPointState::kActive;
}
bool IsLate(const RiskPoint* point) {
  return IsKept(point) && point->overdue;
}

}  // namespace

common::MonthNumber MonthOfReview(const RiskReview& review, absl::TimeZone zone) {
  return common::MonthOf(absl::CivilMonth(absl::ToCivilSecond(review.at, zone)));
}

common::RollupChange RiskChange(const RiskPoint* before, const RiskPoint& after, const RiskReview* review,
                                absl::TimeZone zone) {
  common::RollupChange::Amount amount;
  amount.unit = after.unit;
  amount.month = review == nullptr ? 0 : MonthOfReview(*review, zone);
  const auto add = [&](std::string_view metric, int64_t value) {
    if (value != 0) amount.metrics.emplace_back(metric, value);
  };
  add(kPoints, (IsKept(&after) ? 1 : 0) - (IsKept(before) ? 1 : 0));
  add(kLate, (IsLate(&after) ? 1 : 0) - (IsLate(before) ? 1 : 0));
  if (review != nullptr) {
    add(kReviews, 1);
    add(kOnTime, review->on_time ? 1 : 0);
    add(kFailed, review->result == RiskReviewResult::kFailed ? 1 : 0);
  }
  common::RollupChange change;
  if (!amount.metrics.empty()) change.amounts.push_back(std::move(amount));
  return change;
}

absl::Status CountRisks(sql::Session& session, const common::MetricSet& metrics, common::FactSource::EachAmount each) {
  const auto add = [&](const sql::Row& row, common::MonthNumber month, std::string_view metric, int column) {
    const int64_t value = row.Int(column);
    if (value != 0) each(common::UnitUid(row.Int(0)), month, metrics.IndexOf(metric).value_or(0), value);
  };
  RONGHE_RETURN_IF_ERROR(session.Select(kPointCounts, {}, [&](const sql::Row& row) {
    add(row, 0, kPoints, 1);
    add(row, 0, kLate, 2);
    return absl::OkStatus();
  }));
  return session.Select(kReviewCounts, {}, [&](const sql::Row& row) {
    const auto month = static_cast<common::MonthNumber>(row.Int(1));
    add(row, month, kReviews, 2);
    add(row, month, kOnTime, 3);
    add(row, month, kFailed, 4);
    return absl::OkStatus();
  });
}

}  // namespace ronghe::rectification
