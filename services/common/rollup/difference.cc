#include "services/common/rollup/difference.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/common/rollup/place_tree.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using Index = PlaceTree::Index;

constexpr sql::Query kMoved{"difference_moved",
                            "SELECT uid, MAX(from_month) FROM rollup_place WHERE partition_id = 0 AND from_month > ? "
                            "GROUP BY uid ORDER BY uid"};
constexpr size_t kUnitsPerStatement = 512;

// Units that came to stand elsewhere after a month.
struct Moved {
  std::vector<int64_t> units;
  MonthNumber last = 0;  // when the last of them did
};
absl::StatusOr<Moved> MovedSince(sql::Session& session, MonthNumber month) {
  Moved moved;
  RONGHE_RETURN_IF_ERROR(session.Select(kMoved, {int64_t{month}}, [&](const sql::Row& row) {
    moved.units.push_back(row.Int(0));
    moved.last = std::max(moved.last, static_cast<MonthNumber>(row.Int(1)));
    return absl::OkStatus();
  }));
  return moved;
}

struct PlaceRow {
  int64_t unit;
  MonthNumber from;
  int64_t parent;
  int64_t partition;
};

absl::Status ReadSome(sql::Session& session, std::span<const int64_t> units, std::vector<PlaceRow>& rows) {
  const int padded = sql::PaddedCount(static_cast<int>(units.size()));
  const std::string text = fmt::format(
      "SELECT uid, from_month, parent_uid, unit_partition FROM rollup_place WHERE partition_id = 0 AND uid IN ({}) "
      "ORDER BY uid, from_month",
      sql::Placeholders(padded));
  std::vector<sql::Value> args;
  for (size_t i = 0; i < static_cast<size_t>(padded); ++i) args.emplace_back(units[std::min(i, units.size() - 1)]);
  return session.Select({"difference_places", text}, args, [&](const sql::Row& row) {
    rows.push_back({row.Int(0), static_cast<MonthNumber>(row.Int(1)), row.Int(2), row.Int(3)});
    return absl::OkStatus();
  });
}

// In pieces, as statements take them.
absl::Status ReadPlaces(sql::Session& session, std::span<const int64_t> units, std::vector<PlaceRow>& rows) {
  while (!units.empty()) {
    const std::span<const int64_t> piece = units.first(std::min(units.size(), kUnitsPerStatement));
    RONGHE_RETURN_IF_ERROR(ReadSome(session, piece, rows));
    units = units.subspan(piece.size());
  }
  return absl::OkStatus();
}

// The places of units and of all that was ever above them, level by level.
absl::Status ReadAbove(sql::Session& session, std::vector<int64_t> units, PlaceTree& tree) {
  absl::flat_hash_set<int64_t> seen(units.begin(), units.end());
  std::vector<PlaceRow> rows;
  while (!units.empty()) {
    const size_t before = rows.size();
    RONGHE_RETURN_IF_ERROR(ReadPlaces(session, units, rows));
    units.clear();
    for (size_t i = before; i < rows.size(); ++i) {
      if (rows[i].parent != 0 && seen.insert(rows[i].parent).second) units.push_back(rows[i].parent);
    }
  }
  for (const PlaceRow& row : rows) tree.FindOrAdd(UnitUid(row.unit), PartitionId(row.partition));
  for (const PlaceRow& row : rows) {
    tree.Place(tree.Find(UnitUid(row.unit)), row.parent == 0 ? PlaceTree::kNone : tree.Find(UnitUid(row.parent)),
               row.from);
  }
  return absl::OkStatus();
}

// The tree, cut above every unit that moved and every unit that is asked for. What is left of a unit's subtree, its
// block, is the same in the past month and today; only where blocks hang differs.
class Blocks {
 public:
  static constexpr size_t kNone = SIZE_MAX;

  // Units that have no place are left out.
  static absl::StatusOr<Blocks> Read(sql::Session& session, const Moved& moved, std::span<const int64_t> asked) {
    Blocks blocks;
    std::set<int64_t> units(moved.units.begin(), moved.units.end());
    units.insert(asked.begin(), asked.end());
    RONGHE_RETURN_IF_ERROR(ReadAbove(session, {units.begin(), units.end()}, blocks.tree_));
    for (const int64_t uid : units) {
      const Index unit = blocks.tree_.Find(UnitUid(uid));
      if (unit == PlaceTree::kNone) continue;
      blocks.numbers_[unit] = blocks.units_.size();
      blocks.units_.push_back(unit);
    }
    return blocks;
  }

  size_t size() const { return units_.size(); }
  Index unit(size_t block) const { return units_[block]; }
  const PlaceTree& tree() const { return tree_; }
  size_t Find(UnitUid unit) const {
    const Index index = tree_.Find(unit);
    const auto found = index == PlaceTree::kNone ? numbers_.end() : numbers_.find(index);
    return found == numbers_.end() ? kNone : found->second;
  }
  // The block that each hangs in at the end of a month, or now.
  std::vector<size_t> Hosts(MonthNumber month) const {
    std::vector<size_t> hosts;
    for (const Index unit : units_) hosts.push_back(HostAt(unit, month));
    return hosts;
  }
  // The own figures of a month of all units of a block, in the order of the set.
  absl::StatusOr<std::vector<std::vector<int64_t>>> Figures(sql::Session& session, const MetricSet& metrics,
                                                            MonthNumber month, std::span<const size_t> hosts) const {
    std::vector<SummaryUnit> wanted;
    for (const Index unit : units_) wanted.push_back({tree_.UidOf(unit), tree_.PartitionOf(unit)});
    const Period period{month, month};
    RONGHE_ASSIGN_OR_RETURN(const std::vector<SummaryValues> totals,
                            ReadSummaries(session, metrics, wanted, {&period, 1}));
    std::vector<std::vector<int64_t>> figures;
    for (const SummaryValues& total : totals) figures.push_back(total.sum);
    for (size_t b = 0; b < size(); ++b) {
      if (hosts[b] == kNone) continue;
      for (size_t m = 0; m < metrics.size(); ++m) figures[hosts[b]][m] -= totals[b].sum[m];
    }
    return figures;
  }

 private:
  size_t HostAt(Index unit, MonthNumber month) const {
    for (int depth = 0; depth < PlaceTree::kMaxDepth; ++depth) {
      unit = tree_.ParentAt(unit, month);
      if (unit == PlaceTree::kNone) return kNone;
      const auto found = numbers_.find(unit);
      if (found != numbers_.end()) return found->second;
    }
    return kNone;
  }

  PlaceTree tree_;
  std::vector<Index> units_;
  absl::flat_hash_map<Index, size_t> numbers_;
};

// Whether each hangs below `top`, or is it.
std::vector<bool> Below(std::span<const size_t> hosts, size_t top) {
  std::vector<bool> below;
  for (size_t b = 0; b < hosts.size(); ++b) {
    size_t at = b;
    for (int depth = 0; at != Blocks::kNone && at != top && depth < PlaceTree::kMaxDepth; ++depth) at = hosts[at];
    below.push_back(at == top);
  }
  return below;
}

// Adds figures to those of every block it hangs in, itself too.
void AddUpwards(std::span<const size_t> hosts, std::span<const std::vector<int64_t>> figures,
                std::vector<std::vector<int64_t>>& totals) {
  for (size_t b = 0; b < hosts.size(); ++b) {
    size_t at = b;
    for (int depth = 0; at != Blocks::kNone && depth < PlaceTree::kMaxDepth; ++depth, at = hosts[at]) {
      for (size_t m = 0; m < figures[b].size(); ++m) totals[at][m] += figures[b][m];
    }
  }
}

UnitUid UidOf(const PlaceTree& tree, Index unit) {
  return unit == PlaceTree::kNone ? UnitUid() : tree.UidOf(unit);
}

// Groups the blocks that are in `here` and not in `there` under the uppermost of them, and adds them to `result`.
struct Side {
  const std::vector<bool>& here;
  const std::vector<bool>& there;
  std::span<const size_t> hosts;
  bool joined;
};
void AddSide(const Blocks& blocks, const Side& side, std::span<const std::vector<int64_t>> figures, MonthNumber month,
             std::vector<StructureDifference>& result) {
  const auto moved = [&](size_t b) { return b != Blocks::kNone && side.here[b] && !side.there[b]; };
  std::vector<std::vector<int64_t>> amounts(blocks.size());
  for (size_t b = 0; b < blocks.size(); ++b) {
    if (!moved(b)) continue;
    size_t top = b;
    for (int depth = 0; moved(side.hosts[top]) && depth < PlaceTree::kMaxDepth; ++depth) top = side.hosts[top];
    amounts[top].resize(figures[b].size());
    for (size_t m = 0; m < figures[b].size(); ++m) amounts[top][m] += figures[b][m];
  }
  for (size_t b = 0; b < blocks.size(); ++b) {
    if (std::all_of(amounts[b].begin(), amounts[b].end(), [](int64_t v) { return v == 0; })) continue;
    const PlaceTree& tree = blocks.tree();
    const Index unit = blocks.unit(b);
    result.push_back({tree.UidOf(unit), tree.PartitionOf(unit), side.joined, UidOf(tree, tree.ParentAt(unit, month)),
                      UidOf(tree, tree.ParentNow(unit)), std::move(amounts[b])});
  }
}

// The months of the periods that lie before the last move.
std::set<MonthNumber> MonthsBefore(std::span<const Period> periods, MonthNumber last) {
  std::set<MonthNumber> months;
  for (const Period& period : periods) {
    for (const MonthNumber month : MonthsOf(period)) {
      if (month < last) months.insert(month);
    }
  }
  return months;
}

// Adds what a month's figures differ by to the values of every period that the month counts in.
void AddMonth(const MetricSet& metrics, std::span<const Period> periods, MonthNumber month,
              std::span<const int64_t> difference, std::span<SummaryValues> values) {
  for (size_t p = 0; p < periods.size(); ++p) {
    if (month < periods[p].first || month > periods[p].last) continue;
    for (size_t m = 0; m < metrics.size(); ++m) {
      if (!metrics.at(m).stock || month == periods[p].last) values[p].sum[m] += difference[m];
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<UnitUid>> ReadChildrenAt(sql::Session& session, UnitUid parent, MonthNumber month,
                                                    std::span<const UnitUid> today) {
  RONGHE_ASSIGN_OR_RETURN(const Moved moved, MovedSince(session, month));
  std::vector<PlaceRow> rows;
  RONGHE_RETURN_IF_ERROR(ReadPlaces(session, moved.units, rows));
  // The last place up to the month; rows come by unit and month.
  absl::flat_hash_map<int64_t, int64_t> parent_then;
  for (const PlaceRow& row : rows) {
    if (row.from <= month) parent_then[row.unit] = row.parent;
  }
  std::set<UnitUid> children(today.begin(), today.end());
  for (const int64_t unit : moved.units) {
    const auto then = parent_then.find(unit);
    if (then != parent_then.end() && then->second == parent.value) {
      children.insert(UnitUid(unit));
    } else {
      children.erase(UnitUid(unit));
    }
  }
  return std::vector<UnitUid>(children.begin(), children.end());
}

absl::StatusOr<MonthDifference> ReadDifference(sql::Session& session, const MetricSet& metrics, UnitUid unit,
                                               PartitionId partition, MonthNumber month) {
  const SummaryUnit wanted{unit, partition};
  const Period period{month, month};
  RONGHE_ASSIGN_OR_RETURN(std::vector<SummaryValues> then, ReadSummaries(session, metrics, {&wanted, 1}, {&period, 1}));
  MonthDifference difference{then[0].sum, then[0].sum, {}};
  RONGHE_ASSIGN_OR_RETURN(const Moved moved, MovedSince(session, month));
  if (moved.units.empty()) return difference;
  RONGHE_ASSIGN_OR_RETURN(const Blocks blocks, Blocks::Read(session, moved, {&unit.value, 1}));
  const size_t top = blocks.Find(unit);
  if (top == Blocks::kNone) return difference;
  const std::vector<size_t> hosts_then = blocks.Hosts(month);
  const std::vector<size_t> hosts_now = blocks.Hosts(PlaceTree::kNow);
  RONGHE_ASSIGN_OR_RETURN(const auto figures, blocks.Figures(session, metrics, month, hosts_then));
  const std::vector<bool> below_then = Below(hosts_then, top);
  const std::vector<bool> below_now = Below(hosts_now, top);
  AddSide(blocks, {below_now, below_then, hosts_now, true}, figures, month, difference.units);
  AddSide(blocks, {below_then, below_now, hosts_then, false}, figures, month, difference.units);
  for (const StructureDifference& part : difference.units) {
    for (size_t m = 0; m < metrics.size(); ++m) difference.now[m] += part.joined ? part.amounts[m] : -part.amounts[m];
  }
  std::sort(difference.units.begin(), difference.units.end(),
            [](const StructureDifference& a, const StructureDifference& b) { return a.unit < b.unit; });
  return difference;
}

absl::StatusOr<std::vector<SummaryValues>> ReadSummariesNow(sql::Session& session, const MetricSet& metrics,
                                                            std::span<const SummaryUnit> units,
                                                            std::span<const Period> periods) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<SummaryValues> values, ReadSummaries(session, metrics, units, periods));
  if (values.empty()) return values;
  const MonthNumber first = std::min_element(periods.begin(), periods.end())->first;
  RONGHE_ASSIGN_OR_RETURN(const Moved moved, MovedSince(session, first));
  if (moved.units.empty()) return values;
  std::vector<int64_t> asked;
  for (const SummaryUnit& unit : units) asked.push_back(unit.uid.value);
  RONGHE_ASSIGN_OR_RETURN(const Blocks blocks, Blocks::Read(session, moved, asked));
  const std::vector<size_t> hosts_now = blocks.Hosts(PlaceTree::kNow);
  for (const MonthNumber month : MonthsBefore(periods, moved.last)) {
    const std::vector<size_t> hosts_then = blocks.Hosts(month);
    RONGHE_ASSIGN_OR_RETURN(const auto figures, blocks.Figures(session, metrics, month, hosts_then));
    // Today's totals less those of then.
    std::vector<std::vector<int64_t>> totals(blocks.size(), std::vector<int64_t>(metrics.size()));
    AddUpwards(hosts_then, figures, totals);
    for (std::vector<int64_t>& total : totals) {
      for (int64_t& value : total) value = -value;
    }
    AddUpwards(hosts_now, figures, totals);
    for (size_t u = 0; u < units.size(); ++u) {
      const size_t block = blocks.Find(units[u].uid);
      if (block == Blocks::kNone) continue;
      AddMonth(metrics, periods, month, totals[block], std::span(values).subspan(u * periods.size(), periods.size()));
    }
  }
  return values;
}

}  // namespace ronghe::common
