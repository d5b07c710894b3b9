#include "services/organization/storage/sql_unit_txn.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/timer/timer.h"
#include "services/common/values/clock.h"
#include "services/organization/storage/count_rollup.h"
#include "services/organization/storage/reorganization_rows.h"
#include "services/organization/storage/sql_post_txn.h"
#include "services/organization/storage/unit_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using common::Blocker;
using common::UnitUid;

constexpr sql::Query kNewPartitions{
    "partition_counter_take",
    "UPDATE partition_counter SET next_partition = next_partition + ? WHERE partition_id = 0 RETURNING next_partition"};
// A correction of the same day replaces the version; a later day ends it.
constexpr sql::Query kSupersede{"unit_version_supersede",
                                "UPDATE unit_version SET superseded_us = ? WHERE partition_id = 0 AND uid = ? AND "
                                "from_day = ? AND superseded_us = ?"};
constexpr sql::Query kEnd{"unit_version_end",
                          "UPDATE unit_version SET until_day = ? WHERE partition_id = 0 AND uid = ? AND from_day = ? "
                          "AND superseded_us = ?"};
constexpr sql::Query kUpdate{
    "unit_update",
    "UPDATE unit SET from_day = ?, recorded_us = ?, revision = ?, parent_uid = ?, level = ?, kind = ?, state = ?, "
    "title = ?, short_title = ?, division_code = ?, sector = ?, established_day = ? WHERE partition_id = 0 AND uid = ? "
    "AND revision = ?"};
constexpr std::string_view kChanged =
    "SELECT uid FROM unit_version WHERE partition_id = 0 AND uid IN ({}) GROUP BY uid HAVING COUNT(*) > 1 ORDER BY uid";
constexpr std::string_view kTookPlace =
    "SELECT DISTINCT successor_uid FROM unit_successor WHERE partition_id = 0 AND successor_uid IN ({})";
constexpr std::string_view kEverBelow =
    "SELECT DISTINCT u.uid, u.code FROM unit_version v JOIN unit u ON u.partition_id = 0 AND u.uid = v.uid WHERE "
    "v.partition_id = 0 AND v.parent_uid IN ({}) ORDER BY u.code, u.uid";
constexpr std::string_view kDeleteVersions = "DELETE FROM unit_version WHERE partition_id = 0 AND uid IN ({})";
constexpr std::string_view kDeleteUnits = "DELETE FROM unit WHERE partition_id = 0 AND uid IN ({})";
constexpr sql::Query kHasPosts{"unit_has_posts",
                               "SELECT 1 WHERE EXISTS (SELECT 1 FROM post WHERE partition_id = ? AND unit_uid = ?) "
                               "OR EXISTS (SELECT 1 FROM term WHERE partition_id = ? AND unit_uid = ?)"};
// Below it, single INSERTs take fewer round trips than the bulk path.
constexpr size_t kBulkFrom = 4;

absl::Status DuplicateCode(const absl::Status& status, const std::vector<Unit>& units) {
  if (!absl::IsAlreadyExists(status)) return status;
  return common::AlreadyExists("DUPLICATE_CODE", units.size() == 1 ? units.front().name() : "units",
                               {"the code is in use", "该组织代码已被使用"});
}

// What has been set up in a unit since the import keeps it.
absl::Status RefusePosts(sql::Session& session, std::span<const Unit> units) {
  std::vector<Blocker> blockers;
  for (const Unit& unit : units) {
    const sql::Value args[] = {unit.partition().value, unit.uid().value, unit.partition().value, unit.uid().value};
    RONGHE_RETURN_IF_ERROR(session.Select(kHasPosts, args, [&](const sql::Row&) {
      blockers.push_back({"HAS_POSTS", unit.name(), {"has posts or terms", "已设职务或任期"}});
      return absl::OkStatus();
    }));
  }
  if (blockers.empty()) return absl::OkStatus();
  return common::FailedPrecondition(
      "IMPORT_IN_USE",
      {"something has been built on the import since; everything is listed", "导入之后已有数据依赖于它，已全部列出"},
      std::move(blockers));
}

bool IsStructural(const Unit& before, const Unit& after) {
  const UnitFields& a = before.fields();
  const UnitFields& b = after.fields();
  return before.parent().uid != after.parent().uid || before.state() != after.state() || a.title != b.title ||
         a.short_title != b.short_title || a.kind != b.kind;
}

std::vector<UnitUid> UidsOf(std::span<const Unit> units) {
  std::vector<UnitUid> uids;
  uids.reserve(units.size());
  for (const Unit& unit : units) uids.push_back(unit.uid());
  return uids;
}

}  // namespace

absl::StatusOr<std::optional<DoneBefore>> SqlUnitTxn::Claim(const common::RequestKey& key) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<common::PriorWrite> prior, txn_.Claim(key));
  if (!prior) return std::optional<DoneBefore>();
  return std::optional<DoneBefore>(DoneBefore{std::move(prior->resource), prior->revision});
}

absl::StatusOr<common::PartitionId> SqlUnitTxn::NewPartitions(int count) {
  int64_t next = 0;
  sql::Value args[] = {int64_t{count}};
  RONGHE_RETURN_IF_ERROR(session().Select(kNewPartitions, args, [&](const sql::Row& row) {
    next = row.Int(0);
    return absl::OkStatus();
  }));
  if (next == 0) return common::Internal("no row in partition_counter");
  if (next > common::kRegistryPartition.value) {
    return common::FailedPrecondition(
        "PARTITIONS_EXHAUSTED",
        {"there are no partitions left for units of county level or above", "县级及以上组织的分区已用尽"});
  }
  return common::PartitionId(next - count);
}

absl::Status SqlUnitTxn::InsertRows(std::string_view table, std::span<const std::string_view> columns,
                                    std::span<const std::vector<sql::Value>> rows) {
  if (rows.size() >= kBulkFrom) return session().BulkInsert("unit_bulk", table, columns, rows);
  std::string text = fmt::format("INSERT INTO {} ({}) VALUES ({})", table, fmt::join(columns, ", "),
                                 sql::Placeholders(static_cast<int>(columns.size())));
  for (const std::vector<sql::Value>& row : rows) {
    RONGHE_RETURN_IF_ERROR(session().Execute({"unit_insert", text}, std::span<const sql::Value>(row)).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Unit>> SqlUnitTxn::Insert(std::vector<Unit> units) {
  std::vector<std::vector<sql::Value>> unit_rows;
  std::vector<std::vector<sql::Value>> version_rows;
  for (Unit& unit : units) {
    unit = unit.Recorded(txn_.now(), txn_.next_revision());
    unit_rows.push_back(UnitTableRow(unit));
    version_rows.push_back(VersionTableRow(unit));
    txn_.Log({common::ChangeKind::kCreated, unit.name(), unit.uid(), UnitUid(), unit.etag(), NewUnitRollup(unit)});
  }
  RONGHE_RETURN_IF_ERROR(DuplicateCode(InsertRows("unit", UnitTableColumns(), unit_rows), units));
  RONGHE_RETURN_IF_ERROR(InsertRows("unit_version", VersionTableColumns(), version_rows));
  return units;
}

absl::Status SqlUnitTxn::CloseVersion(const Unit& before, const Unit& after) {
  bool same_day = before.from() == after.from();
  int64_t end = same_day ? absl::ToUnixMicros(after.recorded()) : common::DayNumber(after.from());
  RONGHE_ASSIGN_OR_RETURN(int64_t rows,
                          session().Execute(same_day ? kSupersede : kEnd,
                                            {end, before.uid().value, common::DayNumber(before.from()), kForever}));
  if (rows == 1) return absl::OkStatus();
  return common::Internal(fmt::format("unit {} has no version to end", before.uid().value));
}

absl::StatusOr<Unit> SqlUnitTxn::Change(const Unit& before, const Unit& after_fields) {
  // Two versions of a unit are never recorded at the same time, also where the clock stands still or goes back.
  absl::Time recorded = std::max(txn_.now(), before.recorded() + absl::Microseconds(1));
  Unit after = after_fields.Recorded(recorded, txn_.next_revision());
  RONGHE_RETURN_IF_ERROR(CloseVersion(before, after));
  std::vector<sql::Value> version = VersionTableRow(after);
  RONGHE_RETURN_IF_ERROR(InsertRows("unit_version", VersionTableColumns(), {&version, 1}));
  // From from_day on, the columns that change, in the order of the statement.
  std::vector<sql::Value> row = UnitTableRow(after);
  std::vector<sql::Value> args(row.begin() + 5, row.end());
  args.emplace_back(before.uid().value);
  args.emplace_back(before.revision());
  RONGHE_ASSIGN_OR_RETURN(int64_t rows, session().Execute(kUpdate, std::span<const sql::Value>(args)));
  if (rows != 1) return common::Internal(fmt::format("unit {} is not at its revision", before.uid().value));
  if (before.successors().size() + after.successors().size() > 0) {
    RONGHE_RETURN_IF_ERROR(ReplaceSuccessors(session(), after));
  }
  if (before.lives() && !after.lives()) {
    // Its posts lie in its own partition: they end there, by themselves.
    RONGHE_RETURN_IF_ERROR(common::SetTimerIn(txn_, after.partition(), kUnitPostsTimer, after.uid().value));
  }
  bool moved = before.parent().uid != after.parent().uid;
  const bool structural = IsStructural(before, after);
  txn_.Log({structural ? common::ChangeKind::kStructureChanged : common::ChangeKind::kUpdated, after.name(),
            after.uid(), moved ? before.parent().uid : UnitUid(), after.etag(),
            ChangedUnitRollup(before, after, structural)});
  return after;
}

absl::StatusOr<std::vector<UnitUid>> SqlUnitTxn::Changed(std::span<const UnitUid> uids) {
  std::vector<UnitUid> changed;
  if (uids.empty()) return changed;
  std::vector<sql::Value> args;
  AppendPadded(args, uids);
  for (std::string_view text : {kChanged, kTookPlace}) {
    const std::string statement = WithPlaceholders(text, uids.size());
    RONGHE_RETURN_IF_ERROR(session().Select({"unit_changed", statement}, args, [&](const sql::Row& row) {
      changed.emplace_back(row.Int(0));
      return absl::OkStatus();
    }));
  }
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

absl::StatusOr<std::vector<UnitRef>> SqlUnitTxn::EverBelow(std::span<const UnitUid> uids) {
  std::vector<UnitRef> below;
  if (uids.empty()) return below;
  std::vector<sql::Value> args;
  AppendPadded(args, uids);
  std::string text = WithPlaceholders(kEverBelow, uids.size());
  RONGHE_RETURN_IF_ERROR(session().Select({"unit_ever_below", text}, args, [&](const sql::Row& row) {
    below.push_back({UnitUid(row.Int(0)), std::string(row.Text(1))});
    return absl::OkStatus();
  }));
  return below;
}

absl::Status SqlUnitTxn::Erase(std::span<const Unit> units) {
  if (units.empty()) return absl::OkStatus();
  RONGHE_RETURN_IF_ERROR(RefusePosts(session(), units));
  std::vector<UnitUid> uids = UidsOf(units);
  std::vector<sql::Value> args;
  AppendPadded(args, uids);
  for (std::string_view text : {kDeleteVersions, kDeleteUnits}) {
    std::string statement = WithPlaceholders(text, uids.size());
    RONGHE_RETURN_IF_ERROR(session().Execute({"unit_erase", statement}, std::span<const sql::Value>(args)).status());
  }
  for (const Unit& unit : units) {
    txn_.Log({common::ChangeKind::kDeleted, unit.name(), unit.uid(), unit.parent().uid, "", ErasedUnitRollup(unit)});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Blocker>> SqlUnitTxn::Occupants(std::span<const Unit> units) {
  std::vector<Blocker> blockers;
  for (const Unit& unit : units) {
    for (UnitOccupants* occupants : occupants_) {
      RONGHE_ASSIGN_OR_RETURN(int64_t count, occupants->LockAndCount(session(), unit.partition(), unit.uid()));
      if (count == 0) continue;
      blockers.push_back(occupants->BlockerOf(unit.name(), count));
    }
  }
  return blockers;
}

absl::Status SqlUnitTxn::Hold(std::vector<common::PartitionId> partitions) {
  std::sort(partitions.begin(), partitions.end());
  for (common::PartitionId partition : partitions) RONGHE_RETURN_IF_ERROR(txn_.Also(partition).status());
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqlUnitTxn::HandOver(const HandOverOrder& order, std::vector<Blocker>& blockers) {
  int64_t moved = 0;
  for (UnitOccupants* occupants : occupants_) {
    RONGHE_ASSIGN_OR_RETURN(const int64_t some, occupants->HandOver(txn_, order, blockers));
    moved += some;
  }
  return moved;
}

absl::StatusOr<Reorganization> SqlUnitTxn::Record(Reorganization reorganization) {
  if (reorganization.state == ReorganizationState::kScheduled && calendar_ == nullptr) {
    return common::Internal("no calendar to schedule with");
  }
  reorganization.id = txn_.NewId();
  reorganization.created = txn_.now();
  reorganization.revision = txn_.next_revision();
  RONGHE_RETURN_IF_ERROR(InsertReorganization(session(), reorganization));
  if (reorganization.state == ReorganizationState::kScheduled) {
    RONGHE_RETURN_IF_ERROR(
        common::SetTimer(txn_, kReorganizationTimer, reorganization.id, calendar_->StartOf(reorganization.day)));
  }
  txn_.Log({.kind = common::ChangeKind::kCreated,
            .resource = reorganization.name(),
            .unit = reorganization.owner,
            .etag = reorganization.etag()});
  return reorganization;
}

absl::StatusOr<Reorganization> SqlUnitTxn::Conclude(Reorganization reorganization, bool clear_timer) {
  reorganization.revision = txn_.next_revision();
  RONGHE_RETURN_IF_ERROR(UpdateReorganization(session(), reorganization));
  if (clear_timer) RONGHE_RETURN_IF_ERROR(common::ClearTimer(txn_, kReorganizationTimer, reorganization.id));
  txn_.Log({.kind = common::ChangeKind::kUpdated,
            .resource = reorganization.name(),
            .unit = reorganization.owner,
            .etag = reorganization.etag()});
  return reorganization;
}

}  // namespace ronghe::organization
