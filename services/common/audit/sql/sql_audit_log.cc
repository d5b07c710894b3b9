#include "services/common/audit/sql/sql_audit_log.h"

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "services/common/audit/migrations/migrations.h"
#include "services/common/values/status.h"
#include "services/common/vault/crypto.h"

namespace ronghe::common {
namespace {

constexpr int kAttempts = 4;

constexpr sql::Query kAddHead{"audit_head_add",
                              "INSERT INTO audit_head (partition_id, seq, hash) VALUES (?, 0, ?) "
                              "ON CONFLICT (partition_id) DO NOTHING"};
constexpr sql::Query kTakeHead{"audit_head_take",
                               "UPDATE audit_head SET seq = seq + 1 WHERE partition_id = ? RETURNING seq, hash"};
constexpr sql::Query kSetHead{"audit_head_set", "UPDATE audit_head SET hash = ? WHERE partition_id = ?"};
// In one statement, so that no entry is added between one and the other.
constexpr sql::Query kReadEnds{"audit_ends_read",
                               "SELECT COALESCE((SELECT seq FROM audit_head WHERE partition_id = ?), 0), "
                               "(SELECT hash FROM audit_head WHERE partition_id = ?), "
                               "COALESCE((SELECT MAX(seq) FROM audit_log WHERE partition_id = ?), 0)"};
constexpr sql::Query kInsertRow{
    "audit_log_insert",
    "INSERT INTO audit_log (partition_id, seq, time_us, actor, action, resource, purpose, prev_hash, hash, "
    "unit_uid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kSelectRows{
    "audit_log_select",
    "SELECT seq, time_us, actor, action, resource, purpose, prev_hash, hash, unit_uid FROM audit_log "
    "WHERE partition_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"};
constexpr std::string_view kListRows =
    "SELECT seq, time_us, actor, action, resource, purpose, unit_uid FROM audit_log "
    "WHERE partition_id = ? AND seq < ? AND time_us >= ? AND time_us < ?{} ORDER BY seq DESC LIMIT ?";
constexpr int kPiece = 500;

struct AuditRow {
  int64_t partition = 0;
  int64_t seq = 0;
  int64_t time_us = 0;
  std::string_view actor, action, resource, purpose;
  int64_t unit = 0;
};

std::string Genesis() {
  return std::string(32, '\0');
}

void AppendField(std::string& out, std::string_view field) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((field.size() >> shift) & 0xFF);
  out += field;
}

std::string HashOf(std::string_view previous, const AuditRow& row) {
  std::string text;
  AppendField(text, previous);
  AppendField(text, std::to_string(row.partition));
  AppendField(text, std::to_string(row.seq));
  AppendField(text, std::to_string(row.time_us));
  AppendField(text, row.actor);
  AppendField(text, row.action);
  AppendField(text, row.resource);
  AppendField(text, row.purpose);
  // Entries from before there was a unit are hashed as they were.
  if (row.unit != 0) AppendField(text, std::to_string(row.unit));
  return Sha256(text);
}

}  // namespace

absl::Status SqlAuditLog::Append(PartitionId partition, const AuditReading& entry, absl::Time deadline) {
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
      if (!found) return Internal("no head of the audit log");
    }
    const AuditRow row{partition.value,
                       seq,
                       absl::ToUnixMicros(clock_.Now()),
                       entry.actor,
                       entry.action,
                       entry.resource,
                       entry.purpose,
                       entry.unit.value};
    const std::string hash = HashOf(previous, row);
    RONGHE_RETURN_IF_ERROR(
        session
            .Execute(kInsertRow, {row.partition, row.seq, row.time_us, entry.actor, entry.action, entry.resource,
                                  entry.purpose, sql::Blob{previous}, sql::Blob{hash}, entry.unit.value})
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

absl::StatusOr<std::vector<AuditEntry>> SqlAuditLog::List(PartitionId partition, const AuditFilter& filter,
                                                          int64_t before, int limit, absl::Time deadline) {
  std::string conditions;
  std::vector<sql::Value> args = {partition.value, before, absl::ToUnixMicros(filter.start),
                                  absl::ToUnixMicros(filter.end)};
  if (!filter.actor.empty()) {
    conditions += " AND actor = ?";
    args.emplace_back(filter.actor);
  }
  if (!filter.resource.empty()) {
    conditions += " AND resource = ?";
    args.emplace_back(filter.resource);
  }
  args.emplace_back(int64_t{limit});
  const std::string text = fmt::format(kListRows, conditions);
  std::vector<AuditEntry> entries;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) {
    entries.clear();
    return session.Select({"audit_log_list", text}, args, [&](const sql::Row& row) {
      AuditReading reading;
      reading.actor = row.Text(2);
      reading.action = row.Text(3);
      reading.resource = row.Text(4);
      reading.purpose = row.Text(5);
      reading.unit = UnitUid(row.Int(6));
      entries.push_back({partition, row.Int(0), absl::FromUnixMicros(row.Int(1)), std::move(reading)});
      return absl::OkStatus();
    });
  }));
  return entries;
}

namespace {

// The walk along one chain, piece by piece.
class Walk {
 public:
  Walk(PartitionId partition, std::span<const AuditHead> known) : partition_(partition), known_(known) {}

  bool broken() const { return finding_.fault != AuditFault::kNone; }
  int64_t last() const { return finding_.rows; }
  void Look(const sql::Row& row) {
    if (broken()) return;
    const int64_t expected = finding_.rows + 1;
    const AuditRow fields{partition_.value, row.Int(0),  row.Int(1),  row.Text(2),
                          row.Text(3),      row.Text(4), row.Text(5), row.Int(8)};
    if (fields.seq != expected) return Break(AuditFault::kMissing, expected);
    if (row.Bytes(6) != previous_ || row.Bytes(7) != HashOf(previous_, fields)) {
      return Break(AuditFault::kChanged, expected);
    }
    previous_ = row.Bytes(7);
    for (const AuditHead& head : known_) {
      if (head.seq == expected && head.hash != previous_) return Break(AuditFault::kKnownHead, expected);
    }
    ++finding_.rows;
  }
  // `highest`: the last entry that is there.
  AuditFinding Finish(int64_t seq, std::string hash, int64_t highest) {
    if (!broken() && finding_.rows < seq) Break(AuditFault::kCutOff, finding_.rows + 1);
    if (!broken() && highest > seq) Break(AuditFault::kHead, seq + 1);
    if (!broken() && hash != previous_) Break(AuditFault::kHead, seq);
    for (const AuditHead& head : known_) {
      if (!broken() && head.seq > seq) Break(AuditFault::kKnownHead, seq + 1);
    }
    finding_.intact = !broken();
    finding_.head = {partition_, seq, std::move(hash)};
    return std::move(finding_);
  }

 private:
  void Break(AuditFault fault, int64_t at) {
    finding_.fault = fault;
    finding_.broken_at = at;
  }

  const PartitionId partition_;
  const std::span<const AuditHead> known_;
  std::string previous_ = Genesis();
  AuditFinding finding_;
};

}  // namespace

absl::StatusOr<AuditFinding> SqlAuditLog::Verify(PartitionId partition, std::span<const AuditHead> known,
                                                 absl::Time deadline, const std::function<bool()>& cancelled) {
  int64_t seq = 0;
  int64_t highest = 0;
  std::string hash = Genesis();
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) {
    return session
        .SelectOne(kReadEnds, {partition.value, partition.value, partition.value},
                   [&](const sql::Row& row) {
                     seq = row.Int(0);
                     if (!row.IsNull(1)) hash = row.Bytes(1);
                     highest = row.Int(2);
                     return absl::OkStatus();
                   })
        .status();
  }));
  Walk walk(partition, known);
  for (int64_t before = -1; !walk.broken() && walk.last() < seq && walk.last() != before;) {
    if (cancelled()) return Cancelled();
    before = walk.last();
    RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) {
      return session.Select(kSelectRows, {partition.value, before, seq, int64_t{kPiece}}, [&](const sql::Row& row) {
        walk.Look(row);
        return absl::OkStatus();
      });
    }));
  }
  return walk.Finish(seq, std::move(hash), highest);
}

std::span<const sql::Migration> AuditMigrations() {
  return audit::Migrations();
}

}  // namespace ronghe::common
