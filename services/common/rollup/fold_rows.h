#pragma once

#include <cstdint>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/rollup/fold_batch.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/rollup/place_tree.h"
#include "services/common/sql/database.h"

// The statements of folding; each function is a part of the publishing transaction.
namespace ronghe::common {

// How far folding has come, beside the feed position.
struct FoldState {
  int64_t tree_version = 0;
  int64_t structure_revision = 0;
  MonthNumber month = 0;
  int64_t cache_epoch = 0;
};
absl::StatusOr<FoldState> ReadFoldState(sql::Session& session);
// All but the epoch.
absl::Status WriteFoldState(sql::Session& session, const FoldState& state);

absl::Status ReadPlaces(sql::Session& session, PlaceTree& tree);
absl::Status WritePlaces(sql::Session& session, const PlaceTree& tree, const FoldBatch& batch);

absl::StatusOr<FoldBatch::Sums> ReadSums(sql::Session& session, const MetricSet& metrics, UnitUid unit,
                                         PartitionId partition, MonthNumber first);
// Adds the batch's totals; only columns that change are named.
absl::Status WriteTotals(sql::Session& session, const MetricSet& metrics, const PlaceTree& tree,
                         const FoldBatch& batch);
// Adds the batch's edges, each only if it has not been folded up to `position` already: INTERNAL if one had.
absl::Status WriteEdges(sql::Session& session, const MetricSet& metrics, const PlaceTree& tree, const FoldBatch& batch,
                        int64_t position);

}  // namespace ronghe::common
