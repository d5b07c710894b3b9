#include "services/common/rollup/recount.h"

#include <algorithm>
#include <utility>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

MonthNumber Before(MonthNumber month) {
  return MonthOf(CivilMonthOf(month) - 1);
}

// A stock at the end of a month; `of` says which of a row's values is meant.
template <typename Of>
int64_t StockAt(std::span<const TotalRow> rows, MonthNumber month, Of of) {
  int64_t stock = 0;
  for (const TotalRow& row : rows) {
    if (row.month == 0) {
      stock += of(row);
    } else if (row.month > month) {
      stock -= of(row);
    }
  }
  return stock;
}

}  // namespace

Recount::Recount(const MetricSet& metrics, const PlaceTree& tree, Found found)
    : metrics_(metrics), tree_(tree), found_(std::move(found)), parents_(tree.size()), moved_(tree.size(), -1) {
  const auto mark = [this](Index parent) {
    if (parent != PlaceTree::kNone) parents_[parent] = true;
  };
  for (Index unit = 0; unit < tree.size(); ++unit) {
    mark(tree.ParentNow(unit));
    const std::vector<PlaceTree::Move>* moves = tree.MovesOf(unit);
    if (moves == nullptr) continue;
    for (const PlaceTree::Move& move : *moves) mark(move.parent);
  }
}

void Recount::Add(UnitUid unit, std::span<const TotalRow> rows) {
  const Index index = tree_.Find(unit);
  if (index == PlaceTree::kNone) return CompareLeaf(unit, rows);
  AddOwn(index, rows);
  if (!parents_[index]) {
    CompareLeaf(unit, rows);
  } else {
    for (const TotalRow& row : rows) {
      for (size_t m = 0; m < metrics_.size(); ++m) {
        if (row.sum[m] != 0) Missing(index, row.month, m) -= row.sum[m];
      }
    }
  }
  if (Crosses(index)) ExpectEdges(index, rows);
}

void Recount::CompareLeaf(UnitUid unit, std::span<const TotalRow> rows) {
  for (const TotalRow& row : rows) {
    for (size_t m = 0; m < metrics_.size(); ++m) {
      if (row.sum[m] != row.own[m]) {
        found_({AuditDifference::Kind::kSum, unit, {}, row.month, m, row.sum[m], row.own[m]});
      }
    }
  }
}

void Recount::AddOwn(Index unit, std::span<const TotalRow> rows) {
  for (size_t m = 0; m < metrics_.size(); ++m) {
    if (std::all_of(rows.begin(), rows.end(), [m](const TotalRow& row) { return row.own[m] == 0; })) continue;
    if (metrics_.at(m).stock) {
      AddOwnStock(unit, rows, m);
      continue;
    }
    for (const TotalRow& row : rows) AddUpwards(unit, row.month, row.month, m, row.own[m]);
  }
}

void Recount::AddOwnStock(Index unit, std::span<const TotalRow> rows, size_t metric) {
  const auto own = [metric](const TotalRow& row) { return row.own[metric]; };
  if (!MovedAtOrAbove(unit, 0)) {
    for (const TotalRow& row : rows) AddUpwards(unit, PlaceTree::kNow, row.month, metric, own(row));
    return;
  }
  std::set<MonthNumber> months;
  for (const TotalRow& row : rows) {
    if (row.month != 0) months.insert(row.month);
  }
  CollectMoves(unit, months);
  AddUpwards(unit, PlaceTree::kNow, PlaceTree::kNow, metric, StockAt(rows, INT32_MAX, own));
  for (const MonthNumber month : months) {
    // What changed in the month for those above: the stock of its end, where it stood then, less that of its beginning.
    const MonthNumber before = Before(month);
    AddUpwards(unit, month, month, metric, StockAt(rows, month, own));
    AddUpwards(unit, before, month, metric, -StockAt(rows, before, own));
  }
}

// To everything above it in the structure of `view`, and to itself.
void Recount::AddUpwards(Index unit, MonthNumber view, MonthNumber month, size_t metric, int64_t amount) {
  if (amount == 0) return;
  for (int depth = 0; unit != PlaceTree::kNone && depth <= PlaceTree::kMaxDepth; ++depth) {
    if (parents_[unit]) Missing(unit, month, metric) += amount;
    unit = tree_.ParentAt(unit, view);
  }
}

bool Recount::Crosses(Index unit) const {
  const auto crosses = [&](Index parent) {
    return parent != PlaceTree::kNone && tree_.PartitionOf(parent) != tree_.PartitionOf(unit);
  };
  const std::vector<PlaceTree::Move>* moves = tree_.MovesOf(unit);
  if (moves == nullptr) return crosses(tree_.ParentNow(unit));
  return std::any_of(moves->begin(), moves->end(), [&](const PlaceTree::Move& move) { return crosses(move.parent); });
}

// From the unit's sums as they are stored: a sum that is wrong is told as such.
void Recount::ExpectEdges(Index unit, std::span<const TotalRow> rows) {
  std::set<MonthNumber> months;
  for (const TotalRow& row : rows) {
    if (row.month != 0) months.insert(row.month);
  }
  if (const std::vector<PlaceTree::Move>* moves = tree_.MovesOf(unit)) {
    for (const PlaceTree::Move& move : *moves) {
      if (move.from != 0) months.insert(move.from);
    }
  }
  for (size_t m = 0; m < metrics_.size(); ++m) {
    if (!metrics_.at(m).stock) {
      for (const TotalRow& row : rows) ExpectEdge(unit, row.month, row.month, m, row.sum[m]);
      continue;
    }
    const auto sum = [m](const TotalRow& row) { return row.sum[m]; };
    ExpectEdge(unit, PlaceTree::kNow, PlaceTree::kNow, m, StockAt(rows, INT32_MAX, sum));
    for (const MonthNumber month : months) {
      ExpectEdge(unit, month, month, m, StockAt(rows, month, sum));
      ExpectEdge(unit, Before(month), month, m, -StockAt(rows, Before(month), sum));
    }
  }
}

void Recount::ExpectEdge(Index child, MonthNumber view, MonthNumber month, size_t metric, int64_t amount) {
  const Index parent = tree_.ParentAt(child, view);
  if (amount == 0 || parent == PlaceTree::kNone || tree_.PartitionOf(parent) == tree_.PartitionOf(child)) return;
  std::vector<int64_t>& sum = edges_[{tree_.UidOf(parent), tree_.UidOf(child), month}];
  sum.resize(metrics_.size());
  sum[metric] += amount;
}

void Recount::AddEdge(UnitUid parent, UnitUid child, MonthNumber month, std::span<const int64_t> sum) {
  const auto expected = edges_.find({parent, child, month});
  for (size_t m = 0; m < metrics_.size(); ++m) {
    const int64_t counted = expected == edges_.end() ? 0 : expected->second[m];
    if (sum[m] != counted) found_({AuditDifference::Kind::kEdge, child, parent, month, m, sum[m], counted});
  }
  if (expected != edges_.end()) edges_.erase(expected);
}

absl::Status Recount::Finish(const FoldedSum& folded_sum) {
  for (const auto& [key, sum] : edges_) {
    for (size_t m = 0; m < metrics_.size(); ++m) {
      if (sum[m] == 0) continue;
      found_({AuditDifference::Kind::kEdge, std::get<1>(key), std::get<0>(key), std::get<2>(key), m, 0, sum[m]});
    }
  }
  for (const auto& [key, slot] : slots_) {
    for (size_t m = 0; m < metrics_.size(); ++m) {
      const int64_t missing = missing_[slot * metrics_.size() + m];
      if (missing == 0) continue;
      const UnitUid unit = tree_.UidOf(static_cast<Index>(key >> 32));
      const auto month = static_cast<MonthNumber>(static_cast<uint32_t>(key));
      RONGHE_ASSIGN_OR_RETURN(const int64_t folded, folded_sum(unit, month, m));
      found_({AuditDifference::Kind::kSum, unit, {}, month, m, folded, folded + missing});
    }
  }
  return absl::OkStatus();
}

int64_t& Recount::Missing(Index unit, MonthNumber month, size_t metric) {
  const uint64_t key = (uint64_t{unit} << 32) | static_cast<uint32_t>(month);
  const auto [found, added] = slots_.try_emplace(key, slots_.size());
  if (added) missing_.resize(missing_.size() + metrics_.size());
  return missing_[found->second * metrics_.size() + metric];
}

bool Recount::MovedAtOrAbove(Index unit, int depth) {
  if (unit == PlaceTree::kNone) return false;
  if (moved_[unit] >= 0) return moved_[unit] == 1;
  const bool moved = depth > PlaceTree::kMaxDepth || tree_.MovesOf(unit) != nullptr ||
                     MovedAtOrAbove(tree_.ParentNow(unit), depth + 1);
  moved_[unit] = moved ? 1 : 0;
  return moved;
}

void Recount::CollectMoves(Index unit, std::set<MonthNumber>& months) const {
  std::vector<Index> open{unit};
  std::set<Index> seen;
  while (!open.empty()) {
    const Index next = open.back();
    open.pop_back();
    if (next == PlaceTree::kNone || !seen.insert(next).second) continue;
    const std::vector<PlaceTree::Move>* moves = tree_.MovesOf(next);
    if (moves == nullptr) {
      open.push_back(tree_.ParentNow(next));
      continue;
    }
    for (const PlaceTree::Move& move : *moves) {
      if (move.from != 0) months.insert(move.from);
      open.push_back(move.parent);
    }
  }
}

}  // namespace ronghe::common
