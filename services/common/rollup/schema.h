#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/rollup/metric_set.h"
#include "services/common/sql/database.h"

namespace ronghe::common {

// Brings the tables of totals up to date: the migrations of component `rollup`, and for each metric the columns
// own_NAME and sum_NAME of rollup_total and sum_NAME of rollup_edge. A metric that is new is 0 everywhere; the columns
// of one that is declared no longer stay. Several processes may call it at once.
absl::Status MigrateRollup(sql::Database& database, const MetricSet& metrics);
// How many steps are missing; readiness waits for 0.
absl::StatusOr<int> PendingRollupMigrations(sql::Database& database, const MetricSet& metrics);

inline std::string OwnColumn(const MetricSet::Metric& metric) {
  return "own_" + metric.name;
}
inline std::string SumColumn(const MetricSet::Metric& metric) {
  return "sum_" + metric.name;
}
// `, a, b, c` for a list of columns, in the order of the set.
std::string OwnColumns(const MetricSet& metrics);
std::string SumColumns(const MetricSet& metrics);

}  // namespace ronghe::common
