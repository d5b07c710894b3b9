#include "services/rectification/storage/sql_check_store.h"

#include <algorithm>
#include <utility>

#include "services/common/timer/timer.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/rectification/storage/check_rows.h"

namespace ronghe::rectification {

namespace sql = common::sql;

absl::StatusOr<std::optional<StoredChecklist>> SqlCheckTxn::FindChecklist(ChecklistId id, int version) {
  return SelectChecklist(txn_.session(), id, version);
}

absl::StatusOr<StoredChecklist> SqlCheckTxn::InsertChecklist(const Checklist& checklist) {
  StoredChecklist stored{ChecklistId(txn_.NewId()), 1, txn_.next_revision(), txn_.now(), txn_.now(), checklist};
  RONGHE_RETURN_IF_ERROR(InsertChecklistRow(txn_.session(), stored));
  txn_.Log({common::ChangeKind::kCreated, NameOf(stored.id), checklist.unit, common::UnitUid(), EtagOf(stored), ""});
  return stored;
}

absl::StatusOr<StoredChecklist> SqlCheckTxn::ReplaceChecklist(const StoredChecklist& before, const Checklist& after) {
  StoredChecklist stored{before.id, before.version + 1, txn_.next_revision(), before.create_time, txn_.now(), after};
  RONGHE_RETURN_IF_ERROR(UpdateChecklistRow(txn_.session(), stored));
  txn_.Log({common::ChangeKind::kUpdated, NameOf(stored.id), after.unit, common::UnitUid(), EtagOf(stored), ""});
  return stored;
}

absl::StatusOr<std::optional<StoredRound>> SqlCheckTxn::FindRound(CheckRoundId id) {
  return SelectRound(txn_.session(), id);
}

absl::StatusOr<StoredRound> SqlCheckTxn::InsertRound(const CheckRound& round,
                                                     std::span<const common::PartitionId> partitions) {
  StoredRound stored{CheckRoundId(txn_.NewId()), txn_.next_revision(), txn_.now(), round};
  RONGHE_RETURN_IF_ERROR(InsertRoundRow(txn_.session(), stored));
  for (const common::PartitionId partition : partitions) {
    RONGHE_RETURN_IF_ERROR(common::SetTimerIn(txn_, partition, kRoundTimer, stored.id.value));
  }
  txn_.Log({common::ChangeKind::kCreated, NameOf(stored.id), round.unit, common::UnitUid(), "", ""});
  return stored;
}

absl::StatusOr<std::optional<StoredCheck>> SqlCheckTxn::FindCheck(SelfCheckId id) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<CheckRow> row, SelectCheck(txn_.session(), texts_, id));
  if (!row) return std::nullopt;
  return std::move(row->stored);
}

absl::Status SqlCheckTxn::SetNext(SelfCheckId id, absl::Time next) {
  if (next == absl::InfiniteFuture()) return common::ClearTimer(txn_, kCheckTimer, id.value);
  return common::SetTimer(txn_, kCheckTimer, id.value, next);
}

absl::Status SqlCheckTxn::InsertCheck(CheckRoundId round, const SelfCheck& check, absl::Time next) {
  CheckRow row;
  row.stored = {SelfCheckId(txn_.NewId()), 1, txn_.next_revision(), txn_.now(), check};
  row.stored.check.round = round;
  row.key = texts_.NewKey(ProblemId(row.stored.id.value));
  RONGHE_RETURN_IF_ERROR(InsertCheckRow(txn_.session(), row));
  txn_.Log(
      {common::ChangeKind::kCreated, NameOf(row.stored.id), check.unit, common::UnitUid(), EtagOf(row.stored), ""});
  return SetNext(row.stored.id, next);
}

absl::StatusOr<StoredCheck> SqlCheckTxn::ReplaceCheck(const StoredCheck& before, const SelfCheck& after,
                                                      absl::Time next) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<CheckRow> row, SelectCheck(txn_.session(), texts_, before.id));
  if (!row) return common::Internal("ReplaceCheck of a self-check that is not there");
  row->stored = {before.id, before.version + 1, txn_.next_revision(), txn_.now(), after};
  RONGHE_RETURN_IF_ERROR(UpdateCheckRow(txn_.session(), texts_, *row));
  txn_.Log({common::ChangeKind::kUpdated, NameOf(before.id), after.unit, common::UnitUid(), EtagOf(row->stored), ""});
  RONGHE_RETURN_IF_ERROR(SetNext(before.id, next));
  return std::move(row->stored);
}

absl::Status SqlCheckStore::Write(common::PartitionId partition, const common::Call& call,
                                  absl::FunctionRef<absl::Status(CheckTxn&)> body) {
  return log_
      .Write(partition, call,
             [&](common::WriteTxn& txn) {
               SqlCheckTxn checks(txn, texts_, zone_);
               return body(checks);
             })
      .status();
}

absl::StatusOr<std::optional<StoredChecklist>> SqlCheckStore::FindChecklist(ChecklistId id, int version,
                                                                            absl::Time deadline) {
  std::optional<StoredChecklist> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectChecklist(session, id, version));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredChecklist>> SqlCheckStore::ListChecklists(common::PartitionId partition,
                                                                           common::UnitUid unit, absl::Time deadline) {
  std::vector<StoredChecklist> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectChecklists(session, partition, unit));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::optional<StoredRound>> SqlCheckStore::FindRound(CheckRoundId id, absl::Time deadline) {
  std::optional<StoredRound> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectRound(session, id));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::optional<StoredCheck>> SqlCheckStore::FindCheck(SelfCheckId id, absl::Time deadline) {
  std::optional<StoredCheck> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<CheckRow> row, SelectCheck(session, texts_, id));
    if (row) found = std::move(row->stored);
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredCheck>> SqlCheckStore::ListChecks(std::span<const UnitsOfPartition> units,
                                                                   const CheckFilter& filter,
                                                                   const common::ListPosition& after, int limit,
                                                                   absl::Time deadline) {
  std::vector<StoredCheck> all;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    for (const UnitsOfPartition& part : units) {
      if (part.units.empty()) continue;
      RONGHE_ASSIGN_OR_RETURN(std::vector<StoredCheck> some, PageChecks(session, part, filter, after, limit));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return absl::OkStatus();
  }));
  return all;
}

absl::StatusOr<std::map<common::UnitUid, CheckCounts>> SqlCheckStore::Count(
    std::span<const common::PartitionId> partitions, CheckRoundId round, absl::Time deadline) {
  std::map<common::UnitUid, CheckCounts> counts;
  const auto add = [&](sql::Session& session) -> absl::Status {
    counts.clear();
    for (const common::PartitionId partition : partitions) {
      RONGHE_RETURN_IF_ERROR(CountChecks(session, partition, round, counts));
    }
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, add));
  return counts;
}

}  // namespace ronghe::rectification
