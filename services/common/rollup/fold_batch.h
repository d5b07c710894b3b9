#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/rollup/change.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/rollup/place_tree.h"

namespace ronghe::common {

// What a run of changes, in feed order, adds to the rows of rollup_total and rollup_edge. Everything is a sum, so a
// batch is written in one pass, whatever its changes have in common. Changes the tree as it goes. Not thread-safe.
//
// A stock is kept as its value of now and, for each month, by how much it changed: a move takes from the old parents,
// and gives to the new ones, the whole stock in the month of the move. It changes in the month in which the change was
// logged, also where changes of a later month were folded before. A flow goes to the units that were above at the end
// of its month.
class FoldBatch {
 public:
  // What is stored of a unit's sums: for a month (0: stocks of now), the values in the order of the set.
  using Sums = std::vector<std::pair<MonthNumber, std::vector<int64_t>>>;
  // Reads what is stored for a unit, months 0 and from `first` on.
  using ReadSums = std::function<absl::StatusOr<Sums>(UnitUid unit, PartitionId partition, MonthNumber first)>;

  // `month`: the latest month folded so far.
  FoldBatch(const MetricSet& metrics, PlaceTree& tree, MonthNumber month, ReadSums read_sums);

  // Folds one change, logged in a month and a partition.
  absl::Status Add(const RollupChange& change, MonthNumber logged, PartitionId partition);

  // What to add, by unit and month.
  struct Total {
    PlaceTree::Index unit;
    MonthNumber month;
    std::span<const int64_t> own;
    std::span<const int64_t> sum;
  };
  // What a unit adds to a parent in another partition.
  struct Edge {
    PlaceTree::Index parent;
    PlaceTree::Index child;
    MonthNumber month;
    std::span<const int64_t> sum;
  };
  // Ordered by partition and unit; rows that add nothing are left out. Valid until the next Add.
  std::vector<Total> Totals() const;
  std::vector<Edge> Edges() const;
  // Units placed, for rollup_place.
  struct Placed {
    PlaceTree::Index unit;
    PlaceTree::Index parent;
    MonthNumber from;
  };
  const std::vector<Placed>& placed() const { return placed_; }
  MonthNumber month() const { return month_; }

 private:
  using Index = PlaceTree::Index;
  struct Link {
    Index parent;
    Index child;
    MonthNumber month;
    friend bool operator==(const Link&, const Link&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Link& l) {
      return H::combine(std::move(h), l.parent, l.child, l.month);
    }
  };
  // A unit's sums with what this batch adds to them.
  struct Content {
    std::vector<std::pair<MonthNumber, std::vector<int64_t>>> months;  // ascending, without 0
    std::vector<int64_t> now;
    // Stock at the end of a month; the flow of it.
    int64_t StockAt(size_t metric, MonthNumber month) const;
    int64_t FlowOf(size_t metric, MonthNumber month) const;
    bool empty() const;
  };

  absl::Status AddAmount(const RollupChange::Amount& amount, MonthNumber logged, PartitionId partition);
  void AddFlow(Index unit, MonthNumber month, size_t metric, int64_t amount);
  // The stock changed in `month`, which need not be the latest one.
  void AddStock(Index unit, MonthNumber month, size_t metric, int64_t amount);
  absl::Status Move(const RollupChange::Place& place);
  absl::StatusOr<Content> ContentOf(Index unit, MonthNumber first);
  // Adds `sign` times what `unit`, standing under `parent` from `first` on, contributes to everything above it.
  void Contribute(Index unit, Index parent, MonthNumber first, const Content& content, int64_t sign);
  // The months from `first` on in which a unit, or something that was ever above it, came to stand elsewhere.
  void CollectMoves(Index unit, MonthNumber first, std::set<MonthNumber>& months) const;
  void AddAlong(Index child, Index parent, MonthNumber view, MonthNumber month, size_t metric, int64_t amount);

  int64_t* Own(Index unit, MonthNumber month);
  int64_t* Sum(Index unit, MonthNumber month);
  int64_t* EdgeSum(Index parent, Index child, MonthNumber month);
  size_t Slot(Index unit, MonthNumber month);

  const MetricSet& metrics_;
  PlaceTree& tree_;
  MonthNumber month_;
  ReadSums read_sums_;
  absl::flat_hash_map<uint64_t, size_t> slots_;  // of unit and month, in totals_
  std::vector<std::pair<Index, MonthNumber>> slot_keys_;
  // The slots of a unit: its last one, and the one before each.
  static constexpr size_t kNoSlot = SIZE_MAX;
  absl::flat_hash_map<Index, size_t> last_slots_;
  std::vector<size_t> slots_before_;
  std::vector<int64_t> totals_;  // own then sum of each slot
  absl::flat_hash_map<Link, size_t> edge_slots_;
  std::vector<int64_t> edges_;
  std::vector<Placed> placed_;
  absl::flat_hash_set<Index> fresh_;  // units that this batch made: nothing is stored of them
};

}  // namespace ronghe::common
