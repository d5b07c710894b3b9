#include "services/common/timer/timer.h"

#include "services/common/timer/migrations/migrations.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr sql::Query kSet{
    "timer_set",
    "INSERT INTO timer (partition_id, kind, record, generation, due_us, attempt_us, attempts) "
    "VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (partition_id, kind, record) DO UPDATE SET "
    "generation = excluded.generation, due_us = excluded.due_us, attempt_us = excluded.attempt_us, attempts = 0"};
constexpr sql::Query kClear{"timer_clear", "DELETE FROM timer WHERE partition_id = ? AND kind = ? AND record = ?"};
constexpr sql::Query kRead{"timer_read", "SELECT due_us FROM timer WHERE partition_id = ? AND kind = ? AND record = ?"};

}  // namespace

std::span<const sql::Migration> TimerMigrations() {
  return timer::Migrations();
}

absl::Status SetTimer(WriteTxn& txn, std::string_view kind, int64_t record, absl::Time due) {
  const int64_t due_us = absl::ToUnixMicros(due);
  // An id never comes again in its partition, also where the timer was cleared in between.
  return txn.session().Queue(kSet, {txn.partition().value, std::string(kind), record, txn.NewId(), due_us, due_us});
}

absl::Status SetTimerIn(WriteTxn& txn, PartitionId partition, std::string_view kind, int64_t record) {
  const int64_t due_us = txn.now_micros();
  return txn.session().Queue(kSet, {partition.value, std::string(kind), record, txn.NewId(), due_us, due_us});
}

absl::Status ClearTimer(WriteTxn& txn, std::string_view kind, int64_t record) {
  return txn.session().Queue(kClear, {txn.partition().value, std::string(kind), record});
}

absl::StatusOr<std::optional<absl::Time>> TimerDue(sql::Session& session, PartitionId partition, std::string_view kind,
                                                   int64_t record) {
  std::optional<absl::Time> due;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kRead, {partition.value, std::string(kind), record},
                                        [&](const sql::Row& row) {
                                          due = absl::FromUnixMicros(row.Int(0));
                                          return absl::OkStatus();
                                        })
                             .status());
  return due;
}

}  // namespace ronghe::common
