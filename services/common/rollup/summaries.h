#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/rollup/fold_rows.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/sql/database.h"
#include "services/common/values/ids.h"
#include "services/common/values/period.h"

// Reading totals: a few rows by primary key, however large the tree.
namespace ronghe::common {

// A unit whose totals are wanted.
struct SummaryUnit {
  UnitUid uid;
  PartitionId partition;
  // Set where only the unit's total is wanted and its parent is known and lies in another partition: then it is read
  // beside the parent's other children, if it has stood there for all of the periods; own values are then 0.
  UnitUid parent = {};
  PartitionId parent_partition = {};
};

// Values of a unit in a period, in the order of the metric set.
struct SummaryValues {
  std::vector<int64_t> own;
  std::vector<int64_t> sum;
};

// What an answer is true for.
struct SummaryMark {
  int64_t position = 0;
  absl::Time time;
  int64_t structure_revision = 0;
  int64_t tree_version = 0;
  MonthNumber month = 0;  // the latest one folded
};

// Inside a snapshot: where folding stands.
absl::StatusOr<SummaryMark> ReadMark(sql::Session& session);

// Inside a snapshot: values[u * periods.size() + p] of units and periods, under the structure of then. Stocks of a
// period that has not ended are those of now.
absl::StatusOr<std::vector<SummaryValues>> ReadSummaries(sql::Session& session, const MetricSet& metrics,
                                                         std::span<const SummaryUnit> units,
                                                         std::span<const Period> periods);

}  // namespace ronghe::common
