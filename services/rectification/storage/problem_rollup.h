#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "services/common/rollup/auditor.h"
#include "services/common/rollup/change.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/values/period.h"
#include "services/rectification/domain/problem.h"

namespace ronghe::rectification {

// How problems count in the totals: the one place that knows which metric of RectificationMetrics is which number.

// What a problem counts in its unit now.
struct ProblemStocks {
  int64_t open = 0;
  int64_t overdue = 0;
};
ProblemStocks StocksOf(const Problem& problem);

// The metrics that an event is one more of.
std::vector<std::string_view> FlowsOf(ProblemEvent event, bool on_time);

// What a write adds: from one state of a problem of a unit to the next (null: it is new, or no more), and what
// happened, each step in the month of its time in the zone. `sign`: -1 for what is taken back.
common::RollupChange ProblemChange(common::UnitUid unit, const Problem* before, const Problem* after,
                                   std::span<const ProblemStep> steps, absl::TimeZone zone, int sign = 1);
// The month in which a step counts.
common::MonthNumber MonthOfStep(const ProblemStep& step, absl::TimeZone zone);

// The same from the rows, and that of risk points (risk_rollup.h): what folded totals are audited against. Thread-safe.
class ProblemFacts final : public common::FactSource {
 public:
  // `metrics` has every metric named here; it outlives this.
  explicit ProblemFacts(const common::MetricSet& metrics) : metrics_(metrics) {}
  absl::Status Count(common::sql::Session& session, EachAmount each) override;

 private:
  size_t IndexOf(std::string_view metric) const { return metrics_.IndexOf(metric).value_or(0); }

  const common::MetricSet& metrics_;
};

}  // namespace ronghe::rectification
