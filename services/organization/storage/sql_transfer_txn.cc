#include "services/organization/storage/sql_transfer_txn.h"

#include <string>
#include <utility>

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

absl::StatusOr<MemberTxn*> SqlTransferTxn::Members(common::PartitionId partition) {
  auto found = members_.find(partition);
  if (found == members_.end()) {
    RONGHE_ASSIGN_OR_RETURN(common::WriteTxn * there, txn_.Also(partition));
    found = members_.try_emplace(partition, *there, vault_, actor_).first;
  }
  return &found->second;
}

// A unit's partition cannot change. Whoever makes a row of a unit holds the lock row of its partition; whoever changes
// the state need not, for the lock row of the transfer's decides.
absl::Status SqlTransferTxn::PutSides(const Transfer* before, const StoredTransfer& after) {
  RONGHE_ASSIGN_OR_RETURN(MemberTxn * own, Members(txn_.partition()));
  const auto place = [&](common::UnitUid unit) -> absl::StatusOr<common::PartitionId> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> found, own->FindUnit(unit));
    if (!found) return common::Internal("a transfer names a unit that is not there");
    return found->partition;
  };
  if (before != nullptr) {
    for (common::UnitUid unit : {before->source, before->target}) {
      if (!unit || unit == after.transfer.source || unit == after.transfer.target) continue;
      RONGHE_ASSIGN_OR_RETURN(const common::PartitionId partition, place(unit));
      RONGHE_RETURN_IF_ERROR(DropSide(txn_.session(), partition, unit, after.id));
    }
  }
  const std::pair<common::UnitUid, TransferSide> sides[] = {{after.transfer.source, TransferSide::kSource},
                                                            {after.transfer.target, TransferSide::kTarget}};
  for (const auto& [unit, side] : sides) {
    if (!unit) continue;
    RONGHE_ASSIGN_OR_RETURN(const common::PartitionId partition, place(unit));
    RONGHE_RETURN_IF_ERROR(PutSide(txn_.session(), {partition, unit, after.id, side, after.transfer.state}));
  }
  return absl::OkStatus();
}

absl::Status SqlTransferTxn::SetDue(TransferId id, absl::Time due) {
  return common::SetTimer(txn_, kTransferTimer, id.value, due);
}

// Once for each side, so that whoever watches either hears of it; the figures are the owner's alone.
void SqlTransferTxn::Log(common::ChangeKind kind, const Transfer* before, const StoredTransfer& after) {
  const auto log = [&](common::UnitUid was, common::UnitUid is, std::string rollup) {
    txn_.Log({.kind = kind,
              .resource = TransferName(after.id),
              .unit = is,
              .unit_before = was == is ? common::UnitUid() : was,
              .etag = EtagOf(after),
              .rollup = std::move(rollup)});
  };
  const Transfer& transfer = after.transfer;
  log(before != nullptr ? before->owner() : transfer.owner(), transfer.owner(), TransferRollup(before, transfer));
  if (!transfer.target || transfer.target == transfer.owner()) return;
  log(before != nullptr ? before->target : transfer.target, transfer.target, "");
}

absl::StatusOr<StoredTransfer> SqlTransferTxn::Insert(const Transfer& transfer) {
  StoredTransfer stored;
  stored.id = TransferId(txn_.NewId());
  stored.transfer = transfer;
  stored.version = 1;
  stored.revision = txn_.next_revision();
  stored.revision_partition = txn_.partition();
  stored.create_time = stored.update_time = txn_.now();
  RONGHE_RETURN_IF_ERROR(InsertTransfer(txn_.session(), stored, actor_));
  RONGHE_RETURN_IF_ERROR(PutSides(nullptr, stored));
  Log(common::ChangeKind::kCreated, nullptr, stored);
  stored.steps.push_back({transfer.state, txn_.now(), actor_});
  return stored;
}

absl::StatusOr<StoredTransfer> SqlTransferTxn::Replace(const StoredTransfer& before, const Transfer& after) {
  StoredTransfer stored = before;
  stored.transfer = after;
  stored.version = before.version + 1;
  stored.revision = txn_.next_revision();
  stored.revision_partition = txn_.partition();
  stored.update_time = txn_.now();
  RONGHE_RETURN_IF_ERROR(ReplaceTransfer(txn_.session(), stored, actor_));
  RONGHE_RETURN_IF_ERROR(PutSides(&before.transfer, stored));
  if (!after.open()) RONGHE_RETURN_IF_ERROR(common::ClearTimer(txn_, kTransferTimer, stored.id.value));
  Log(common::ChangeKind::kUpdated, &before.transfer, stored);
  stored.steps.push_back({after.state, txn_.now(), actor_});
  return stored;
}

absl::StatusOr<std::string> SqlTransferTxn::NextLetter(int64_t year) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t number, TakeLetter(txn_.session(), txn_.partition(), year));
  return fmt::format("{}-{}-{:06}", year, txn_.partition().value, number);
}

}  // namespace ronghe::organization
