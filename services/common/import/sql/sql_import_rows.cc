#include "services/common/import/sql/sql_import_rows.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace ronghe::common::import_sql {
namespace {

namespace sql = common::sql;

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr size_t kMarkedAtOnce = 500;

constexpr sql::Query kInsertImport{
    "import_insert",
    "INSERT INTO import_job (partition_id, import_id, collection, parent_uid, mode, validate_only, state, committed, "
    "announced_rows, received_rows, rejected_rows, applied_rows, create_us, update_us, end_us, actor_key, request_id, "
    "failure_reason, failure_en, failure_zh, cursor_order, cursor_line, revision, attempt, sealed_key) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kReadImport{
    "import_read",
    "SELECT import_id, collection, parent_uid, mode, validate_only, state, committed, announced_rows, received_rows, "
    "rejected_rows, applied_rows, create_us, update_us, end_us, actor_key, request_id, failure_reason, failure_en, "
    "failure_zh, cursor_order, cursor_line, revision, attempt, sealed_key "
    "FROM import_job WHERE partition_id = ? AND import_id = ?"};
constexpr sql::Query kWriteImport{
    "import_write",
    "UPDATE import_job SET state = ?, rejected_rows = ?, applied_rows = ?, update_us = ?, end_us = ?, "
    "failure_reason = ?, failure_en = ?, failure_zh = ?, cursor_order = ?, cursor_line = ?, revision = ?, "
    "sealed_key = ? WHERE partition_id = ? AND import_id = ? AND state = ? AND committed = ? AND cursor_order = ? AND "
    "cursor_line = ?"};
constexpr sql::Query kSetEntry{"import_entry_set",
                               "UPDATE import_entry SET active = ? WHERE partition_id = 0 AND import_id = ?"};
constexpr sql::Query kLastNumber{"import_issue_last",
                                 "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) FROM import_row_error "
                                 "WHERE partition_id = ? AND import_id = ?"};
constexpr std::string_view kIssueColumns[] = {"partition_id", "import_id", "line",       "number",
                                              "field",        "reason",    "message_en", "message_zh"};

absl::Time FromMicros(int64_t micros) {
  return micros == kForever ? absl::InfiniteFuture() : absl::FromUnixMicros(micros);
}

Import FromRow(const sql::Row& row, common::PartitionId partition) {
  Import import;
  import.id = row.Int(0);
  import.partition = partition;
  import.collection = row.Text(1);
  import.parent = common::UnitUid(row.Int(2));
  import.mode = static_cast<ImportMode>(row.Int(3));
  import.validate_only = row.Int(4) != 0;
  import.state = static_cast<ImportState>(row.Int(5));
  import.committed = row.Int(6) != 0;
  import.announced_rows = row.Int(7);
  import.received_rows = row.Int(8);
  import.rejected_rows = row.Int(9);
  import.applied_rows = row.Int(10);
  import.create_time = FromMicros(row.Int(11));
  import.update_time = FromMicros(row.Int(12));
  import.end_time = FromMicros(row.Int(13));
  import.actor_key = row.Text(14);
  import.request_id = row.Text(15);
  import.failure = {std::string(row.Text(16)), { std::string(row.Text(17)), std::string(row.Text(18)) }};
  import.cursor_order = row.Int(19);
  import.cursor_line = row.Int(20);
  import.revision = row.Int(21);
  import.attempt = row.Int(22);
  import.sealed_key = row.Bytes(23);
  return import;
}

// `?, …` or `(?, ?), …`; the first one tells PostgreSQL the type of all.
std::string PairList(int count) {
  std::string text = "(CAST(? AS BIGINT), CAST(? AS BIGINT))";
  for (int i = 1; i < count; ++i) text += ", (?, ?)";
  return text;
}

}  // namespace

int64_t ToMicros(absl::Time time) {
  return time == absl::InfiniteFuture() ? kForever : absl::ToUnixMicros(time);
}

absl::Status MovedOn() {
  return common::Aborted("IMPORT_MOVED_ON",
                         {"The import has moved on; read it again.", "导入任务状态已变化，请重新读取。"});
}

absl::Status InsertImport(sql::Session& session, const Import& i) {
  return session
      .Execute(kInsertImport, {i.partition.value,
                               i.id,
                               i.collection,
                               i.parent.value,
                               static_cast<int64_t>(i.mode),
                               int64_t{i.validate_only},
                               static_cast<int64_t>(i.state),
                               int64_t{i.committed},
                               i.announced_rows,
                               i.received_rows,
                               i.rejected_rows,
                               i.applied_rows,
                               ToMicros(i.create_time),
                               ToMicros(i.update_time),
                               ToMicros(i.end_time),
                               i.actor_key,
                               i.request_id,
                               i.failure.reason,
                               i.failure.text.en,
                               i.failure.text.zh,
                               i.cursor_order,
                               i.cursor_line,
                               i.revision,
                               i.attempt,
                               sql::Blob{i.sealed_key}})
      .status();
}

absl::StatusOr<Import> ReadImport(sql::Session& session, int64_t id) {
  const common::PartitionId partition = common::PartitionOf(id);
  Import import;
  RONGHE_ASSIGN_OR_RETURN(const bool found,
                          session.SelectOne(kReadImport, {partition.value, id}, [&](const sql::Row& row) {
                            import = FromRow(row, partition);
                            return absl::OkStatus();
                          }));
  if (!found) return common::NotFound(fmt::format("imports/{}", id));
  return import;
}

absl::Status WriteImport(sql::Session& session, const Import& from, const Import& to) {
  RONGHE_ASSIGN_OR_RETURN(
      const int64_t rows,
      session.Execute(
          kWriteImport,
          {static_cast<int64_t>(to.state), to.rejected_rows, to.applied_rows, ToMicros(to.update_time),
           ToMicros(to.end_time), to.failure.reason, to.failure.text.en, to.failure.text.zh, to.cursor_order,
           to.cursor_line, to.revision, sql::Blob{to.sealed_key}, from.partition.value, from.id,
           static_cast<int64_t>(from.state), int64_t{from.committed}, from.cursor_order, from.cursor_line}));
  return rows == 1 ? absl::OkStatus() : MovedOn();
}

absl::Status SetEntry(sql::Session& session, int64_t id, int64_t active) {
  return session.Execute(kSetEntry, {active, id}).status();
}

absl::Status InsertIssues(sql::Session& session, const Import& import, int64_t first_number,
                          std::span<const RowIssue> issues) {
  if (issues.empty()) return absl::OkStatus();
  std::vector<std::vector<sql::Value>> rows;
  rows.reserve(issues.size());
  for (const RowIssue& issue : issues) {
    rows.push_back({import.partition.value, import.id, issue.line, first_number++, issue.field, issue.reason,
                    issue.text.en, issue.text.zh});
  }
  return session.BulkInsert("import_issue_bulk", "import_row_error", kIssueColumns, rows);
}

absl::StatusOr<int64_t> LastNumber(sql::Session& session, const Import& import) {
  int64_t last = 0;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kLastNumber, {import.partition.value, import.id},
                                        [&](const sql::Row& row) {
                                          last = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return last;
}

absl::StatusOr<int64_t> MarkRefused(sql::Session& session, const Import& import, std::span<const RowIssue> issues) {
  std::vector<int64_t> lines;
  for (const RowIssue& issue : issues) lines.push_back(issue.line);
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  int64_t marked = 0;
  for (size_t begin = 0; begin < lines.size(); begin += kMarkedAtOnce) {
    const size_t count = std::min(kMarkedAtOnce, lines.size() - begin);
    const int padded = sql::PaddedCount(static_cast<int>(count));
    const std::string text = fmt::format(
        "UPDATE import_row SET state = ? WHERE partition_id = ? AND import_id = ? AND state = ? AND line IN ({})",
        sql::Placeholders(padded));
    std::vector<sql::Value> args = {kRefused, import.partition.value, import.id, kStaged};
    for (int i = 0; i < padded; ++i) args.emplace_back(lines[begin + std::min<size_t>(i, count - 1)]);
    RONGHE_ASSIGN_OR_RETURN(const int64_t rows,
                            session.Execute({"import_row_refuse", text}, std::span<const sql::Value>(args)));
    marked += rows;
  }
  return marked;
}

absl::Status MarkApplied(sql::Session& session, const Import& import, std::span<const ChunkOutcome::Applied> applied) {
  int64_t marked = 0;
  for (size_t begin = 0; begin < applied.size(); begin += kMarkedAtOnce) {
    const size_t count = std::min(kMarkedAtOnce, applied.size() - begin);
    const int padded = sql::PaddedCount(static_cast<int>(count));
    // Columns of VALUES are called column1, column2 on both engines.
    const std::string text = fmt::format(
        "UPDATE import_row SET state = ?, payload = ?, result_id = done.column2 FROM (VALUES {}) AS done "
        "WHERE partition_id = ? AND import_id = ? AND line = done.column1 AND state = ?",
        PairList(padded));
    std::vector<sql::Value> args = {kApplied, sql::Blob{}};
    args.reserve(2 * padded + 5);
    for (int i = 0; i < padded; ++i) {
      const ChunkOutcome::Applied& row = applied[begin + std::min<size_t>(i, count - 1)];
      args.emplace_back(row.line);
      args.emplace_back(row.result_id);
    }
    args.insert(args.end(), {import.partition.value, import.id, kStaged});
    RONGHE_ASSIGN_OR_RETURN(const int64_t rows,
                            session.Execute({"import_row_apply", text}, std::span<const sql::Value>(args)));
    marked += rows;
  }
  if (marked == static_cast<int64_t>(applied.size())) return absl::OkStatus();
  return common::Internal(fmt::format("import {}: {} rows applied, {} marked", import.id, applied.size(), marked));
}

}  // namespace ronghe::common::import_sql
