#include "services/organization/storage/sql_transfer_txn.h"

#include <fmt/format.h>

#include "services/common/timer/timer.h"
#include "services/common/values/status.h"
#include "services/organization/storage/count_rollup.h"
#include "services/organization/storage/transfer_rows.h"

namespace ronghe::organization {

absl::StatusOr<std::optional<TransferId>> SqlTransferTxn::Claim(const common::RequestKey& key) {
  common::RequestKey keyed = key;
  // The digest may cover the facts of a person: kept as it is, they could be found out by trying.
  keyed.digest = vault_.RequestDigest(key.digest);
  RONGHE_ASSIGN_OR_RETURN(const std::optional<common::PriorWrite> prior, txn_.Claim(keyed));
  if (!prior) return std::nullopt;
  const std::optional<TransferId> id = TransferIdOf(prior->resource);
  if (!id) return common::Internal("a remembered write of a transfer names no transfer");
  return id;
}

absl::StatusOr<std::optional<StoredTransfer>> SqlTransferTxn::Find(TransferId id) {
  return SelectTransfer(txn_.session(), id);
}

// The unit's partition cannot change, so its lock row need not be held; that of the transfer is.
absl::Status SqlTransferTxn::PutSides(const StoredTransfer& stored) {
  const Transfer& transfer = stored.transfer;
  const std::pair<common::UnitUid, TransferSide> sides[] = {{transfer.source, TransferSide::kSource},
                                                            {transfer.target, TransferSide::kTarget}};
  for (const auto& [unit, side] : sides) {
    if (!unit) continue;
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> found, members_.FindUnit(unit));
    if (!found) return common::Internal("a transfer names a unit that is not there");
    RONGHE_RETURN_IF_ERROR(PutSide(txn_.session(), {found->partition, unit, stored.id, side, transfer.state}));
  }
  return absl::OkStatus();
}

absl::Status SqlTransferTxn::SetDue(const StoredTransfer& stored, std::optional<absl::Time> due) {
  // A timer lies in the partition of its record. One of another partition stays and finds nothing to do.
  if (common::PartitionOf(stored.id.value) != txn_.partition()) return absl::OkStatus();
  if (due && stored.transfer.open()) return common::SetTimer(txn_, kTransferTimer, stored.id.value, *due);
  return common::ClearTimer(txn_, kTransferTimer, stored.id.value);
}

void SqlTransferTxn::Log(common::ChangeKind kind, const Transfer* before, const StoredTransfer& after) {
  txn_.Log({.kind = kind,
            .resource = TransferName(after.id),
            .unit = after.transfer.owner(),
            .etag = EtagOf(after),
            .rollup = TransferRollup(before, after.transfer)});
}

absl::StatusOr<StoredTransfer> SqlTransferTxn::Insert(const Transfer& transfer, std::optional<absl::Time> due) {
  StoredTransfer stored;
  stored.id = TransferId(txn_.NewId());
  stored.transfer = transfer;
  stored.version = 1;
  stored.revision = txn_.next_revision();
  stored.revision_partition = txn_.partition();
  stored.create_time = stored.update_time = txn_.now();
  RONGHE_RETURN_IF_ERROR(InsertTransfer(txn_.session(), stored, actor_));
  RONGHE_RETURN_IF_ERROR(PutSides(stored));
  if (due) RONGHE_RETURN_IF_ERROR(SetDue(stored, due));
  Log(common::ChangeKind::kCreated, nullptr, stored);
  stored.steps.push_back({transfer.state, txn_.now(), actor_});
  return stored;
}

absl::StatusOr<StoredTransfer> SqlTransferTxn::Replace(const StoredTransfer& before, const Transfer& after,
                                                       std::optional<absl::Time> due) {
  StoredTransfer stored = before;
  stored.transfer = after;
  stored.version = before.version + 1;
  stored.revision = txn_.next_revision();
  stored.revision_partition = txn_.partition();
  stored.update_time = txn_.now();
  RONGHE_RETURN_IF_ERROR(ReplaceTransfer(txn_.session(), stored, actor_));
  RONGHE_RETURN_IF_ERROR(PutSides(stored));
  RONGHE_RETURN_IF_ERROR(SetDue(stored, due));
  Log(common::ChangeKind::kUpdated, &before.transfer, stored);
  stored.steps.push_back({after.state, txn_.now(), actor_});
  return stored;
}

absl::StatusOr<std::string> SqlTransferTxn::NextLetter(int64_t year) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t number, TakeLetter(txn_.session(), txn_.partition(), year));
  return fmt::format("{}-{}-{:06}", year, txn_.partition().value, number);
}

}  // namespace ronghe::organization
