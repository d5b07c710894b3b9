#include "services/organization/storage/sql_audit_log.h"

#include <string>
#include <string_view>

#include "services/common/values/status.h"
#include "services/organization/storage/crypto.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr int kAttempts = 4;

constexpr sql::Query kAddHead{"audit_head_add",
                              "INSERT INTO audit_head (partition_id, seq, hash) VALUES (?, 0, ?) "
                              "ON CONFLICT (partition_id) DO NOTHING"};
constexpr sql::Query kTakeHead{"audit_head_take",
                               "UPDATE audit_head SET seq = seq + 1 WHERE partition_id = ? RETURNING seq, hash"};
constexpr sql::Query kSetHead{"audit_head_set", "UPDATE audit_head SET hash = ? WHERE partition_id = ?"};
constexpr sql::Query kReadHead{"audit_head_read", "SELECT seq, hash FROM audit_head WHERE partition_id = ?"};
constexpr sql::Query kInsertRow{
    "audit_log_insert",
    "INSERT INTO audit_log (partition_id, seq, time_us, actor, action, resource, purpose, prev_hash, hash) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kSelectRows{
    "audit_log_select",
    "SELECT seq, time_us, actor, action, resource, purpose, prev_hash, hash FROM audit_log "
    "WHERE partition_id = ? ORDER BY seq"};

struct AuditRow {
  int64_t partition = 0;
  int64_t seq = 0;
  int64_t time_us = 0;
  std::string_view actor, action, resource, purpose;
};

std::string Genesis() {
  return std::string(32, '\0');
}

void Append(std::string& out, std::string_view field) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((field.size() >> shift) & 0xFF);
  out += field;
}

std::string HashOf(std::string_view previous, const AuditRow& row) {
  std::string text;
  Append(text, previous);
  Append(text, std::to_string(row.partition));
  Append(text, std::to_string(row.seq));
  Append(text, std::to_string(row.time_us));
  Append(text, row.actor);
  Append(text, row.action);
  Append(text, row.resource);
  Append(text, row.purpose);
  return Sha256(text);
}

}  // namespace

absl::Status SqlAuditLog::Append(common::PartitionId partition, const Entry& entry, absl::Time deadline) {
  const auto append = [&](sql::Session& session) -> absl::Status {
    // Taking the head makes the writers of a partition wait for each other.
    int64_t seq = 0;
    std::string previous;
    const auto take = [&] {
      return session.SelectOne(kTakeHead, {partition.value}, [&](const sql::Row& row) {
        seq = row.Int(0);
        previous = row.Bytes(1);
        return absl::OkStatus();
      });
    };
    RONGHE_ASSIGN_OR_RETURN(bool found, take());
    if (!found) {
      RONGHE_RETURN_IF_ERROR(session.Execute(kAddHead, {partition.value, sql::Blob{Genesis()}}).status());
      RONGHE_ASSIGN_OR_RETURN(found, take());
      if (!found) return common::Internal("no head of the audit log");
    }
    const AuditRow row{partition.value, seq,          absl::ToUnixMicros(clock_.Now()), entry.actor, entry.action,
                       entry.resource,  entry.purpose};
    const std::string hash = HashOf(previous, row);
    RONGHE_RETURN_IF_ERROR(
        session
            .Execute(kInsertRow, {row.partition, row.seq, row.time_us, entry.actor, entry.action, entry.resource,
                                  entry.purpose, sql::Blob{previous}, sql::Blob{hash}})
            .status());
    return session.Execute(kSetHead, {sql::Blob{hash}, partition.value}).status();
  };
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    status = database_.Write(deadline, append);
    if (!absl::IsAborted(status)) return status;
  }
  return status;
}

absl::StatusOr<SqlAuditLog::Finding> SqlAuditLog::Verify(common::PartitionId partition, absl::Time deadline) {
  Finding finding{.intact = true};
  const auto broken = [&](int64_t seq) {
    if (finding.intact) finding.broken_at = seq;
    finding.intact = false;
  };
  const auto walk = [&](sql::Session& session) -> absl::Status {
    std::string previous = Genesis();
    RONGHE_RETURN_IF_ERROR(session.Select(kSelectRows, {partition.value}, [&](const sql::Row& row) {
      ++finding.rows;
      const AuditRow fields{partition.value, row.Int(0),  row.Int(1), row.Text(2),
                            row.Text(3),     row.Text(4), row.Text(5)};
      if (fields.seq != finding.rows || row.Bytes(6) != previous || row.Bytes(7) != HashOf(previous, fields)) {
        broken(finding.rows);
      }
      previous = row.Bytes(7);
      return absl::OkStatus();
    }));
    int64_t seq = 0;
    std::string head = Genesis();
    const absl::Status read = session
                                  .SelectOne(kReadHead, {partition.value},
                                             [&](const sql::Row& row) {
                                               seq = row.Int(0);
                                               head = row.Bytes(1);
                                               return absl::OkStatus();
                                             })
                                  .status();
    if (seq != finding.rows || head != previous) broken(finding.rows + 1);
    return read;
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, walk));
  return finding;
}

}  // namespace ronghe::organization
