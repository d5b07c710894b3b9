// Checking, applying and taking back.
#include <utility>

#include <fmt/format.h>

#include "services/common/import/sql/sql_import_rows.h"
#include "services/common/import/sql/sql_import_store.h"
#include "services/common/import/sql/sql_import_txn.h"

namespace ronghe::common {
namespace {

namespace sql = common::sql;

constexpr sql::Query kForgetIssues{"import_issues_forget",
                                   "DELETE FROM import_row_error WHERE partition_id = ? AND import_id = ?"};
constexpr sql::Query kUnmark{"import_rows_unmark",
                             "UPDATE import_row SET state = ? WHERE partition_id = ? AND import_id = ? AND state = ?"};
constexpr sql::Query kRowsByLine{
    "import_rows_by_line",
    "SELECT line, apply_order, payload FROM import_row WHERE partition_id = ? AND import_id = ? AND line > ? "
    "ORDER BY line LIMIT ?"};
constexpr sql::Query kRowsByOrder{
    "import_rows_by_order",
    "SELECT line, apply_order, payload FROM import_row WHERE partition_id = ? AND import_id = ? "
    "AND (apply_order, line) > (?, ?) AND state = ? ORDER BY apply_order, line LIMIT ?"};
constexpr sql::Query kResults{"import_results",
                              "SELECT result_id FROM import_row WHERE partition_id = ? AND import_id = ? AND "
                              "state = ? ORDER BY apply_order, line"};

bool SamePlace(const Import& a, const Import& b) {
  return a.state == b.state && a.committed == b.committed && a.cursor_order == b.cursor_order &&
         a.cursor_line == b.cursor_line;
}

absl::Status ReadRows(sql::Session& session, const sql::Query& query, std::span<const sql::Value> args,
                      std::vector<StagedRow>& rows) {
  return session.Select(query, args, [&](const sql::Row& row) {
    rows.push_back({row.Int(0), row.Int(1), std::string(row.Bytes(2))});
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status SqlImportStore::BeginCheck(const common::Call& call, const Import& import) {
  return database_.Write(DeadlineOf(call), [&](sql::Session& session) -> absl::Status {
    Import clean = import;
    clean.rejected_rows = 0;
    RONGHE_RETURN_IF_ERROR(import_sql::WriteImport(session, import, clean));
    RONGHE_ASSIGN_OR_RETURN(const int64_t forgotten,
                            session.Execute(kForgetIssues, {import.partition.value, import.id}));
    if (forgotten == 0) return absl::OkStatus();
    return session.Execute(kUnmark, {import_sql::kStaged, import.partition.value, import.id, import_sql::kRefused})
        .status();
  });
}

absl::StatusOr<std::vector<StagedRow>> SqlImportStore::RowsByLine(const common::Call& call, const Import& import,
                                                                  int64_t after_line, int limit) {
  std::vector<StagedRow> rows;
  const sql::Value args[] = {import.partition.value, import.id, after_line, int64_t{limit}};
  RONGHE_RETURN_IF_ERROR(database_.Read(
      DeadlineOf(call), [&](sql::Session& session) { return ReadRows(session, kRowsByLine, args, rows); }));
  return rows;
}

absl::StatusOr<int64_t> SqlImportStore::Refuse(const common::Call& call, const Import& import, int64_t first_number,
                                               std::span<const RowIssue> issues) {
  int64_t marked = 0;
  const absl::Status done = database_.Write(DeadlineOf(call), [&](sql::Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(import_sql::InsertIssues(session, import, first_number, issues));
    RONGHE_ASSIGN_OR_RETURN(marked, import_sql::MarkRefused(session, import, issues));
    Import counted = import;
    counted.rejected_rows += marked;
    return import_sql::WriteImport(session, import, counted);
  });
  RONGHE_RETURN_IF_ERROR(done);
  return marked;
}

absl::Status SqlImportStore::Advance(const common::Call& call, const Import& from, const Import& to) {
  return database_.Write(DeadlineOf(call),
                         [&](sql::Session& session) { return import_sql::WriteImport(session, from, to); });
}

absl::Status SqlImportStore::RunChunk(common::WriteTxn& txn, const Import& import, int limit, bool stop_on_refusal,
                                      ApplyBody apply, ChunkResult& result) {
  sql::Session& session = txn.session();
  // The partition's lock row is held, so what is read here stays so until the commit.
  RONGHE_ASSIGN_OR_RETURN(const Import now, import_sql::ReadImport(session, import.id));
  if (!SamePlace(now, import)) return import_sql::MovedOn();
  result.import = now;
  std::vector<StagedRow> rows;
  const sql::Value args[] = {import.partition.value, import.id,           import.cursor_order,
                             import.cursor_line,     import_sql::kStaged, int64_t{limit}};
  RONGHE_RETURN_IF_ERROR(ReadRows(session, kRowsByOrder, args, rows));
  if (rows.empty()) return absl::OkStatus();

  SqlImportTxn import_txn(txn);
  RONGHE_ASSIGN_OR_RETURN(ChunkOutcome outcome, apply(import_txn, rows));
  result.refused = std::move(outcome.refused);
  if (stop_on_refusal && !result.refused.empty()) {
    result.rolled_back = true;
    return absl::CancelledError("rolled back");
  }
  RONGHE_RETURN_IF_ERROR(import_sql::MarkApplied(session, import, outcome.applied));
  Import& after = result.import;
  if (!result.refused.empty()) {
    RONGHE_ASSIGN_OR_RETURN(const int64_t last, import_sql::LastNumber(session, import));
    RONGHE_RETURN_IF_ERROR(import_sql::InsertIssues(session, import, last + 1, result.refused));
    RONGHE_ASSIGN_OR_RETURN(const int64_t marked, import_sql::MarkRefused(session, import, result.refused));
    after.rejected_rows += marked;
  }
  after.applied_rows += static_cast<int64_t>(outcome.applied.size()) + outcome.unmarked;
  after.cursor_order = rows.back().order;
  after.cursor_line = rows.back().line;
  after.update_time = txn.now();
  after.revision = txn.next_revision() - 1;
  result.rows = static_cast<int>(rows.size());
  return import_sql::WriteImport(session, now, after);
}

absl::StatusOr<ImportStore::ChunkResult> SqlImportStore::ApplyChunk(const common::Call& call, const Import& import,
                                                                    int limit, bool stop_on_refusal, ApplyBody apply) {
  ChunkResult result;
  const auto body = [&](common::WriteTxn& txn) -> absl::Status {
    result = {};
    return RunChunk(txn, import, limit, stop_on_refusal, apply, result);
  };
  const absl::Status status = log_.Write(import.partition, Bounded(call, import), body).status();
  if (!status.ok() && !result.rolled_back) return status;
  return result;
}

absl::StatusOr<Import> SqlImportStore::Revert(const common::Call& call, const Import& from, const Import& to,
                                              std::span<const RowIssue> issues, const common::RequestKey& key,
                                              RevertBody revert) {
  Import after = to;
  std::optional<common::PriorWrite> prior;
  const auto body = [&](common::WriteTxn& txn) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(prior, txn.Claim(key));
    if (prior.has_value()) return absl::OkStatus();
    sql::Session& session = txn.session();
    RONGHE_ASSIGN_OR_RETURN(const Import now, import_sql::ReadImport(session, from.id));
    if (!SamePlace(now, from)) return import_sql::MovedOn();
    std::vector<int64_t> results;
    RONGHE_RETURN_IF_ERROR(
        session.Select(kResults, {from.partition.value, from.id, import_sql::kApplied}, [&](const sql::Row& row) {
          results.push_back(row.Int(0));
          return absl::OkStatus();
        }));
    SqlImportTxn import_txn(txn);
    if (now.applied_rows > 0) RONGHE_RETURN_IF_ERROR(revert(import_txn, results));
    after = to;
    RONGHE_ASSIGN_OR_RETURN(const int64_t last, import_sql::LastNumber(session, from));
    RONGHE_RETURN_IF_ERROR(import_sql::InsertIssues(session, from, last + 1, issues));
    if (!issues.empty()) {
      RONGHE_ASSIGN_OR_RETURN(const int64_t marked, import_sql::MarkRefused(session, from, issues));
      after.rejected_rows += marked;
    }
    after.applied_rows = 0;
    after.revision = txn.next_revision() - 1;
    RONGHE_RETURN_IF_ERROR(import_sql::SetEntry(session, from.id, import_sql::kWork));
    txn.Remember(fmt::format("imports/{}", from.id));
    return import_sql::WriteImport(session, now, after);
  };
  RONGHE_RETURN_IF_ERROR(log_.Write(from.partition, Bounded(call, from, kTakingBack), body).status());
  if (prior.has_value()) return Get(call, from.id);
  return after;
}

}  // namespace ronghe::common
