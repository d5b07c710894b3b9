#include "services/common/rollup/auditor.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/common/rollup/change.h"
#include "services/common/rollup/fold_rows.h"
#include "services/common/rollup/place_tree.h"
#include "services/common/rollup/recount.h"
#include "services/common/rollup/schema.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using Kind = AuditDifference::Kind;

// Rows of one page of a table: what PostgreSQL's answers take room for.
constexpr int64_t kPage = 4000;
// Units whose own figures are compared one by one; each has some dozens.
constexpr size_t kMaxSuspects = 100'000;
// Changes that are committed and have no position.
constexpr sql::Query kPending{
    "audit_pending",
    "SELECT s.partition_id, COALESCE(p.rev, 0) FROM shard_rev AS s "
    "LEFT JOIN published AS p ON p.partition_id = s.partition_id WHERE s.rev > COALESCE(p.rev, 0) "
    "ORDER BY s.partition_id"};
constexpr sql::Query kPendingOf{"audit_pending_of",
                                "SELECT rev, rollup FROM change_log WHERE partition_id = ? AND rev > ? ORDER BY rev"};

// The first differences of each kind, by unit, and how many there are.
class Differences {
 public:
  explicit Differences(int max) : max_(static_cast<size_t>(std::max(max, 0))) {}

  void Add(const AuditDifference& difference) {
    ++count_;
    std::set<AuditDifference, Earlier>& some = first_[static_cast<size_t>(difference.kind)];
    some.insert(difference);
    if (some.size() > max_) some.erase(std::prev(some.end()));
  }
  // One that nothing more is known of.
  void AddUnnamed() { ++count_; }
  int64_t count() const { return count_; }
  // What may be the cause before what may follow from it.
  std::vector<AuditDifference> First() const {
    std::vector<AuditDifference> all;
    for (const Kind kind : {Kind::kPlace, Kind::kOwn, Kind::kSum, Kind::kEdge}) {
      const auto& some = first_[static_cast<size_t>(kind)];
      all.insert(all.end(), some.begin(), some.end());
    }
    if (all.size() > max_) all.resize(max_);
    return all;
  }

 private:
  struct Earlier {
    bool operator()(const AuditDifference& a, const AuditDifference& b) const {
      return std::tuple(a.unit, a.parent, a.month, a.metric) < std::tuple(b.unit, b.parent, b.month, b.metric);
    }
  };
  const size_t max_;
  int64_t count_ = 0;
  std::array<std::set<AuditDifference, Earlier>, 4> first_;
};

// A number that stands for one figure of a unit, so that all of them can be compared at once: their sum, each times its
// weight, modulo 2^64. SplitMix64.
uint64_t Weight(MonthNumber month, size_t metric) {
  uint64_t z = (static_cast<uint64_t>(month) << 16) + metric + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

struct Amount {
  UnitUid unit;
  MonthNumber month;  // 0: a stock
  size_t metric;
  int64_t amount;
};

class Audit {
 public:
  Audit(sql::Session& session, const MetricSet& metrics, FactSource& facts, const std::atomic<bool>& cancelled, int max)
      : session_(session), metrics_(metrics), facts_(facts), cancelled_(cancelled), differences_(max) {}

  absl::StatusOr<AuditReport> Run();

 private:
  absl::Status CheckCancelled() const { return cancelled_ ? Cancelled() : absl::OkStatus(); }
  absl::Status ReadPending();
  absl::Status TakePending(std::string_view text);
  absl::Status CountFacts();
  absl::Status CheckTotals(Recount& recount);
  absl::Status CheckEdges(Recount& recount);
  absl::Status CheckPlaces();
  absl::Status NameSuspects();
  absl::Status ReadOwnOf(UnitUid unit, const std::function<void(MonthNumber, size_t, int64_t)>& each);
  void TakeUnit(UnitUid unit, PartitionId partition, std::span<const TotalRow> rows);
  absl::StatusOr<int64_t> FoldedSum(UnitUid unit, MonthNumber month, size_t metric);
  uint64_t& Balance(UnitUid unit);

  sql::Session& session_;
  const MetricSet& metrics_;
  FactSource& facts_;
  const std::atomic<bool>& cancelled_;
  Differences differences_;
  AuditReport report_;
  PlaceTree tree_;
  std::vector<Amount> pending_;
  absl::flat_hash_set<UnitUid> pending_places_;
  // Records less what was folded of them, weighed; by unit, of units without a place by uid.
  std::vector<uint64_t> balances_;
  absl::flat_hash_map<UnitUid, uint64_t> others_;
  absl::flat_hash_map<UnitUid, PartitionId> partitions_;  // of those
};

absl::StatusOr<AuditReport> Audit::Run() {
  RONGHE_ASSIGN_OR_RETURN(report_.mark, ReadMark(session_));
  RONGHE_RETURN_IF_ERROR(ReadPlaces(session_, tree_));
  report_.units = static_cast<int64_t>(tree_.size());
  balances_.assign(tree_.size(), 0);
  RONGHE_RETURN_IF_ERROR(ReadPending());
  RONGHE_RETURN_IF_ERROR(CountFacts());
  Recount recount(metrics_, tree_, [this](const AuditDifference& found) { differences_.Add(found); });
  RONGHE_RETURN_IF_ERROR(CheckTotals(recount));
  RONGHE_RETURN_IF_ERROR(CheckEdges(recount));
  RONGHE_RETURN_IF_ERROR(recount.Finish([this](UnitUid unit, MonthNumber month, size_t metric) {
    return differences_.count() < static_cast<int64_t>(kMaxSuspects) ? FoldedSum(unit, month, metric)
                                                                     : absl::StatusOr<int64_t>(0);
  }));
  RONGHE_RETURN_IF_ERROR(CheckPlaces());
  RONGHE_RETURN_IF_ERROR(NameSuspects());
  report_.difference_count = differences_.count();
  report_.differences = differences_.First();
  return report_;
}

absl::Status Audit::ReadPending() {
  std::vector<std::pair<int64_t, int64_t>> partitions;
  RONGHE_RETURN_IF_ERROR(session_.Select(kPending, {}, [&](const sql::Row& row) {
    partitions.emplace_back(row.Int(0), row.Int(1));
    return absl::OkStatus();
  }));
  for (const auto& [partition, revision] : partitions) {
    RONGHE_RETURN_IF_ERROR(session_.Select(kPendingOf, {partition, revision},
                                           [&](const sql::Row& row) { return TakePending(row.Text(1)); }));
  }
  return absl::OkStatus();
}

absl::Status Audit::TakePending(std::string_view text) {
  const std::optional<RollupChange> change = DecodeRollup(text);
  if (!change) return Internal("a logged change cannot be folded");
  for (const RollupChange::Amount& amount : change->amounts) {
    for (const auto& [name, value] : amount.metrics) {
      const std::optional<size_t> metric = metrics_.IndexOf(name);
      if (!metric) return Internal(fmt::format("a logged change names metric {}, which is not declared", name));
      pending_.push_back({amount.unit, metrics_.at(*metric).stock ? 0 : amount.month, *metric, value});
    }
  }
  for (const RollupChange::Place& place : change->places) pending_places_.insert(place.unit);
  for (const RollupChange::Place& place : change->forgotten) pending_places_.insert(place.unit);
  return absl::OkStatus();
}

uint64_t& Audit::Balance(UnitUid unit) {
  const PlaceTree::Index index = tree_.Find(unit);
  return index == PlaceTree::kNone ? others_[unit] : balances_[index];
}

absl::Status Audit::CountFacts() {
  RONGHE_RETURN_IF_ERROR(CheckCancelled());
  RONGHE_RETURN_IF_ERROR(facts_.Count(session_, [this](UnitUid unit, MonthNumber month, size_t metric, int64_t amount) {
    Balance(unit) += Weight(month, metric) * static_cast<uint64_t>(amount);
  }));
  for (const Amount& amount : pending_) {
    Balance(amount.unit) -= Weight(amount.month, amount.metric) * static_cast<uint64_t>(amount.amount);
  }
  return absl::OkStatus();
}

// In the order of the primary key, so that all rows of a unit come together.
absl::Status Audit::CheckTotals(Recount& recount) {
  const std::string text = fmt::format(
      "SELECT partition_id, unit_uid, month{}{} FROM rollup_total WHERE (partition_id, unit_uid, month) > (?, ?, ?) "
      "ORDER BY partition_id, unit_uid, month LIMIT {}",
      OwnColumns(metrics_), SumColumns(metrics_), kPage);
  int64_t partition = -1;
  int64_t unit = 0;
  std::vector<TotalRow> rows;
  const auto end_unit = [&] {
    if (rows.empty()) return;
    TakeUnit(UnitUid(unit), PartitionId(partition), rows);
    recount.Add(UnitUid(unit), rows);
    rows.clear();
  };
  const int count = static_cast<int>(metrics_.size());
  for (int64_t found = kPage; found == kPage;) {
    RONGHE_RETURN_IF_ERROR(CheckCancelled());
    found = 0;
    const int64_t month = rows.empty() ? -1 : rows.back().month;
    RONGHE_RETURN_IF_ERROR(session_.Select({"audit_totals", text}, {partition, unit, month}, [&](const sql::Row& row) {
      if (row.Int(0) != partition || row.Int(1) != unit) end_unit();
      partition = row.Int(0);
      unit = row.Int(1);
      TotalRow& total = rows.emplace_back();
      total.month = static_cast<MonthNumber>(row.Int(2));
      for (int m = 0; m < count; ++m) total.own.push_back(row.Int(3 + m));
      for (int m = 0; m < count; ++m) total.sum.push_back(row.Int(3 + count + m));
      ++found;
      return absl::OkStatus();
    }));
    report_.totals += found;
  }
  end_unit();
  return absl::OkStatus();
}

void Audit::TakeUnit(UnitUid unit, PartitionId partition, std::span<const TotalRow> rows) {
  uint64_t& balance = Balance(unit);
  if (tree_.Find(unit) == PlaceTree::kNone) partitions_[unit] = partition;
  for (size_t m = 0; m < metrics_.size(); ++m) {
    const bool stock = metrics_.at(m).stock;
    int64_t left = 0;
    MonthNumber first = 0;
    for (const TotalRow& row : rows) {
      if (stock == (row.month == 0)) balance -= Weight(row.month, m) * static_cast<uint64_t>(row.own[m]);
      left += row.month == 0 ? row.own[m] : -row.own[m];
      if (first == 0) first = row.month;
    }
    if (!stock || left == 0) continue;
    const MonthNumber before = first == 0 ? 0 : MonthOf(CivilMonthOf(first) - 1);
    differences_.Add({Kind::kOwn, unit, {}, before, m, left, 0});
  }
}

absl::Status Audit::CheckEdges(Recount& recount) {
  const std::string text = fmt::format(
      "SELECT partition_id, parent_uid, child_uid, month{} FROM rollup_edge "
      "WHERE (partition_id, parent_uid, child_uid, month) > (?, ?, ?, ?) "
      "ORDER BY partition_id, parent_uid, child_uid, month LIMIT {}",
      SumColumns(metrics_), kPage);
  std::array<int64_t, 4> last = {-1, 0, 0, 0};
  std::vector<int64_t> sum(metrics_.size());
  for (int64_t found = kPage; found == kPage;) {
    RONGHE_RETURN_IF_ERROR(CheckCancelled());
    found = 0;
    RONGHE_RETURN_IF_ERROR(
        session_.Select({"audit_edges", text}, {last[0], last[1], last[2], last[3]}, [&](const sql::Row& row) {
          for (int i = 0; i < 4; ++i) last[static_cast<size_t>(i)] = row.Int(i);
          for (size_t m = 0; m < sum.size(); ++m) sum[m] = row.Int(static_cast<int>(m) + 4);
          recount.AddEdge(UnitUid(last[1]), UnitUid(last[2]), static_cast<MonthNumber>(last[3]), sum);
          ++found;
          return absl::OkStatus();
        }));
  }
  return absl::OkStatus();
}

absl::Status Audit::CheckPlaces() {
  RONGHE_RETURN_IF_ERROR(CheckCancelled());
  return facts_
      .Places(session_,
              [this](UnitUid unit, UnitUid parent) {
                if (pending_places_.contains(unit)) return;
                const PlaceTree::Index index = tree_.Find(unit);
                const PlaceTree::Index above = index == PlaceTree::kNone ? index : tree_.ParentNow(index);
                const UnitUid folded = above == PlaceTree::kNone ? UnitUid() : tree_.UidOf(above);
                if (folded == parent) return;
                differences_.Add({Kind::kPlace, unit, {}, PlaceTree::kNow, 0, folded.value, parent.value});
              })
      .status();
}

// Of units whose records weigh other than what was folded of them, figure by figure.
absl::Status Audit::NameSuspects() {
  struct Figure {
    int64_t folded = 0;
    int64_t counted = 0;
  };
  absl::flat_hash_map<UnitUid, std::map<std::pair<MonthNumber, size_t>, Figure>> suspects;
  const auto suspect = [&](UnitUid unit, uint64_t balance) {
    if (balance == 0) return;
    if (suspects.size() < kMaxSuspects) {
      suspects[unit];
    } else {
      differences_.AddUnnamed();
    }
  };
  for (PlaceTree::Index unit = 0; unit < balances_.size(); ++unit) suspect(tree_.UidOf(unit), balances_[unit]);
  for (const auto& [unit, balance] : others_) suspect(unit, balance);
  if (suspects.empty()) return absl::OkStatus();
  RONGHE_RETURN_IF_ERROR(CheckCancelled());
  RONGHE_RETURN_IF_ERROR(facts_.Count(session_, [&](UnitUid unit, MonthNumber month, size_t metric, int64_t amount) {
    const auto found = suspects.find(unit);
    if (found != suspects.end()) found->second[{month, metric}].counted += amount;
  }));
  for (const Amount& amount : pending_) {
    const auto found = suspects.find(amount.unit);
    if (found != suspects.end()) found->second[{amount.month, amount.metric}].counted -= amount.amount;
  }
  for (auto& [unit, figures] : suspects) {
    RONGHE_RETURN_IF_ERROR(CheckCancelled());
    auto& of = figures;
    RONGHE_RETURN_IF_ERROR(ReadOwnOf(unit, [&of](MonthNumber month, size_t metric, int64_t folded) {
      of[{month, metric}].folded += folded;
    }));
    for (const auto& [key, figure] : figures) {
      if (figure.folded == figure.counted) continue;
      differences_.Add({Kind::kOwn, unit, {}, key.first, key.second, figure.folded, figure.counted});
    }
  }
  return absl::OkStatus();
}

absl::Status Audit::ReadOwnOf(UnitUid unit, const std::function<void(MonthNumber, size_t, int64_t)>& each) {
  const PlaceTree::Index index = tree_.Find(unit);
  PartitionId partition;
  if (index != PlaceTree::kNone) {
    partition = tree_.PartitionOf(index);
  } else if (const auto found = partitions_.find(unit); found != partitions_.end()) {
    partition = found->second;
  } else {
    return absl::OkStatus();  // nothing was folded
  }
  const std::string text =
      fmt::format("SELECT month{} FROM rollup_total WHERE partition_id = ? AND unit_uid = ?", OwnColumns(metrics_));
  return session_.Select({"audit_own", text}, {partition.value, unit.value}, [&](const sql::Row& row) {
    const auto month = static_cast<MonthNumber>(row.Int(0));
    for (size_t m = 0; m < metrics_.size(); ++m) {
      const int64_t folded = row.Int(static_cast<int>(m) + 1);
      if (folded != 0 && metrics_.at(m).stock == (month == 0)) each(month, m, folded);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> Audit::FoldedSum(UnitUid unit, MonthNumber month, size_t metric) {
  const std::string text =
      fmt::format("SELECT {} FROM rollup_total WHERE partition_id = ? AND unit_uid = ? AND month = ?",
                  SumColumn(metrics_.at(metric)));
  int64_t folded = 0;
  const PlaceTree::Index index = tree_.Find(unit);
  RONGHE_RETURN_IF_ERROR(session_.Select(
      {"audit_sum", text}, {tree_.PartitionOf(index).value, unit.value, int64_t{month}}, [&](const sql::Row& row) {
        folded = row.Int(0);
        return absl::OkStatus();
      }));
  return folded;
}

}  // namespace

absl::StatusOr<bool> FactSource::Places(sql::Session& /*session*/, EachPlace /*each*/) {
  return false;
}

absl::StatusOr<AuditReport> Auditor::Run(int max_differences, absl::Time deadline) {
  AuditReport report;
  const absl::Time start = clock_.Now();
  const auto body = [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(report, Audit(session, metrics_, facts_, cancelled_, max_differences).Run());
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, body));
  report.start = start;
  report.end = clock_.Now();
  return report;
}

}  // namespace ronghe::common
