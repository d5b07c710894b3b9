#include "services/common/import/sql/sql_import_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "services/common/import/migrations/migrations.h"
#include "services/common/import/sql/sql_import_rows.h"

namespace ronghe::common {
namespace {

namespace sql = common::sql;

constexpr sql::Query kInsertEntry{
    "import_entry_insert",
    "INSERT INTO import_entry (partition_id, import_id, parent_uid, active) VALUES (0, ?, ?, ?)"};
constexpr sql::Query kRestart{
    "import_restart",
    "UPDATE import_job SET attempt = attempt + 1, received_rows = 0, update_us = ? "
    "WHERE partition_id = ? AND import_id = ? AND state = ? AND committed = 0 AND attempt = ?"};
constexpr sql::Query kForgetRows{"import_rows_forget",
                                 "DELETE FROM import_row WHERE partition_id = ? AND import_id = ?"};
constexpr sql::Query kCountRows{
    "import_stage",
    "UPDATE import_job SET received_rows = received_rows + ?, update_us = ? "
    "WHERE partition_id = ? AND import_id = ? AND state = ? AND committed = 0 AND attempt = ?"};
constexpr sql::Query kCommit{
    "import_commit",
    "UPDATE import_job SET committed = 1, announced_rows = ?, update_us = ? "
    "WHERE partition_id = ? AND import_id = ? AND state = ? AND committed = 0 AND attempt = ?"};
constexpr sql::Query kList{"import_list",
                           "SELECT import_id, parent_uid FROM import_entry WHERE partition_id = 0 AND import_id < ? "
                           "ORDER BY import_id DESC LIMIT ?"};
constexpr sql::Query kIssuesByLine{
    "import_issues_by_line",
    "SELECT line, number, field, reason, message_en, message_zh FROM import_row_error "
    "WHERE partition_id = ? AND import_id = ? AND (line, number) > (?, ?) ORDER BY line, number LIMIT ?"};
constexpr sql::Query kIssuesByNumber{"import_issues_by_number",
                                     "SELECT line, number, field, reason, message_en, message_zh FROM import_row_error "
                                     "WHERE partition_id = ? AND import_id = ? AND number > ? ORDER BY number LIMIT ?"};
constexpr std::string_view kRowColumns[] = {"partition_id", "import_id", "line",   "apply_order",
                                            "state",        "result_id", "payload"};

constexpr int64_t kReceivingState = static_cast<int64_t>(ImportState::kReceiving);

absl::Status Replaced() {
  return common::Aborted("STREAM_REPLACED", {"Another stream has taken over this import, or it has been committed.",
                                             "该导入任务已由另一个数据流接管或已提交。"});
}

absl::Status Dropped() {
  return common::FailedPrecondition("IMPORT_DROPPED",
                                    {"The import of this request was never finished and has been dropped; use a new "
                                     "request id.",
                                     "该请求对应的导入任务长期未完成，已被清除，请使用新的请求标识。"});
}

ImportStore::NumberedIssue IssueFrom(const sql::Row& row) {
  return {row.Int(1),
          {row.Int(0),
           std::string(row.Text(2)),
           std::string(row.Text(3)),
           {std::string(row.Text(4)), std::string(row.Text(5))}}};
}

// The id in `imports/{id}`, from what the request log remembers.
int64_t IdOf(std::string_view resource) {
  const size_t slash = resource.find('/');
  int64_t id = 0;
  for (const char c : resource.substr(slash + 1)) id = id * 10 + (c - '0');
  return id;
}

}  // namespace

// Deadlines are real time, as the database has it.
absl::Time SqlImportStore::DeadlineOf(const common::Call& call) const {
  return std::min(call.deadline, common::SystemClock().Now() + kOneTransaction);
}

common::Call SqlImportStore::Bounded(const common::Call& call, const Import& import, absl::Duration most) const {
  common::Call bounded = call;
  bounded.deadline = std::min(call.deadline, common::SystemClock().Now() + most);
  if (bounded.request_id.empty()) bounded.request_id = import.request_id;
  if (bounded.actor.key.empty()) bounded.actor.key = import.actor_key;
  return bounded;
}

absl::StatusOr<ImportStore::Begun> SqlImportStore::Begin(const common::Call& call, const Import& fresh,
                                                         const common::RequestKey& key) {
  Begun begun;
  std::optional<common::PriorWrite> prior;
  const auto write = [&](common::WriteTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(prior, txn.Claim(key));
    if (prior.has_value()) return absl::OkStatus();
    begun.import = fresh;
    begun.import.id = txn.NewId();
    begun.import.create_time = begun.import.update_time = txn.now();
    RONGHE_RETURN_IF_ERROR(import_sql::InsertImport(txn.session(), begun.import));
    RONGHE_RETURN_IF_ERROR(
        txn.session().Execute(kInsertEntry, {begun.import.id, fresh.parent.value, import_sql::kReceiving}).status());
    txn.Remember(fmt::format("imports/{}", begun.import.id));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(log_.Write(fresh.partition, Bounded(call, fresh), write).status());
  if (!prior.has_value()) return begun;
  absl::StatusOr<Import> known = Get(call, IdOf(prior->resource));
  if (absl::IsNotFound(known.status())) return Dropped();
  if (!known.ok()) return std::move(known).status();
  begun.import = *std::move(known);
  begun.done_before = begun.import.committed;
  if (begun.done_before) return begun;
  RONGHE_ASSIGN_OR_RETURN(begun.import, Restart(call, begun.import));
  return begun;
}

absl::StatusOr<Import> SqlImportStore::Restart(const common::Call& call, const Import& import) {
  Import again = import;
  ++again.attempt;
  again.received_rows = 0;
  again.update_time = clock_.Now();
  const absl::Status done = database_.Write(DeadlineOf(call), [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const int64_t rows,
                            session.Execute(kRestart, {import_sql::ToMicros(again.update_time), import.partition.value,
                                                       import.id, kReceivingState, import.attempt}));
    if (rows != 1) return Replaced();
    return session.Execute(kForgetRows, {import.partition.value, import.id}).status();
  });
  RONGHE_RETURN_IF_ERROR(done);
  return again;
}

absl::Status SqlImportStore::Stage(const common::Call& call, const Import& import, std::span<const StagedRow> rows) {
  std::vector<std::vector<sql::Value>> values;
  values.reserve(rows.size());
  for (const StagedRow& row : rows) {
    values.push_back({import.partition.value, import.id, row.line, row.order, import_sql::kStaged, int64_t{0},
                      sql::Blob{row.payload}});
  }
  const int64_t now = import_sql::ToMicros(clock_.Now());
  const absl::Status status = database_.Write(DeadlineOf(call), [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const int64_t found,
                            session.Execute(kCountRows, {static_cast<int64_t>(rows.size()), now, import.partition.value,
                                                         import.id, kReceivingState, import.attempt}));
    if (found != 1) return Replaced();
    return session.BulkInsert("import_row_bulk", "import_row", kRowColumns, values);
  });
  if (!absl::IsAlreadyExists(status)) return status;
  return common::InvalidArgument("rows.line", "DUPLICATE_LINE",
                                 {"A line number occurs twice in the import.", "导入数据中行号重复。"});
}

absl::StatusOr<Import> SqlImportStore::Commit(const common::Call& call, const Import& import, int64_t announced_rows) {
  absl::StatusOr<Import> committed = Import{};
  const int64_t now = import_sql::ToMicros(clock_.Now());
  const absl::Status done = database_.Write(DeadlineOf(call), [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const int64_t rows, session.Execute(kCommit, {announced_rows, now, import.partition.value,
                                                                          import.id, kReceivingState, import.attempt}));
    if (rows != 1) return Replaced();
    RONGHE_RETURN_IF_ERROR(import_sql::SetEntry(session, import.id, import_sql::kWork));
    committed = import_sql::ReadImport(session, import.id);
    return committed.status();
  });
  RONGHE_RETURN_IF_ERROR(done);
  return committed;
}

absl::StatusOr<Import> SqlImportStore::Get(const common::Call& call, int64_t id) {
  absl::StatusOr<Import> import = Import{};
  RONGHE_RETURN_IF_ERROR(database_.Read(DeadlineOf(call), [&](sql::Session& session) {
    import = import_sql::ReadImport(session, id);
    return import.status();
  }));
  return import;
}

absl::StatusOr<std::vector<ImportStore::Entry>> SqlImportStore::List(const common::Call& call, int64_t before,
                                                                     int limit) {
  if (before == 0) before = std::numeric_limits<int64_t>::max();
  std::vector<Entry> entries;
  RONGHE_RETURN_IF_ERROR(database_.Read(DeadlineOf(call), [&](sql::Session& session) {
    return session.Select(kList, {before, int64_t{limit}}, [&](const sql::Row& row) {
      entries.push_back({row.Int(0), common::UnitUid(row.Int(1))});
      return absl::OkStatus();
    });
  }));
  return entries;
}

absl::StatusOr<std::vector<ImportStore::NumberedIssue>> SqlImportStore::IssuesByLine(const common::Call& call,
                                                                                     int64_t id, int64_t after_line,
                                                                                     int64_t after_number, int limit) {
  std::vector<NumberedIssue> issues;
  RONGHE_RETURN_IF_ERROR(database_.Read(DeadlineOf(call), [&](sql::Session& session) {
    return session.Select(kIssuesByLine, {common::PartitionOf(id).value, id, after_line, after_number, int64_t{limit}},
                          [&](const sql::Row& row) {
                            issues.push_back(IssueFrom(row));
                            return absl::OkStatus();
                          });
  }));
  return issues;
}

absl::StatusOr<std::vector<ImportStore::NumberedIssue>> SqlImportStore::IssuesByNumber(const common::Call& call,
                                                                                       int64_t id, int64_t after_number,
                                                                                       int limit) {
  std::vector<NumberedIssue> issues;
  RONGHE_RETURN_IF_ERROR(database_.Read(DeadlineOf(call), [&](sql::Session& session) {
    return session.Select(kIssuesByNumber, {common::PartitionOf(id).value, id, after_number, int64_t{limit}},
                          [&](const sql::Row& row) {
                            issues.push_back(IssueFrom(row));
                            return absl::OkStatus();
                          });
  }));
  return issues;
}

std::span<const sql::Migration> ImportMigrations() {
  return imports::Migrations();
}

}  // namespace ronghe::common
