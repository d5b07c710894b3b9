// Learning records by the thousand: what imports bring, and take back.
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "services/common/import/sql/sql_import_txn.h"
#include "services/common/values/status.h"
#include "services/education/storage/sql_learning_store.h"

namespace ronghe::education {
namespace {

namespace sql = common::sql;
using sql::Value;

constexpr int kMostBlockers = 1000;

// Without statistics PostgreSQL takes every external id for one of a few hundred and reads the whole table to find
// some; it collects them by itself a minute after a table has grown, which is too late for an import into a new one.
constexpr sql::Query kAnalyze{"learning_analyze", "ANALYZE learning_record"};
constexpr int64_t kAnalyzeAfter[] = {0, 100'000, 1'000'000};

constexpr sql::Query kAddTotal{
    "learning_total_add",
    "INSERT INTO learning_import_total (partition_id, import_id, record_partition, platform, new_records, "
    "known_records, counted_records, new_credit, known_credit, counted_credit) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (partition_id, import_id, record_partition, platform) DO UPDATE SET "
    "new_records = learning_import_total.new_records + excluded.new_records, "
    "known_records = learning_import_total.known_records + excluded.known_records, "
    "counted_records = learning_import_total.counted_records + excluded.counted_records, "
    "new_credit = learning_import_total.new_credit + excluded.new_credit, "
    "known_credit = learning_import_total.known_credit + excluded.known_credit, "
    "counted_credit = learning_import_total.counted_credit + excluded.counted_credit"};
constexpr sql::Query kTotals{
    "learning_totals",
    "SELECT platform, CAST(SUM(new_records) AS BIGINT), CAST(SUM(known_records) AS BIGINT), CAST(SUM(counted_records) "
    "AS "
    "BIGINT), CAST(SUM(new_credit) AS BIGINT), CAST(SUM(known_credit) AS BIGINT), CAST(SUM(counted_credit) AS BIGINT) "
    "FROM learning_import_total WHERE partition_id = ? AND import_id = ? GROUP BY platform ORDER BY platform"};
constexpr sql::Query kTotalPartitions{
    "learning_total_partitions",
    "SELECT record_partition FROM learning_import_total WHERE partition_id = ? AND import_id = ? AND new_records > 0 "
    "GROUP BY record_partition ORDER BY record_partition"};
constexpr sql::Query kForgetTotals{"learning_totals_forget",
                                   "DELETE FROM learning_import_total WHERE partition_id = ? AND import_id = ?"};
// Ids grow with time, so what an import made lies after the import.
constexpr sql::Query kVoidedOf{
    "learning_import_voided",
    "SELECT record_id FROM learning_record WHERE partition_id = ? AND record_id > ? AND import_id = ? AND state <> 1 "
    "ORDER BY record_id LIMIT ?"};
constexpr sql::Query kCountedOf{"learning_import_counted",
                                "SELECT unit_uid, month, COUNT(*), CAST(COALESCE(SUM(credit), 0) AS BIGINT) FROM "
                                "learning_record WHERE partition_id "
                                "= ? AND record_id > ? AND import_id = ? AND counted = 1 GROUP BY unit_uid, month"};
constexpr sql::Query kCoursesOf{"learning_import_courses",
                                "SELECT member_id, month / 100, course FROM learning_record WHERE partition_id = ? AND "
                                "record_id > ? AND import_id = ? "
                                "AND counted = 1 AND course <> '' ORDER BY member_id, month / 100, course"};
constexpr sql::Query kErase{"learning_import_erase",
                            "DELETE FROM learning_record WHERE partition_id = ? AND record_id > ? AND import_id = ?"};

// Before the first id that an import can have made. Where many are made at once they run ahead of time, each partition
// by itself: an hour is more than that ever is.
int64_t BeforeIdsOf(int64_t import) {
  constexpr int64_t kTicksOfAnHour = int64_t{3600} * 1'000'000 / 16;
  return ((import >> common::kPartitionBits) - kTicksOfAnHour) << common::kPartitionBits;
}

}  // namespace

absl::StatusOr<std::vector<EnteredLearning>> SqlLearningStore::Enter(common::ImportTxn& import_txn,
                                                                     const common::Import& import,
                                                                     std::span<const LearningRecord> records,
                                                                     bool all_new) {
  common::WriteTxn& txn = common::SqlImportTxn::Of(import_txn);
  std::vector<EnteredLearning> entered(records.size());
  std::map<common::PartitionId, std::vector<size_t>> places;
  for (size_t i = 0; i < records.size(); ++i) places[common::PartitionOf(records[i].member)].push_back(i);
  std::vector<LearningRecord> some;
  for (const auto& [partition, all] : places) {
    RONGHE_ASSIGN_OR_RETURN(common::WriteTxn* const part, txn.Also(partition));
    std::span<const LearningRecord> portion = records;
    if (places.size() > 1) {
      some.clear();
      for (const size_t place : all) some.push_back(records[place]);
      portion = some;
    }
    SqlLearningTxn learning(*part, texts_, rules_);
    RONGHE_ASSIGN_OR_RETURN(const std::vector<EnteredLearning> done, learning.Enter(portion, {import.id, {}, all_new}));
    std::map<std::string_view, LearningTotal> totals;
    for (size_t i = 0; i < done.size(); ++i) {
      entered[all[i]] = done[i];
      if (!done[i].same) continue;
      LearningTotal& total = totals[portion[i].platform];
      const int64_t credit = portion[i].credit_deci_hours;
      (done[i].known ? total.known_records : total.new_records) += 1;
      (done[i].known ? total.known_deci_hours : total.new_deci_hours) += credit;
      if (done[i].counted) total.counted_records += 1;
      if (done[i].counted) total.counted_deci_hours += credit;
    }
    for (const auto& [platform, total] : totals) {
      RONGHE_RETURN_IF_ERROR(
          txn.session()
              .Execute(kAddTotal, {import.partition.value, import.id, partition.value, std::string(platform),
                                   total.new_records, total.known_records, total.counted_records, total.new_deci_hours,
                                   total.known_deci_hours, total.counted_deci_hours})
              .status());
    }
  }
  const int64_t before = import.applied_rows;
  const int64_t after = before + static_cast<int64_t>(records.size());
  const bool grown = std::any_of(std::begin(kAnalyzeAfter), std::end(kAnalyzeAfter),
                                 [&](int64_t rows) { return before <= rows && rows < after; });
  // Of small imports nothing needs to be known.
  if (grown && records.size() >= 1000 && txn.session().engine() == sql::Engine::kPostgresql) {
    RONGHE_RETURN_IF_ERROR(txn.session().Execute(kAnalyze, {}).status());
  }
  return entered;
}

absl::StatusOr<std::vector<LearningRecordId>> SqlLearningTxn::Erase(int64_t import, int limit) {
  sql::Session& session = txn_.session();
  const int64_t partition = txn_.partition().value;
  const int64_t after = BeforeIdsOf(import);
  std::vector<LearningRecordId> blockers;
  RONGHE_RETURN_IF_ERROR(
      session.Select(kVoidedOf, {partition, after, import, int64_t{limit}}, [&](const sql::Row& row) {
        blockers.emplace_back(row.Int(0));
        return absl::OkStatus();
      }));
  if (!blockers.empty()) return blockers;
  LearningAmounts amounts;
  RONGHE_RETURN_IF_ERROR(session.Select(kCountedOf, {partition, after, import}, [&](const sql::Row& row) {
    AddAmount(common::UnitUid(row.Int(0)), static_cast<common::MonthNumber>(row.Int(1)), -row.Int(2), -row.Int(3),
              amounts);
    return absl::OkStatus();
  }));
  std::vector<CourseKey> keys;
  RONGHE_RETURN_IF_ERROR(session.Select(kCoursesOf, {partition, after, import}, [&](const sql::Row& row) {
    keys.push_back({row.Int(0), static_cast<int>(row.Int(1)), std::string(row.Text(2))});
    return absl::OkStatus();
  }));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  RONGHE_RETURN_IF_ERROR(session.Execute(kErase, {partition, after, import}).status());
  // Others of the same courses count now.
  RONGHE_RETURN_IF_ERROR(CountCourses(session, txn_.partition(), rules_, keys, {}, amounts));
  LogImport(import, amounts);
  return blockers;
}

absl::Status SqlLearningStore::Erase(common::ImportTxn& import_txn, const common::Import& import) {
  common::WriteTxn& txn = common::SqlImportTxn::Of(import_txn);
  std::vector<int64_t> partitions;
  RONGHE_RETURN_IF_ERROR(
      txn.session().Select(kTotalPartitions, {import.partition.value, import.id}, [&](const sql::Row& row) {
        partitions.push_back(row.Int(0));
        return absl::OkStatus();
      }));
  std::vector<common::Blocker> blockers;
  for (const int64_t partition : partitions) {
    RONGHE_ASSIGN_OR_RETURN(common::WriteTxn* const part, txn.Also(common::PartitionId(partition)));
    SqlLearningTxn learning(*part, texts_, rules_);
    RONGHE_ASSIGN_OR_RETURN(const std::vector<LearningRecordId> voided, learning.Erase(import.id, kMostBlockers));
    for (const LearningRecordId id : voided) {
      blockers.push_back({"CHANGED_SINCE", NameOf(id), {"has been voided since", "导入后已作废或更正"}});
    }
  }
  if (!blockers.empty()) {
    return common::FailedPrecondition(
        "IMPORT_IN_USE", {"something was done with what was imported", "导入的记录已有后续处理"}, std::move(blockers));
  }
  return txn.session().Execute(kForgetTotals, {import.partition.value, import.id}).status();
}

absl::StatusOr<std::vector<LearningKnown>> SqlLearningStore::Look(std::span<const LearningRecord> records,
                                                                  absl::Time deadline) {
  std::vector<LearningKnown> found(records.size(), LearningKnown::kNew);
  std::map<common::PartitionId, std::vector<size_t>> places;
  for (size_t i = 0; i < records.size(); ++i) places[common::PartitionOf(records[i].member)].push_back(i);
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    for (const auto& [partition, all] : places) {
      std::vector<const LearningRecord*> some;
      some.reserve(all.size());
      for (const size_t place : all) some.push_back(&records[place]);
      RONGHE_ASSIGN_OR_RETURN(const std::vector<LearningBrief> known, SelectKnown(session, partition, some));
      for (size_t i = 0; i < all.size(); ++i) {
        if (known[i].id == 0) continue;
        found[all[i]] = SameContent(known[i].record, *some[i]) ? LearningKnown::kSame : LearningKnown::kOther;
      }
    }
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<LearningTotal>> SqlLearningStore::Totals(int64_t import, absl::Time deadline) {
  std::vector<LearningTotal> totals;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) {
    totals.clear();
    return session.Select(kTotals, {common::PartitionOf(import).value, import}, [&](const sql::Row& row) {
      totals.push_back(
          {std::string(row.Text(0)), row.Int(1), row.Int(2), row.Int(3), row.Int(4), row.Int(5), row.Int(6)});
      return absl::OkStatus();
    });
  }));
  return totals;
}

}  // namespace ronghe::education
