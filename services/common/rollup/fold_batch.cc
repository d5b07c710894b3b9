#include "services/common/rollup/fold_batch.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

MonthNumber Before(MonthNumber month) {
  return MonthOf(CivilMonthOf(month) - 1);
}

uint64_t SlotKey(PlaceTree::Index unit, MonthNumber month) {
  return (uint64_t{unit} << 32) | static_cast<uint32_t>(month);
}

bool AllZero(std::span<const int64_t> values) {
  return std::all_of(values.begin(), values.end(), [](int64_t v) { return v == 0; });
}

}  // namespace

FoldBatch::FoldBatch(const MetricSet& metrics, PlaceTree& tree, MonthNumber month, ReadSums read_sums)
    : metrics_(metrics), tree_(tree), month_(month), read_sums_(std::move(read_sums)) {}

absl::Status FoldBatch::Add(const RollupChange& change, MonthNumber logged, PartitionId partition) {
  // Clocks of several writers differ a little around midnight; a month never comes back.
  month_ = std::max(month_, logged);
  for (const RollupChange::Place& place : change.places) RONGHE_RETURN_IF_ERROR(Move(place));
  for (const RollupChange::Amount& amount : change.amounts)
    RONGHE_RETURN_IF_ERROR(AddAmount(amount, logged, partition));
  for (const RollupChange::Place& place : change.forgotten) RONGHE_RETURN_IF_ERROR(Move(place));
  return absl::OkStatus();
}

absl::Status FoldBatch::AddAmount(const RollupChange::Amount& amount, MonthNumber logged, PartitionId partition) {
  Index unit = tree_.Find(amount.unit);
  if (unit == PlaceTree::kNone) {
    // Its place will come: until then it is counted where nothing is above it.
    unit = tree_.FindOrAdd(amount.unit, partition);
    fresh_.insert(unit);
    placed_.push_back({unit, PlaceTree::kNone, 0});
  }
  for (const auto& [name, value] : amount.metrics) {
    const std::optional<size_t> metric = metrics_.IndexOf(name);
    if (!metric) return Internal(fmt::format("a logged change names metric {}, which is not declared", name));
    if (metrics_.at(*metric).stock) {
      AddStock(unit, logged, *metric, value);
    } else if (amount.month != 0) {
      AddFlow(unit, amount.month, *metric, value);
    } else {
      return Internal(fmt::format("a flow without a month: {}", name));
    }
  }
  return absl::OkStatus();
}

void FoldBatch::AddFlow(Index unit, MonthNumber month, size_t metric, int64_t amount) {
  Own(unit, month)[metric] += amount;
  Sum(unit, month)[metric] += amount;
  AddAlong(unit, tree_.ParentAt(unit, month), month, month, metric, amount);
}

void FoldBatch::AddStock(Index unit, MonthNumber month, size_t metric, int64_t amount) {
  for (const MonthNumber row : {PlaceTree::kNow, month}) {
    Own(unit, row)[metric] += amount;
    Sum(unit, row)[metric] += amount;
    AddAlong(unit, tree_.ParentAt(unit, row), row, row, metric, amount);
  }
  if (month >= month_) return;
  // Changes of several partitions are folded one partition after the other: a move of a later month may be among those
  // before. Where it took the unit it took the stock as it should have been.
  std::set<MonthNumber> moves;
  CollectMoves(unit, month, moves);
  moves.erase(month);
  for (const MonthNumber move : moves) {
    const MonthNumber before = Before(move);
    AddAlong(unit, tree_.ParentAt(unit, move), move, move, metric, amount);
    AddAlong(unit, tree_.ParentAt(unit, before), before, move, metric, -amount);
  }
}

// Adds to everything above `child`, which stands under `parent`: the chain is that of `view`, the rows are those of
// `month`.
void FoldBatch::AddAlong(Index child, Index parent, MonthNumber view, MonthNumber month, size_t metric,
                         int64_t amount) {
  if (amount == 0) return;
  for (int depth = 0; parent != PlaceTree::kNone && depth < PlaceTree::kMaxDepth; ++depth) {
    if (tree_.PartitionOf(child) != tree_.PartitionOf(parent)) EdgeSum(parent, child, month)[metric] += amount;
    Sum(parent, month)[metric] += amount;
    child = parent;
    parent = tree_.ParentAt(child, view);
  }
}

absl::Status FoldBatch::Move(const RollupChange::Place& place) {
  Index unit = tree_.Find(place.unit);
  const bool known = unit != PlaceTree::kNone;
  if (!known) {
    unit = tree_.FindOrAdd(place.unit, place.partition);
    fresh_.insert(unit);
  }
  Index parent = PlaceTree::kNone;
  if (place.parent) {
    parent = tree_.Find(place.parent);
    if (parent == PlaceTree::kNone) {
      return Internal(
          fmt::format("unit {} is placed under {}, which is unknown", place.unit.value, place.parent.value));
    }
  }
  const Index before = tree_.ParentNow(unit);
  // Back-dating reaches no further than the unit's last move.
  MonthNumber from = std::max(place.from, tree_.LastMove(unit));
  if (from != 0) from = std::clamp(from, tree_.LastMove(unit), month_);
  // Said again, as after a reload of the directory.
  if (known && before == parent) return absl::OkStatus();
  Content content;
  if (known) {
    RONGHE_ASSIGN_OR_RETURN(content, ContentOf(unit, from));
  }
  if (!content.empty()) Contribute(unit, before, from, content, -1);
  tree_.Place(unit, parent, from);
  if (!content.empty()) Contribute(unit, parent, from, content, 1);
  placed_.push_back({unit, parent, from});
  return absl::OkStatus();
}

absl::StatusOr<FoldBatch::Content> FoldBatch::ContentOf(Index unit, MonthNumber first) {
  Content content;
  content.now.assign(metrics_.size(), 0);
  Sums stored;
  if (!fresh_.contains(unit)) {
    RONGHE_ASSIGN_OR_RETURN(stored, read_sums_(tree_.UidOf(unit), tree_.PartitionOf(unit), first));
  }
  absl::flat_hash_map<MonthNumber, std::vector<int64_t>> months;
  for (auto& [month, values] : stored) months[month] = std::move(values);
  const auto last = last_slots_.find(unit);
  for (size_t slot = last == last_slots_.end() ? kNoSlot : last->second; slot != kNoSlot; slot = slots_before_[slot]) {
    const MonthNumber month = slot_keys_[slot].second;
    if (month != 0 && month < first) continue;
    std::vector<int64_t>& values = months[month];
    values.resize(metrics_.size());
    const int64_t* sum = &totals_[(slot * 2 + 1) * metrics_.size()];
    for (size_t m = 0; m < metrics_.size(); ++m) values[m] += sum[m];
  }
  for (auto& [month, values] : months) {
    if (month == 0) {
      content.now = values;
    } else {
      content.months.emplace_back(month, values);
    }
  }
  std::sort(content.months.begin(), content.months.end());
  return content;
}

bool FoldBatch::Content::empty() const {
  return AllZero(now) && std::all_of(months.begin(), months.end(), [](const auto& m) { return AllZero(m.second); });
}

int64_t FoldBatch::Content::StockAt(size_t metric, MonthNumber month) const {
  int64_t stock = now[metric];
  for (const auto& [later, change] : months) {
    if (later > month) stock -= change[metric];
  }
  return stock;
}

int64_t FoldBatch::Content::FlowOf(size_t metric, MonthNumber month) const {
  for (const auto& [m, values] : months) {
    if (m == month) return values[metric];
  }
  return 0;
}

void FoldBatch::CollectMoves(Index unit, MonthNumber first, std::set<MonthNumber>& months) const {
  std::vector<Index> open{unit};
  absl::flat_hash_set<Index> seen;
  while (!open.empty()) {
    const Index next = open.back();
    open.pop_back();
    if (next == PlaceTree::kNone || !seen.insert(next).second) continue;
    if (const std::vector<PlaceTree::Move>* moves = tree_.MovesOf(next)) {
      for (const PlaceTree::Move& move : *moves) {
        if (move.from >= std::max(first, 1)) months.insert(move.from);
        open.push_back(move.parent);
      }
    } else {
      open.push_back(tree_.ParentNow(next));
    }
  }
}

void FoldBatch::Contribute(Index unit, Index parent, MonthNumber first, const Content& content, int64_t sign) {
  if (parent == PlaceTree::kNone) return;
  // The months in which what the unit contributes to those above it can change. More than needed cost a zero each.
  std::set<MonthNumber> breaks;
  if (first != 0) breaks.insert(first);
  for (const auto& [month, values] : content.months) breaks.insert(month);
  CollectMoves(parent, first, breaks);
  for (size_t m = 0; m < metrics_.size(); ++m) {
    if (!metrics_.at(m).stock) {
      for (const MonthNumber month : breaks) {
        AddAlong(unit, parent, month, month, m, sign * content.FlowOf(m, month));
      }
      continue;
    }
    AddAlong(unit, parent, PlaceTree::kNow, PlaceTree::kNow, m, sign * content.now[m]);
    for (const MonthNumber month : breaks) {
      // What those above have at the end of the month less what they had at the end of the one before. Before `first`
      // the unit stood elsewhere and contributed nothing here.
      AddAlong(unit, parent, month, month, m, sign * content.StockAt(m, month));
      const MonthNumber before = Before(month);
      if (before >= first) AddAlong(unit, parent, before, month, m, -sign * content.StockAt(m, before));
    }
  }
}

size_t FoldBatch::Slot(Index unit, MonthNumber month) {
  const auto [found, added] = slots_.try_emplace(SlotKey(unit, month), slot_keys_.size());
  if (added) {
    slot_keys_.emplace_back(unit, month);
    const auto [last, first_one] = last_slots_.try_emplace(unit, kNoSlot);
    slots_before_.push_back(last->second);
    last->second = found->second;
    totals_.resize(totals_.size() + 2 * metrics_.size());
  }
  return found->second;
}

int64_t* FoldBatch::Own(Index unit, MonthNumber month) {
  return &totals_[Slot(unit, month) * 2 * metrics_.size()];
}

int64_t* FoldBatch::Sum(Index unit, MonthNumber month) {
  return &totals_[(Slot(unit, month) * 2 + 1) * metrics_.size()];
}

int64_t* FoldBatch::EdgeSum(Index parent, Index child, MonthNumber month) {
  const auto [found, added] = edge_slots_.try_emplace(Link{parent, child, month}, edge_slots_.size());
  if (added) edges_.resize(edges_.size() + metrics_.size());
  return &edges_[found->second * metrics_.size()];
}

std::vector<FoldBatch::Total> FoldBatch::Totals() const {
  std::vector<Total> totals;
  const std::span<const int64_t> all(totals_);
  for (size_t slot = 0; slot < slot_keys_.size(); ++slot) {
    const std::span<const int64_t> both = all.subspan(slot * 2 * metrics_.size(), 2 * metrics_.size());
    if (AllZero(both)) continue;
    totals.push_back(
        {slot_keys_[slot].first, slot_keys_[slot].second, both.first(metrics_.size()), both.last(metrics_.size())});
  }
  const auto key = [this](const Total& t) {
    return std::tuple(tree_.PartitionOf(t.unit).value, tree_.UidOf(t.unit).value, t.month);
  };
  std::sort(totals.begin(), totals.end(), [&](const Total& a, const Total& b) { return key(a) < key(b); });
  return totals;
}

std::vector<FoldBatch::Edge> FoldBatch::Edges() const {
  std::vector<Edge> edges;
  const std::span<const int64_t> all(edges_);
  for (const auto& [link, slot] : edge_slots_) {
    const std::span<const int64_t> sum = all.subspan(slot * metrics_.size(), metrics_.size());
    if (!AllZero(sum)) edges.push_back({link.parent, link.child, link.month, sum});
  }
  const auto key = [this](const Edge& e) {
    return std::tuple(tree_.PartitionOf(e.parent).value, tree_.UidOf(e.parent).value, tree_.UidOf(e.child).value,
                      e.month);
  };
  std::sort(edges.begin(), edges.end(), [&](const Edge& a, const Edge& b) { return key(a) < key(b); });
  return edges;
}

}  // namespace ronghe::common
