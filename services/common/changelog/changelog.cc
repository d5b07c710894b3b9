#include "services/common/changelog/changelog.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/changelog/migrations/migrations.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr int kRetries = 3;
// Deadlines of the database are real time, whatever the injected clock says.
constexpr absl::Duration kStatementDeadline = absl::Seconds(10);
// Below it, single INSERTs take fewer round trips than the bulk path.
constexpr size_t kBulkFrom = 4;
constexpr int64_t kMicrosPerTick = 16;
// 2020-01-01 00:00 UTC.
constexpr int64_t kTickEpochMicros = 1'577'836'800'000'000;

constexpr sql::Query kTakeRevision{
    "shard_rev_take", "UPDATE shard_rev SET rev = rev + 1 WHERE partition_id = ? RETURNING rev, last_tick"};
constexpr sql::Query kAddPartition{
    "shard_rev_add",
    "INSERT INTO shard_rev (partition_id, rev, last_tick) VALUES (?, 0, 0) ON CONFLICT (partition_id) DO NOTHING"};
constexpr sql::Query kTakeLock{"shard_rev_lock", "UPDATE shard_rev SET rev = rev WHERE partition_id = ?"};
constexpr sql::Query kSetRevision{"shard_rev_set",
                                  "UPDATE shard_rev SET rev = ?, last_tick = ? WHERE partition_id = ?"};
constexpr sql::Query kReadRevision{"shard_rev_read", "SELECT rev FROM shard_rev WHERE partition_id = ?"};
constexpr sql::Query kSavepoint{"attempt_begin", "SAVEPOINT attempt"};
constexpr sql::Query kRollBackTo{"attempt_back", "ROLLBACK TO SAVEPOINT attempt"};
constexpr sql::Query kRelease{"attempt_end", "RELEASE SAVEPOINT attempt"};
constexpr sql::Query kInsertEntry{
    "change_log_insert",
    "INSERT INTO change_log (partition_id, rev, time_us, kind, resource, unit_uid, unit_before_uid, change_id, etag, "
    "rollup) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr std::string_view kEntryColumns[] = {
    "partition_id", "rev", "time_us", "kind", "resource", "unit_uid", "unit_before_uid", "change_id", "etag", "rollup"};
constexpr sql::Query kReadIncarnation{"incarnation_read",
                                      "SELECT value FROM feed_meta WHERE partition_id = 0 AND name = 'incarnation'"};
constexpr sql::Query kMakeIncarnation{"incarnation_make",
                                      "INSERT INTO feed_meta (partition_id, name, value) VALUES (0, 'incarnation', ?) "
                                      "ON CONFLICT (partition_id, name) DO NOTHING"};

}  // namespace

std::span<const sql::Migration> ChangeLogMigrations() {
  return changelog::Migrations();
}

int64_t WriteTxn::NewId() {
  const int64_t ticks = (now_micros() - kTickEpochMicros) / kMicrosPerTick;
  last_tick_ = std::max(last_tick_ + 1, ticks);
  return MakeId(last_tick_, partition_);
}

absl::Status WriteTxn::Begin() {
  const auto take = [&] {
    return session_->SelectOne(kTakeRevision, {partition_.value}, [&](const sql::Row& row) {
      base_revision_ = row.Int(0);
      first_tick_ = last_tick_ = row.Int(1);
      return absl::OkStatus();
    });
  };
  RONGHE_ASSIGN_OR_RETURN(bool found, take());
  if (found) return absl::OkStatus();
  RONGHE_RETURN_IF_ERROR(session_->Execute(kAddPartition, {partition_.value}).status());
  RONGHE_ASSIGN_OR_RETURN(found, take());
  return found ? absl::OkStatus() : Internal(fmt::format("no lock row of partition {}", partition_.value));
}

absl::StatusOr<WriteTxn*> WriteTxn::Also(PartitionId partition) {
  if (partition == partition_) return this;
  if (root_ != nullptr) return root_->Also(partition);
  for (const std::unique_ptr<WriteTxn>& joined : joined_) {
    if (joined->partition_ == partition) return joined.get();
  }
  std::unique_ptr<WriteTxn> joined(new WriteTxn(*session_, partition, now_, this));
  RONGHE_RETURN_IF_ERROR(joined->Begin());
  joined_.push_back(std::move(joined));
  return joined_.back().get();
}

absl::Status WriteTxn::Attempt(absl::FunctionRef<absl::Status()> body) {
  RONGHE_RETURN_IF_ERROR(session_->Execute(kSavepoint).status());
  const size_t entries = entries_.size();
  std::vector<size_t> joined_entries;
  joined_entries.reserve(joined_.size());
  for (const std::unique_ptr<WriteTxn>& joined : joined_) joined_entries.push_back(joined->entries_.size());
  const absl::Status status = body();
  if (!status.ok()) {
    RONGHE_RETURN_IF_ERROR(session_->Execute(kRollBackTo).status());
    entries_.resize(entries);
    // Whoever joined in between has lost its lock row's revision, too.
    joined_.resize(joined_entries.size());
    for (size_t i = 0; i < joined_.size(); ++i) joined_[i]->entries_.resize(joined_entries[i]);
  }
  RONGHE_RETURN_IF_ERROR(session_->Execute(kRelease).status());
  return status;
}

bool WriteTxn::logged() const {
  return !entries_.empty() || std::any_of(joined_.begin(), joined_.end(), [](const std::unique_ptr<WriteTxn>& joined) {
    return !joined->entries_.empty();
  });
}

absl::Status WriteTxn::Finish(const std::string& change_id) {
  RONGHE_RETURN_IF_ERROR(Close(change_id));
  for (const std::unique_ptr<WriteTxn>& joined : joined_) RONGHE_RETURN_IF_ERROR(joined->Close(change_id));
  return absl::OkStatus();
}

absl::Status WriteTxn::Close(const std::string& change_id) {
  if (!entries_.empty()) RONGHE_RETURN_IF_ERROR(InsertEntries(change_id));
  const int64_t revision = next_revision() - 1;
  RONGHE_RETURN_IF_ERROR(RememberRequest(revision));
  // The first statement has already counted one entry.
  if (entries_.size() == 1 && last_tick_ == first_tick_) return absl::OkStatus();
  return session_->Queue(kSetRevision, {revision, last_tick_, partition_.value});
}

absl::Status WriteTxn::InsertEntries(const std::string& change_id) {
  std::vector<std::vector<sql::Value>> rows;
  rows.reserve(entries_.size());
  for (const ChangeEntry& entry : entries_) {
    rows.push_back({partition_.value, base_revision_ + static_cast<int64_t>(rows.size()), now_micros(),
                    static_cast<int64_t>(entry.kind), entry.resource, entry.unit.value, entry.unit_before.value,
                    change_id, entry.etag, entry.rollup});
  }
  if (rows.size() >= kBulkFrom) return session_->BulkInsert("change_log_bulk", "change_log", kEntryColumns, rows);
  for (const std::vector<sql::Value>& row : rows) {
    RONGHE_RETURN_IF_ERROR(session_->Queue(kInsertEntry, std::span<const sql::Value>(row)));
  }
  return absl::OkStatus();
}

// What became of one run of a transaction.
struct ChangeLog::Attempt {
  int64_t revision = 0;
  bool logged = false;
  bool replayed = false;  // rolled back because the request had been done before
  bool refused = false;   // by the body, for a reason of its own
};

ChangeLog::ChangeLog(sql::Database& database, const Clock& clock, Random& random)
    : database_(database), clock_(clock), random_(random) {}

absl::Status LockPartition(sql::Session& session, PartitionId partition) {
  RONGHE_ASSIGN_OR_RETURN(int64_t locked, session.Execute(kTakeLock, {partition.value}));
  if (locked == 1) return absl::OkStatus();
  RONGHE_RETURN_IF_ERROR(session.Execute(kAddPartition, {partition.value}).status());
  return session.Execute(kTakeLock, {partition.value}).status();
}

absl::StatusOr<int64_t> ChangeLog::Write(PartitionId partition, std::span<const PartitionId> also, const Call& call,
                                         absl::FunctionRef<absl::Status(WriteTxn&)> body) {
  std::vector<PartitionId> locks(also.begin(), also.end());
  locks.push_back(partition);
  std::sort(locks.begin(), locks.end());
  locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
  for (int retries = 0;; ++retries) {
    Attempt attempt;
    const absl::Status status = database_.Write(
        call.deadline, [&](sql::Session& session) { return Try(session, partition, locks, body, attempt); });
    if (attempt.replayed) return attempt.revision;
    if (status.ok()) {
      if (attempt.logged) hint_();
      return attempt.revision;
    }
    const bool conflict = absl::IsAborted(status) && !attempt.refused;
    if (!conflict || retries == kRetries || SystemClock().Now() >= call.deadline) return status;
  }
}

absl::Status ChangeLog::Try(sql::Session& session, PartitionId partition, std::span<const PartitionId> locks,
                            absl::FunctionRef<absl::Status(WriteTxn&)> body, Attempt& attempt) {
  attempt = {};
  WriteTxn txn(session, partition, clock_.Now());
  for (PartitionId lock : locks) {
    RONGHE_RETURN_IF_ERROR(lock == partition ? txn.Begin() : LockPartition(session, lock));
  }
  if (absl::Status status = body(txn); !status.ok()) {
    const std::string reason = ReasonOf(status);
    attempt.refused = !reason.empty() && reason != "CONFLICT";
    return status;
  }
  if (txn.replayed_ && !txn.logged()) {
    // Nothing was changed, so there is nothing to commit: an error rolls back, which saves the flush to disk.
    attempt.replayed = true;
    attempt.revision = txn.base_revision_ - 1;
    return absl::CancelledError("replayed");
  }
  RONGHE_RETURN_IF_ERROR(txn.Finish(txn.logged() ? random_.Uuid() : std::string()));
  attempt.logged = txn.logged();
  attempt.revision = txn.next_revision() - 1;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ChangeLog::Revision(sql::Session& session, PartitionId partition) {
  int64_t revision = 0;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kReadRevision, {partition.value},
                                        [&](const sql::Row& row) {
                                          revision = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return revision;
}

absl::StatusOr<std::string> ChangeLog::Incarnation() {
  {
    MutexLock lock(mutex_);
    if (!incarnation_.empty()) return incarnation_;
  }
  const absl::Time deadline = SystemClock().Now() + kStatementDeadline;
  std::string value;
  const auto take = [&](const sql::Row& row) {
    value = row.Text(0);
    return absl::OkStatus();
  };
  const auto read = [&](sql::Session& session) { return session.SelectOne(kReadIncarnation, {}, take).status(); };
  const auto make = [&](sql::Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kMakeIncarnation, {random_.Uuid()}).status());
    return read(session);
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, read));
  if (value.empty()) RONGHE_RETURN_IF_ERROR(database_.Write(deadline, make));
  MutexLock lock(mutex_);
  incarnation_ = value;
  return value;
}

}  // namespace ronghe::common
