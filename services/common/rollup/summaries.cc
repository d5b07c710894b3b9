#include "services/common/rollup/summaries.h"

#include <algorithm>
#include <map>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/common/rollup/schema.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr sql::Query kMark{
    "summary_mark",
    "SELECT f.position, f.time_us, r.structure_revision, r.tree_version, r.month FROM feed_state AS f "
    "JOIN rollup_state AS r ON r.partition_id = f.partition_id WHERE f.partition_id = 0"};
constexpr size_t kUnitsPerStatement = 512;

// Folds the rows of one unit, in any order, into its values of each period.
class Gatherer {
 public:
  Gatherer(const MetricSet& metrics, std::span<const Period> periods, std::vector<SummaryValues>& values)
      : metrics_(metrics), periods_(periods), values_(values) {}

  // `first`: column of the first value; `own`: whether own values come before the sums.
  void Take(size_t unit, const sql::Row& row, MonthNumber month, int first, bool own) const {
    for (size_t p = 0; p < periods_.size(); ++p) {
      SummaryValues& values = values_[unit * periods_.size() + p];
      int column = first;
      if (own) column = Add(values.own, row, month, periods_[p], column);
      Add(values.sum, row, month, periods_[p], column);
    }
  }

 private:
  int Add(std::vector<int64_t>& to, const sql::Row& row, MonthNumber month, const Period& period, int column) const {
    const bool inside = month >= period.first && month <= period.last;
    for (const MetricSet::Metric& metric : metrics_.all()) {
      const size_t m = static_cast<size_t>(&metric - metrics_.all().data());
      if (!metric.stock) {
        if (inside) to[m] += row.Int(column);
      } else if (month == 0) {
        to[m] += row.Int(column);
      } else if (month > period.last) {
        to[m] -= row.Int(column);  // what changed since
      }
      ++column;
    }
    return column;
  }

  const MetricSet& metrics_;
  std::span<const Period> periods_;
  std::vector<SummaryValues>& values_;
};

using Wanted = std::vector<std::pair<UnitUid, size_t>>;  // and where its values go

absl::Status ReadTotals(sql::Session& session, const MetricSet& metrics, PartitionId partition,
                        std::span<const std::pair<UnitUid, size_t>> units, MonthNumber first,
                        const Gatherer& gatherer) {
  absl::flat_hash_map<UnitUid, std::vector<size_t>> places;
  for (const auto& [uid, place] : units) places[uid].push_back(place);
  const int padded = sql::PaddedCount(static_cast<int>(units.size()));
  const std::string text = fmt::format(
      "SELECT unit_uid, month{}{} FROM rollup_total WHERE partition_id = ? AND unit_uid IN ({}) AND (month = 0 OR "
      "month "
      ">= ?)",
      OwnColumns(metrics), SumColumns(metrics), sql::Placeholders(padded));
  std::vector<sql::Value> args{partition.value};
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(units[std::min(static_cast<size_t>(i), units.size() - 1)].first.value);
  }
  args.emplace_back(int64_t{first});
  return session.Select({"summary_read", text}, args, [&](const sql::Row& row) {
    for (const size_t place : places[UnitUid(row.Int(0))]) {
      gatherer.Take(place, row, static_cast<MonthNumber>(row.Int(1)), 2, true);
    }
    return absl::OkStatus();
  });
}

absl::Status ReadEdges(sql::Session& session, const MetricSet& metrics, PartitionId partition, UnitUid parent,
                       const Wanted& children, MonthNumber first, const Gatherer& gatherer) {
  absl::flat_hash_map<UnitUid, std::vector<size_t>> places;
  for (const auto& [uid, place] : children) places[uid].push_back(place);
  const std::string text = fmt::format(
      "SELECT child_uid, month{} FROM rollup_edge WHERE partition_id = ? AND parent_uid = ? AND (month = 0 OR month >= "
      "?)",
      SumColumns(metrics));
  return session.Select({"summary_read_edges", text}, {partition.value, parent.value, int64_t{first}},
                        [&](const sql::Row& row) {
                          const auto found = places.find(UnitUid(row.Int(0)));
                          if (found == places.end()) return absl::OkStatus();
                          for (const size_t place : found->second) {
                            gatherer.Take(place, row, static_cast<MonthNumber>(row.Int(1)), 2, false);
                          }
                          return absl::OkStatus();
                        });
}

// Of the units whose parents lie in other partitions, those that have stood there since before `first`: what is kept
// beside a parent is the child's sums only while it stood there, as far as has been folded.
absl::StatusOr<absl::flat_hash_set<size_t>> Settled(sql::Session& session, std::span<const SummaryUnit> units,
                                                    MonthNumber first) {
  std::vector<size_t> asked;
  for (size_t u = 0; u < units.size(); ++u) {
    if (units[u].parent && units[u].parent_partition != units[u].partition) asked.push_back(u);
  }
  absl::flat_hash_map<UnitUid, std::pair<MonthNumber, UnitUid>> last;
  for (std::span<const size_t> left(asked); !left.empty();
       left = left.subspan(std::min(left.size(), kUnitsPerStatement))) {
    const size_t count = std::min(left.size(), kUnitsPerStatement);
    const int padded = sql::PaddedCount(static_cast<int>(count));
    const std::string text = fmt::format(
        "SELECT uid, from_month, parent_uid FROM rollup_place WHERE partition_id = 0 AND uid IN ({}) "
        "ORDER BY uid, from_month",
        sql::Placeholders(padded));
    std::vector<sql::Value> args;
    for (size_t i = 0; i < static_cast<size_t>(padded); ++i) {
      args.emplace_back(units[left[std::min(i, count - 1)]].uid.value);
    }
    RONGHE_RETURN_IF_ERROR(session.Select({"summary_read_places", text}, args, [&](const sql::Row& row) {
      last[UnitUid(row.Int(0))] = {static_cast<MonthNumber>(row.Int(1)), UnitUid(row.Int(2))};
      return absl::OkStatus();
    }));
  }
  absl::flat_hash_set<size_t> settled;
  for (const size_t u : asked) {
    const auto found = last.find(units[u].uid);
    if (found == last.end()) continue;
    const auto& [from, parent] = found->second;
    if (from <= first && parent == units[u].parent) settled.insert(u);
  }
  return settled;
}

}  // namespace

absl::StatusOr<SummaryMark> ReadMark(sql::Session& session) {
  SummaryMark mark;
  RONGHE_ASSIGN_OR_RETURN(const bool found, session.SelectOne(kMark, {}, [&](const sql::Row& row) {
    mark = {row.Int(0), absl::FromUnixMicros(row.Int(1)), row.Int(2), row.Int(3), static_cast<MonthNumber>(row.Int(4))};
    return absl::OkStatus();
  }));
  if (!found) return Internal("feed_state or rollup_state has no row");
  return mark;
}

absl::StatusOr<std::vector<SummaryValues>> ReadSummaries(sql::Session& session, const MetricSet& metrics,
                                                         std::span<const SummaryUnit> units,
                                                         std::span<const Period> periods) {
  std::vector<SummaryValues> values(units.size() * periods.size());
  for (SummaryValues& v : values) {
    v.own.resize(metrics.size());
    v.sum.resize(metrics.size());
  }
  if (values.empty()) return values;
  const Gatherer gatherer(metrics, periods, values);
  const MonthNumber first = std::min_element(periods.begin(), periods.end(), [](const Period& a, const Period& b) {
                              return a.first < b.first;
                            })->first;
  std::map<PartitionId, Wanted> totals;
  std::map<std::pair<PartitionId, UnitUid>, Wanted> edges;
  RONGHE_ASSIGN_OR_RETURN(const absl::flat_hash_set<size_t> settled, Settled(session, units, first));
  for (size_t u = 0; u < units.size(); ++u) {
    const SummaryUnit& unit = units[u];
    if (settled.contains(u)) {
      edges[{unit.parent_partition, unit.parent}].emplace_back(unit.uid, u);
    } else {
      totals[unit.partition].emplace_back(unit.uid, u);
    }
  }
  for (const auto& [partition, wanted] : totals) {
    std::span<const std::pair<UnitUid, size_t>> left(wanted);
    for (; !left.empty(); left = left.subspan(std::min(left.size(), kUnitsPerStatement))) {
      RONGHE_RETURN_IF_ERROR(ReadTotals(session, metrics, partition,
                                        left.first(std::min(left.size(), kUnitsPerStatement)), first, gatherer));
    }
  }
  for (const auto& [parent, wanted] : edges) {
    RONGHE_RETURN_IF_ERROR(ReadEdges(session, metrics, parent.first, parent.second, wanted, first, gatherer));
  }
  return values;
}

}  // namespace ronghe::common
