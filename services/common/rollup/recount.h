#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "services/common/rollup/auditor.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/rollup/place_tree.h"

namespace ronghe::common {

// A row of rollup_total.
struct TotalRow {
  MonthNumber month = 0;
  std::vector<int64_t> own;
  std::vector<int64_t> sum;
};

// Counts sums and edges again from own figures and places: what each unit has of its own is added to every unit that it
// is, or was, below. Shares nothing with folding but the places. A part of the auditor; not thread-safe.
class Recount {
 public:
  using Found = std::function<void(const AuditDifference&)>;

  // All outlive it. `found` is called with every difference.
  Recount(const MetricSet& metrics, const PlaceTree& tree, Found found);

  // All rows of a unit, by month, the one of month 0 first. Each unit once.
  void Add(UnitUid unit, std::span<const TotalRow> rows);
  // After the last Add: every row of rollup_edge.
  void AddEdge(UnitUid parent, UnitUid child, MonthNumber month, std::span<const int64_t> sum);
  // After the last AddEdge. `folded_sum`: what is stored of a unit's sum.
  using FoldedSum = std::function<absl::StatusOr<int64_t>(UnitUid unit, MonthNumber month, size_t metric)>;
  absl::Status Finish(const FoldedSum& folded_sum);

 private:
  using Index = PlaceTree::Index;
  using EdgeKey = std::tuple<UnitUid, UnitUid, MonthNumber>;

  void AddOwn(Index unit, std::span<const TotalRow> rows);
  void AddOwnStock(Index unit, std::span<const TotalRow> rows, size_t metric);
  void AddUpwards(Index unit, MonthNumber view, MonthNumber month, size_t metric, int64_t amount);
  void CompareLeaf(UnitUid unit, std::span<const TotalRow> rows);
  void ExpectEdges(Index unit, std::span<const TotalRow> rows);
  void ExpectEdge(Index child, MonthNumber view, MonthNumber month, size_t metric, int64_t amount);
  int64_t& Missing(Index unit, MonthNumber month, size_t metric);
  bool Crosses(Index unit) const;
  bool MovedAtOrAbove(Index unit, int depth);
  void CollectMoves(Index unit, std::set<MonthNumber>& months) const;

  const MetricSet& metrics_;
  const PlaceTree& tree_;
  const Found found_;
  std::vector<bool> parents_;       // by unit: whether anything was ever below it
  std::vector<signed char> moved_;  // by unit: 1 it, or something that was ever above it, moved; 0 not; -1 not known
  // Of units that anything was ever below: counted less folded.
  absl::flat_hash_map<uint64_t, size_t> slots_;
  std::vector<int64_t> missing_;
  std::map<EdgeKey, std::vector<int64_t>> edges_;  // expected
};

}  // namespace ronghe::common
