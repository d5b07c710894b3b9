#include "services/common/rollup/fold_rows.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "services/common/rollup/schema.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr sql::Query kReadState{
    "rollup_state_read",
    "SELECT tree_version, structure_revision, month, cache_epoch FROM rollup_state WHERE partition_id = 0"};
constexpr sql::Query kWriteState{
    "rollup_state_write",
    "UPDATE rollup_state SET tree_version = ?, structure_revision = ?, month = ? WHERE partition_id = 0"};
constexpr sql::Query kReadPlaces{"rollup_places_read",
                                 "SELECT uid, from_month, parent_uid, unit_partition FROM rollup_place "
                                 "WHERE partition_id = 0 AND (uid, from_month) > (?, ?) "
                                 "ORDER BY uid, from_month LIMIT 20000"};
constexpr int64_t kPlacesPage = 20'000;
constexpr std::string_view kPlaceColumns = "partition_id, uid, from_month, parent_uid, unit_partition";

// Statements for 1, 8, 64 and 256 rows: few enough to stay prepared, without padding. SQLite takes 32,766 parameters.
constexpr std::array<size_t, 4> kWidths = {256, 64, 8, 1};
constexpr size_t kMaxParameters = 16'000;

std::string Rows(size_t columns, size_t rows) {
  std::string row = "(" + sql::Placeholders(static_cast<int>(columns)) + ")";
  std::string text = row;
  for (size_t i = 1; i < rows; ++i) text += ", " + row;
  return text;
}

// INSERT … VALUES … `conflict`, in as many statements as it takes; returns the number of rows written.
absl::StatusOr<int64_t> Upsert(sql::Session& session, const char* name, std::string_view table,
                               std::string_view columns, size_t column_count, std::span<const sql::Value> values,
                               std::string_view conflict) {
  int64_t written = 0;
  for (const size_t width : kWidths) {
    const size_t step = width * column_count;
    if (values.size() < step || (step > kMaxParameters && width > 1)) continue;
    const std::string text =
        fmt::format("INSERT INTO {} ({}) VALUES {} {}", table, columns, Rows(column_count, width), conflict);
    for (; values.size() >= step; values = values.subspan(step)) {
      RONGHE_ASSIGN_OR_RETURN(const int64_t rows, session.Execute({name, text}, values.first(step)));
      written += rows;
    }
  }
  return written;
}

// The columns that some row changes.
std::vector<size_t> Touched(size_t size, std::span<const std::span<const int64_t>> rows) {
  std::vector<bool> touched(size);
  for (const std::span<const int64_t> row : rows) {
    for (size_t i = 0; i < size; ++i) {
      if (row[i] != 0) touched[i] = true;
    }
  }
  std::vector<size_t> list;
  for (size_t i = 0; i < size; ++i) {
    if (touched[i]) list.push_back(i);
  }
  return list;
}

struct AddText {
  std::string columns;  // `, a, b`
  std::string set;      // `a = t.a + excluded.a, …`
  size_t count = 0;
};

void AddColumn(std::string_view table, const std::string& column, AddText& text) {
  text.columns += ", " + column;
  text.set += fmt::format("{}{} = {}.{} + excluded.{}", text.set.empty() ? "" : ", ", column, table, column, column);
  ++text.count;
}

// Rows of the same shape: those of units that were counted themselves, and those of the units above them.
absl::Status WriteSome(sql::Session& session, const MetricSet& metrics, const PlaceTree& tree,
                       std::span<const FoldBatch::Total> totals, bool with_own) {
  if (totals.empty()) return absl::OkStatus();
  std::vector<std::span<const int64_t>> own;
  std::vector<std::span<const int64_t>> sum;
  for (const FoldBatch::Total& total : totals) {
    own.push_back(total.own);
    sum.push_back(total.sum);
  }
  const std::vector<size_t> own_metrics = with_own ? Touched(metrics.size(), own) : std::vector<size_t>();
  const std::vector<size_t> sum_metrics = Touched(metrics.size(), sum);
  AddText text;
  for (const size_t m : own_metrics) AddColumn("rollup_total", OwnColumn(metrics.at(m)), text);
  for (const size_t m : sum_metrics) AddColumn("rollup_total", SumColumn(metrics.at(m)), text);
  std::vector<sql::Value> values;
  values.reserve(totals.size() * (3 + text.count));
  for (const FoldBatch::Total& total : totals) {
    values.emplace_back(tree.PartitionOf(total.unit).value);
    values.emplace_back(tree.UidOf(total.unit).value);
    values.emplace_back(int64_t{total.month});
    for (const size_t m : own_metrics) values.emplace_back(total.own[m]);
    for (const size_t m : sum_metrics) values.emplace_back(total.sum[m]);
  }
  return Upsert(session, "rollup_total_add", "rollup_total", "partition_id, unit_uid, month" + text.columns,
                3 + text.count, values, "ON CONFLICT (partition_id, unit_uid, month) DO UPDATE SET " + text.set)
      .status();
}

}  // namespace

absl::StatusOr<FoldState> ReadFoldState(sql::Session& session) {
  FoldState state;
  RONGHE_ASSIGN_OR_RETURN(const bool found, session.SelectOne(kReadState, {}, [&](const sql::Row& row) {
    state = {row.Int(0), row.Int(1), static_cast<MonthNumber>(row.Int(2)), row.Int(3)};
    return absl::OkStatus();
  }));
  if (!found) return Internal("rollup_state has no row");
  return state;
}

absl::Status WriteFoldState(sql::Session& session, const FoldState& state) {
  return session.Execute(kWriteState, {state.tree_version, state.structure_revision, int64_t{state.month}}).status();
}

absl::Status ReadPlaces(sql::Session& session, PlaceTree& tree) {
  tree.Clear();
  struct Place {
    PlaceTree::Index unit;
    MonthNumber from;
    UnitUid parent;
  };
  std::vector<Place> places;
  int64_t last_uid = 0;
  int64_t last_from = -1;
  for (int64_t found = kPlacesPage; found == kPlacesPage;) {
    found = 0;
    RONGHE_RETURN_IF_ERROR(session.Select(kReadPlaces, {last_uid, last_from}, [&](const sql::Row& row) {
      last_uid = row.Int(0);
      last_from = row.Int(1);
      const PlaceTree::Index unit = tree.FindOrAdd(UnitUid(last_uid), PartitionId(row.Int(3)));
      places.push_back({unit, static_cast<MonthNumber>(last_from), UnitUid(row.Int(2))});
      ++found;
      return absl::OkStatus();
    }));
  }
  for (const Place& place : places) {
    const PlaceTree::Index parent = place.parent ? tree.Find(place.parent) : PlaceTree::kNone;
    if (place.parent && parent == PlaceTree::kNone) {
      return Internal(fmt::format("rollup_place: parent {} has no place", place.parent.value));
    }
    tree.Place(place.unit, parent, place.from);
  }
  return absl::OkStatus();
}

absl::Status WritePlaces(sql::Session& session, const PlaceTree& tree, const FoldBatch& batch) {
  // Of several places from the same month the last counts.
  absl::flat_hash_map<uint64_t, const FoldBatch::Placed*> last;
  for (const FoldBatch::Placed& place : batch.placed()) {
    last[(uint64_t{place.unit} << 32) | static_cast<uint32_t>(place.from)] = &place;
  }
  std::vector<sql::Value> values;
  for (const FoldBatch::Placed& place : batch.placed()) {
    if (last[(uint64_t{place.unit} << 32) | static_cast<uint32_t>(place.from)] != &place) continue;
    values.emplace_back(int64_t{0});
    values.emplace_back(tree.UidOf(place.unit).value);
    values.emplace_back(int64_t{place.from});
    values.emplace_back(place.parent == PlaceTree::kNone ? 0 : tree.UidOf(place.parent).value);
    values.emplace_back(tree.PartitionOf(place.unit).value);
  }
  return Upsert(session, "rollup_place_write", "rollup_place", kPlaceColumns, 5, values,
                "ON CONFLICT (partition_id, uid, from_month) DO UPDATE SET parent_uid = excluded.parent_uid")
      .status();
}

absl::StatusOr<FoldBatch::Sums> ReadSums(sql::Session& session, const MetricSet& metrics, UnitUid unit,
                                         PartitionId partition, MonthNumber first) {
  const std::string text = fmt::format(
      "SELECT month{} FROM rollup_total WHERE partition_id = ? AND unit_uid = ? AND (month = 0 OR month >= ?) ORDER BY "
      "month",
      SumColumns(metrics));
  FoldBatch::Sums sums;
  RONGHE_RETURN_IF_ERROR(session.Select({"rollup_sums_read", text}, {partition.value, unit.value, int64_t{first}},
                                        [&](const sql::Row& row) {
                                          std::vector<int64_t> values(metrics.size());
                                          for (size_t m = 0; m < metrics.size(); ++m) {
                                            values[m] = row.Int(static_cast<int>(m) + 1);
                                          }
                                          sums.emplace_back(static_cast<MonthNumber>(row.Int(0)), std::move(values));
                                          return absl::OkStatus();
                                        }));
  return sums;
}

absl::Status WriteTotals(sql::Session& session, const MetricSet& metrics, const PlaceTree& tree,
                         const FoldBatch& batch) {
  std::vector<FoldBatch::Total> totals = batch.Totals();
  const auto above = std::stable_partition(totals.begin(), totals.end(), [](const FoldBatch::Total& total) {
    return std::any_of(total.own.begin(), total.own.end(), [](int64_t v) { return v != 0; });
  });
  const std::span<const FoldBatch::Total> all(totals);
  const auto counted = static_cast<size_t>(above - totals.begin());
  RONGHE_RETURN_IF_ERROR(WriteSome(session, metrics, tree, all.first(counted), true));
  return WriteSome(session, metrics, tree, all.subspan(counted), false);
}

absl::Status WriteEdges(sql::Session& session, const MetricSet& metrics, const PlaceTree& tree, const FoldBatch& batch,
                        int64_t position) {
  const std::vector<FoldBatch::Edge> edges = batch.Edges();
  if (edges.empty()) return absl::OkStatus();
  std::vector<std::span<const int64_t>> sums;
  for (const FoldBatch::Edge& edge : edges) sums.push_back(edge.sum);
  const std::vector<size_t> touched = Touched(metrics.size(), sums);
  AddText text;
  for (const size_t m : touched) AddColumn("rollup_edge", SumColumn(metrics.at(m)), text);
  std::vector<sql::Value> values;
  for (const FoldBatch::Edge& edge : edges) {
    values.emplace_back(tree.PartitionOf(edge.parent).value);
    values.emplace_back(tree.UidOf(edge.parent).value);
    values.emplace_back(tree.UidOf(edge.child).value);
    values.emplace_back(int64_t{edge.month});
    values.emplace_back(position);
    for (const size_t m : touched) values.emplace_back(edge.sum[m]);
  }
  const std::string conflict = fmt::format(
      "ON CONFLICT (partition_id, parent_uid, child_uid, month) DO UPDATE SET source_position = "
      "excluded.source_position, {} WHERE rollup_edge.source_position < excluded.source_position",
      text.set);
  RONGHE_ASSIGN_OR_RETURN(const int64_t written,
                          Upsert(session, "rollup_edge_add", "rollup_edge",
                                 "partition_id, parent_uid, child_uid, month, source_position" + text.columns,
                                 5 + text.count, values, conflict));
  if (written == static_cast<int64_t>(edges.size())) return absl::OkStatus();
  return Internal(
      fmt::format("{} edges of {} had been folded up to {} already", edges.size() - written, edges.size(), position));
}

}  // namespace ronghe::common
