// Housekeeping: what is due, what is old, who may work.
#include <utility>

#include "services/common/import/sql/sql_import_rows.h"
#include "services/common/import/sql/sql_import_store.h"

namespace ronghe::common {
namespace {

namespace sql = common::sql;

// Ids begin with ticks of 16 µs since 2020-01-01 (values/ids.h).
constexpr int64_t kTickEpochMicros = 1'577'836'800'000'000;
constexpr int64_t kMicrosPerTick = 16;

constexpr sql::Query kEntries{"import_entries",
                              "SELECT import_id FROM import_entry WHERE partition_id = 0 AND active = ? AND "
                              "import_id < ? ORDER BY import_id LIMIT ?"};
constexpr sql::Query kSweepAll{
    "import_sweep_all",
    "DELETE FROM import_row WHERE partition_id = ? AND import_id = ? AND line IN (SELECT line FROM import_row "
    "WHERE partition_id = ? AND import_id = ? ORDER BY line LIMIT ?)"};
constexpr sql::Query kSweepRefused{
    "import_sweep_refused",
    "DELETE FROM import_row WHERE partition_id = ? AND import_id = ? AND line IN (SELECT line FROM import_row "
    "WHERE partition_id = ? AND import_id = ? AND state <> 2 ORDER BY line LIMIT ?)"};
constexpr sql::Query kDropIssues{
    "import_drop_issues",
    "DELETE FROM import_row_error WHERE partition_id = ? AND import_id = ? AND number IN (SELECT number FROM "
    "import_row_error WHERE partition_id = ? AND import_id = ? ORDER BY number LIMIT ?)"};
// Locks the row: no stream can take the import up again until the commit.
constexpr sql::Query kHold{"import_hold",
                           "UPDATE import_job SET update_us = update_us WHERE partition_id = ? AND import_id = ? AND "
                           "state = ? AND committed = ? AND attempt = ?"};
constexpr sql::Query kDropImport{"import_drop", "DELETE FROM import_job WHERE partition_id = ? AND import_id = ?"};
constexpr sql::Query kDropEntry{"import_drop_entry",
                                "DELETE FROM import_entry WHERE partition_id = 0 AND import_id = ?"};
constexpr sql::Query kLease{"import_lease",
                            "UPDATE import_lease SET holder = ?, until_us = ? WHERE partition_id = 0 AND "
                            "(holder = ? OR until_us < ?)"};
constexpr sql::Query kRelease{"import_release",
                              "UPDATE import_lease SET until_us = 0 WHERE partition_id = 0 AND holder = ?"};

int64_t FirstIdAt(absl::Time time) {
  const int64_t ticks = (absl::ToUnixMicros(time) - kTickEpochMicros) / kMicrosPerTick;
  return common::MakeId(std::max<int64_t>(ticks, 0), common::PartitionId(0));
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> SqlImportStore::Entries(const common::Call& call, int active, int64_t before,
                                                             int limit) {
  std::vector<int64_t> ids;
  RONGHE_RETURN_IF_ERROR(database_.Read(DeadlineOf(call), [&](sql::Session& session) {
    return session.Select(kEntries, {int64_t{active}, before, int64_t{limit}}, [&](const sql::Row& row) {
      ids.push_back(row.Int(0));
      return absl::OkStatus();
    });
  }));
  return ids;
}

absl::StatusOr<std::vector<int64_t>> SqlImportStore::Due(const common::Call& call, int limit) {
  return Entries(call, import_sql::kWork, std::numeric_limits<int64_t>::max(), limit);
}

absl::StatusOr<std::vector<int64_t>> SqlImportStore::Unfinished(const common::Call& call, absl::Time before,
                                                                int limit) {
  return Entries(call, import_sql::kReceiving, FirstIdAt(before), limit);
}

absl::StatusOr<std::vector<int64_t>> SqlImportStore::Ended(const common::Call& call, absl::Time before, int limit) {
  return Entries(call, import_sql::kIdle, FirstIdAt(before), limit);
}

absl::StatusOr<bool> SqlImportStore::Sweep(const common::Call& call, const Import& import, int limit) {
  const bool keep_applied = import.state == ImportState::kApplied;
  bool swept = false;
  const absl::Status done = database_.Write(DeadlineOf(call), [&](sql::Session& session) -> absl::Status {
    int64_t deleted = 0;
    RONGHE_ASSIGN_OR_RETURN(deleted, session.Execute(keep_applied ? kSweepRefused : kSweepAll,
                                                     {import.partition.value, import.id, import.partition.value,
                                                      import.id, int64_t{limit}}));
    swept = deleted < limit;
    return swept ? import_sql::SetEntry(session, import.id, import_sql::kIdle) : absl::OkStatus();
  });
  RONGHE_RETURN_IF_ERROR(done);
  return swept;
}

absl::StatusOr<bool> SqlImportStore::Drop(const common::Call& call, const Import& import, int limit) {
  if (import.committed && !HasEnded(import)) return import_sql::MovedOn();
  bool gone = false;
  const absl::Status done = database_.Write(DeadlineOf(call), [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const int64_t held, session.Execute(kHold, {import.partition.value, import.id,
                                                                        static_cast<int64_t>(import.state),
                                                                        int64_t{import.committed}, import.attempt}));
    if (held != 1) return import_sql::MovedOn();
    for (const sql::Query* query : {&kSweepAll, &kDropIssues}) {
      RONGHE_ASSIGN_OR_RETURN(const int64_t deleted,
                              session.Execute(*query, {import.partition.value, import.id, import.partition.value,
                                                       import.id, int64_t{limit}}));
      if (deleted >= limit) return absl::OkStatus();
    }
    RONGHE_RETURN_IF_ERROR(session.Execute(kDropImport, {import.partition.value, import.id}).status());
    gone = true;
    return session.Execute(kDropEntry, {import.id}).status();
  });
  RONGHE_RETURN_IF_ERROR(done);
  return gone;
}

absl::StatusOr<bool> SqlImportStore::Lease(const common::Call& call, std::string_view holder, absl::Time until) {
  int64_t rows = 0;
  const std::string name(holder);
  const absl::Status done = database_.Write(DeadlineOf(call), [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(
        rows, session.Execute(kLease, {name, import_sql::ToMicros(until), name, import_sql::ToMicros(clock_.Now())}));
    return absl::OkStatus();
  });
  RONGHE_RETURN_IF_ERROR(done);
  return rows == 1;
}

absl::Status SqlImportStore::Release(const common::Call& call, std::string_view holder) {
  return database_.Write(DeadlineOf(call), [&](sql::Session& session) {
    return session.Execute(kRelease, {std::string(holder)}).status();
  });
}

}  // namespace ronghe::common
