#include "services/education/storage/sql_learning_store.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/education/storage/learning_rollup.h"

namespace ronghe::education {
namespace {

namespace sql = common::sql;
using sql::Value;

#define RONGHE_LEARNING_COLUMNS                                                                                     \
  "r.record_id, r.member_id, r.unit_uid, r.source, r.platform, r.external_id, r.course, r.day, r.credit, r.state, " \
  "r.counted, r.import_id, r.replaces, r.create_us, v.at_us, v.replaced_by, v.texts, v.key_version, v.wrapped_key " \
  "FROM learning_record r LEFT JOIN learning_void v ON v.partition_id = r.partition_id AND v.record_id = r.record_id "
constexpr sql::Query kFind{"learning_find",
                           "SELECT " RONGHE_LEARNING_COLUMNS "WHERE r.partition_id = ? AND r.record_id = ?"};
constexpr sql::Query kPage{"learning_page",
                           "SELECT " RONGHE_LEARNING_COLUMNS
                           "WHERE r.partition_id = ? AND r.member_id = ? AND r.month BETWEEN ? AND ? AND "
                           "(r.day, r.record_id) > (?, ?) ORDER BY r.day, r.record_id LIMIT ?"};
#undef RONGHE_LEARNING_COLUMNS
constexpr sql::Query kCredit{
    "learning_credit",
    "SELECT CAST(COALESCE(SUM(credit), 0) AS BIGINT) FROM learning_record WHERE partition_id = ? AND member_id = ? AND "
    "month BETWEEN ? AND ? AND counted = 1"};
constexpr sql::Query kVoid{"learning_void_set",
                           "UPDATE learning_record SET state = 2, counted = 0, shadow = ? WHERE partition_id = ? AND "
                           "record_id = ? AND state = 1"};
constexpr sql::Query kFreeKey{"learning_free_key",
                              "UPDATE learning_record SET shadow = record_id WHERE partition_id = ? AND record_id = ?"};
constexpr sql::Query kInsertVoid{
    "learning_void_insert",
    "INSERT INTO learning_void (partition_id, record_id, at_us, actor, replaced_by, texts, key_version, wrapped_key) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kReplaced{"learning_replaced",
                               "UPDATE learning_void SET replaced_by = ? WHERE partition_id = ? AND record_id = ?"};

absl::Status ReadRow(const sql::Row& row, const LearningTexts& texts, StoredLearning& stored) {
  stored.id = LearningRecordId(row.Int(0));
  LearningRecord& record = stored.record;
  record.member = row.Int(1);
  record.unit = common::UnitUid(row.Int(2));
  record.source = static_cast<LearningSource>(row.Int(3));
  record.platform = row.Text(4);
  record.external_id = row.Text(5);
  record.course = row.Text(6);
  record.day = common::DayFromNumber(row.Int(7));
  record.credit_deci_hours = static_cast<int>(row.Int(8));
  stored.state = static_cast<LearningState>(row.Int(9));
  stored.counted = row.Int(10) != 0;
  stored.import = row.Int(11);
  stored.replaces = LearningRecordId(row.Int(12));
  stored.create_time = absl::FromUnixMicros(row.Int(13));
  if (row.IsNull(14)) return absl::OkStatus();
  stored.void_time = absl::FromUnixMicros(row.Int(14));
  stored.replaced_by = LearningRecordId(row.Int(15));
  RONGHE_ASSIGN_OR_RETURN(stored.void_reason, texts.Open(stored.id.value, {std::string(row.Bytes(16)),
                                                                           {row.Int(17), std::string(row.Bytes(18))}}));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<StoredLearning>> SelectLearning(sql::Session& session, const LearningTexts& texts,
                                                             LearningRecordId id) {
  std::optional<StoredLearning> found;
  RONGHE_RETURN_IF_ERROR(session.Select(kFind, {common::PartitionOf(id.value).value, id.value},
                                        [&](const sql::Row& row) { return ReadRow(row, texts, found.emplace()); }));
  return found;
}

int64_t FirstMonth(int year) {
  return int64_t{year} * 100 + 1;
}
int64_t LastMonth(int year) {
  return int64_t{year} * 100 + 12;
}

std::string ContextOf(int64_t record) {
  return fmt::format("learning record {}", record);
}

}  // namespace

LearningTexts::Sealed LearningTexts::Seal(int64_t record, std::string_view reason) const {
  const common::KeyRing::NewKey fresh = ring_.MakeKey(ContextOf(record), random_);
  return {fresh.key.Seal(ContextOf(record), reason, random_), fresh.wrapped};
}

absl::StatusOr<std::string> LearningTexts::Open(int64_t record, const Sealed& sealed) const {
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey key, ring_.Unwrap(ContextOf(record), sealed.key));
  return key.Open(ContextOf(record), sealed.text);
}

absl::StatusOr<std::optional<std::string>> SqlLearningTxn::Claim(const common::RequestKey& key) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<common::PriorWrite> prior, txn_.Claim(key));
  if (!prior) return std::nullopt;
  return std::move(prior->resource);
}

absl::StatusOr<std::optional<StoredLearning>> SqlLearningTxn::Find(LearningRecordId id) {
  return SelectLearning(txn_.session(), texts_, id);
}

void SqlLearningTxn::LogRecord(LearningRecordId id, const LearningRecord& record, bool is_new,
                               const LearningAmounts& amounts) {
  txn_.Log({is_new ? common::ChangeKind::kCreated : common::ChangeKind::kUpdated, NameOf(id), record.unit,
            common::UnitUid(), "", common::EncodeRollup(LearningChange(amounts))});
}

void SqlLearningTxn::LogImport(int64_t import, const LearningAmounts& amounts) {
  // By unit, then by month: so the amounts of a unit stand together.
  for (auto at = amounts.begin(); at != amounts.end();) {
    const common::UnitUid unit = at->first.first;
    const auto first = at;
    while (at != amounts.end() && at->first.first == unit) ++at;
    txn_.Log({common::ChangeKind::kUpdated, fmt::format("learningImports/{}", import), unit, common::UnitUid(), "",
              common::EncodeRollup(LearningChange(LearningAmounts(first, at)))});
  }
}

absl::StatusOr<std::vector<LearningBrief>> SqlLearningTxn::Known(std::span<const LearningRecord> records) {
  std::vector<const LearningRecord*> pointers;
  pointers.reserve(records.size());
  for (const LearningRecord& record : records) pointers.push_back(&record);
  return SelectKnown(txn_.session(), txn_.partition(), pointers);
}

absl::StatusOr<std::vector<EnteredLearning>> SqlLearningTxn::Enter(std::span<const LearningRecord> records,
                                                                   const LearningOrigin& origin) {
  std::vector<LearningBrief> known(records.size());
  if (!origin.all_new) {
    RONGHE_ASSIGN_OR_RETURN(known, Known(records));
  }
  std::vector<EnteredLearning> entered(records.size());
  std::vector<LearningRow> fresh;
  std::vector<size_t> places;
  std::vector<CourseKey> keys;
  fresh.reserve(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    if (known[i].id != 0) {
      entered[i] = {LearningRecordId(known[i].id), true, SameContent(known[i].record, records[i]), false};
      continue;
    }
    const bool alone = records[i].course.empty();
    if (!alone) keys.push_back(CourseOf(records[i]));
    fresh.push_back({txn_.NewId(), &records[i], alone, origin.import, origin.replaces.value});
    places.push_back(i);
  }
  if (fresh.empty()) return entered;
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  LearningAmounts amounts;
  RONGHE_RETURN_IF_ERROR(CountCourses(txn_.session(), txn_.partition(), rules_, keys, fresh, amounts));
  RONGHE_RETURN_IF_ERROR(InsertLearning(txn_.session(), txn_.partition(), txn_.now(), fresh));
  for (size_t i = 0; i < fresh.size(); ++i) {
    const LearningRecord& record = *fresh[i].record;
    if (fresh[i].counted) {
      AddAmount(record.unit, MonthOfDay(record.day), 1, record.credit_deci_hours, amounts);
    } else if (origin.import != 0) {
      AddAmount(record.unit, MonthOfDay(record.day), 0, 0, amounts);
    }
    entered[places[i]] = {LearningRecordId(fresh[i].id), false, true, fresh[i].counted};
  }
  if (origin.import != 0) {
    LogImport(origin.import, amounts);
    return entered;
  }
  // What the others of a course lost or won goes with the first.
  for (size_t i = 0; i < fresh.size(); ++i) {
    LogRecord(LearningRecordId(fresh[i].id), *fresh[i].record, /*is_new=*/true, amounts);
    amounts.clear();
  }
  return entered;
}

absl::Status SqlLearningTxn::Void(const StoredLearning& stored, const std::string& reason, const std::string& actor,
                                  bool replaced) {
  const int64_t id = stored.id.value;
  RONGHE_ASSIGN_OR_RETURN(const int64_t rows,
                          txn_.session().Execute(kVoid, {replaced ? id : int64_t{0}, txn_.partition().value, id}));
  if (rows != 1) return common::Internal(fmt::format("learning record {} is not live", id));
  const LearningTexts::Sealed sealed = texts_.Seal(id, reason);
  RONGHE_RETURN_IF_ERROR(
      txn_.session()
          .Execute(kInsertVoid, {txn_.partition().value, id, txn_.now_micros(), actor, int64_t{0},
                                 sql::Blob{sealed.text}, sealed.key.version, sql::Blob{sealed.key.bytes}})
          .status());
  LearningAmounts amounts;
  const LearningRecord& record = stored.record;
  if (stored.counted) AddAmount(record.unit, MonthOfDay(record.day), -1, -record.credit_deci_hours, amounts);
  if (!record.course.empty()) {
    const CourseKey key = CourseOf(record);
    RONGHE_RETURN_IF_ERROR(CountCourses(txn_.session(), txn_.partition(), rules_, {&key, 1}, {}, amounts));
  }
  LogRecord(stored.id, record, /*is_new=*/false, amounts);
  return absl::OkStatus();
}

absl::Status SqlLearningTxn::FreeKey(LearningRecordId id) {
  return txn_.session().Execute(kFreeKey, {txn_.partition().value, id.value}).status();
}

absl::Status SqlLearningTxn::Replaced(const StoredLearning& stored, LearningRecordId by) {
  return txn_.session().Execute(kReplaced, {by.value, txn_.partition().value, stored.id.value}).status();
}

absl::Status SqlLearningStore::Write(common::PartitionId partition, const common::Call& call,
                                     absl::FunctionRef<absl::Status(LearningTxn&)> body) {
  return log_
      .Write(partition, call,
             [&](common::WriteTxn& txn) {
               SqlLearningTxn learning(txn, texts_, rules_);
               return body(learning);
             })
      .status();
}

absl::StatusOr<std::optional<StoredLearning>> SqlLearningStore::Find(LearningRecordId id, absl::Time deadline) {
  std::optional<StoredLearning> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectLearning(session, texts_, id));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredLearning>> SqlLearningStore::List(int64_t member, int year, int64_t after_day,
                                                                   int64_t after_id, int limit, absl::Time deadline) {
  std::vector<StoredLearning> found;
  const Value args[] = {common::PartitionOf(member).value,
                        member,
                        FirstMonth(year),
                        LastMonth(year),
                        after_day,
                        after_id,
                        int64_t{limit}};
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) {
    found.clear();
    return session.Select(kPage, args, [&](const sql::Row& row) { return ReadRow(row, texts_, found.emplace_back()); });
  }));
  return found;
}

absl::StatusOr<int64_t> SqlLearningStore::Credit(int64_t member, int year, absl::Time deadline) {
  int64_t credit = 0;
  const Value args[] = {common::PartitionOf(member).value, member, FirstMonth(year), LastMonth(year)};
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) {
    return session.Select(kCredit, args, [&](const sql::Row& row) {
      credit = row.Int(0);
      return absl::OkStatus();
    });
  }));
  return credit;
}

}  // namespace ronghe::education
