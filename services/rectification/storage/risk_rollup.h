#pragma once

#include "services/common/rollup/auditor.h"
#include "services/common/rollup/change.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/sql/database.h"
#include "services/common/values/period.h"
#include "services/rectification/domain/risk_point.h"

namespace ronghe::rectification {

// How risk points and their reviews count in the totals, and the same from the rows.

// The month in which a review counts.
common::MonthNumber MonthOfReview(const RiskReview& review, absl::TimeZone zone);
// What a write adds: from one state of a risk point to the next (null: it is new), and the review made in it (may be
// null).
common::RollupChange RiskChange(const RiskPoint* before, const RiskPoint& after, const RiskReview* review,
                                absl::TimeZone zone);
// What folded totals are audited against.
absl::Status CountRisks(common::sql::Session& session, const common::MetricSet& metrics,
                        common::FactSource::EachAmount each);

}  // namespace ronghe::rectification
