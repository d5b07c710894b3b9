#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/rollup/metric_set.h"
#include "services/common/rollup/summaries.h"
#include "services/common/sql/database.h"
#include "services/common/values/ids.h"
#include "services/common/values/period.h"

// Past months under the structure of today. Costs a few reads for each unit that has moved since, however large the
// tree: whatever lies between moved units is the same then and now, and its figures are a difference of stored totals.
namespace ronghe::common {

// A unit that came to be, or ceased to be, below another, with everything that came or went with it.
struct StructureDifference {
  UnitUid unit;
  PartitionId partition;
  bool joined = false;           // else it left
  UnitUid parent_then;           // at the end of the month; 0: none
  UnitUid parent_now;            // 0: none
  std::vector<int64_t> amounts;  // what it brought or took, in the order of the set; not all 0
};

// Of one unit and one month, each in the order of the set: now - then = sum of joined - sum of left, in every metric.
struct MonthDifference {
  std::vector<int64_t> then;  // under the structure of the end of the month
  std::vector<int64_t> now;   // the own figures of that month of the units that are below today
  // The uppermost units that moved as a whole, by uid. A unit that came with its old surroundings is not named.
  std::vector<StructureDifference> units;
};

// Inside a snapshot. A unit that is unknown has zeros.
absl::StatusOr<MonthDifference> ReadDifference(sql::Session& session, const MetricSet& metrics, UnitUid unit,
                                               PartitionId partition, MonthNumber month);

// Inside a snapshot: the units that stood directly under one at the end of a month, by uid. `today`: those that do
// today.
absl::StatusOr<std::vector<UnitUid>> ReadChildrenAt(sql::Session& session, UnitUid parent, MonthNumber month,
                                                    std::span<const UnitUid> today);

// Inside a snapshot: like ReadSummaries, with sums under today's structure: flows of every month of a period, and
// stocks at its end, as the units that are below today had them. Own values are the same.
absl::StatusOr<std::vector<SummaryValues>> ReadSummariesNow(sql::Session& session, const MetricSet& metrics,
                                                            std::span<const SummaryUnit> units,
                                                            std::span<const Period> periods);

}  // namespace ronghe::common
