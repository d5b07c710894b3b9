#include "services/organization/storage/sql_transfer_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/storage/sql_transfer_txn.h"
#include "services/organization/storage/transfer_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr size_t kPartitionsAtOnce = 512;
constexpr std::string_view kCount =
    "SELECT owner_uid, COUNT(*) FROM transfer WHERE partition_id IN ({}) AND state IN (1, 2) GROUP BY owner_uid";
constexpr sql::Query kCountOfUnit{
    "transfer_count_unit",
    "SELECT COUNT(*) FROM transfer_side WHERE partition_id = ? AND unit_uid = ? AND state IN (1, 2)"};
constexpr char kTimerActor[] = "timer";

}  // namespace

absl::Status SqlTransferStore::Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                                     const common::Call& call, absl::FunctionRef<absl::Status(TransferTxn&)> body) {
  return log_
      .Write(partition, also, call,
             [&](common::WriteTxn& txn) {
               SqlTransferTxn transfers(txn, vault_, call.actor.key);
               return body(transfers);
             })
      .status();
}

absl::Status SqlTransferStore::InFiring(common::WriteTxn& txn,
                                        absl::FunctionRef<absl::Status(TransferTxn&)> body) const {
  SqlTransferTxn transfers(txn, vault_, kTimerActor);
  return body(transfers);
}

absl::StatusOr<std::optional<StoredTransfer>> SqlTransferStore::Find(TransferId id, absl::Time deadline) {
  std::optional<StoredTransfer> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectTransfer(session, id));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<TransferPosition>> SqlTransferStore::List(const UnitsOfPartition& units,
                                                                     const TransferFilter& filter,
                                                                     const TransferPosition& after, int limit,
                                                                     absl::Time deadline) {
  std::vector<TransferPosition> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectSides(session, units, filter, after, limit));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredTransfer>> SqlTransferStore::FindAll(std::span<const TransferId> ids,
                                                                      absl::Time deadline) {
  std::vector<StoredTransfer> transfers;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(transfers, SelectTransfers(session, ids));
    return absl::OkStatus();
  }));
  return transfers;
}

absl::Status SqlTransferOccupants::Count(sql::Session& session, std::span<const common::PartitionId> partitions,
                                         absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each) {
  for (; !partitions.empty(); partitions = partitions.subspan(std::min(partitions.size(), kPartitionsAtOnce))) {
    const size_t count = std::min(partitions.size(), kPartitionsAtOnce);
    const int padded = sql::PaddedCount(static_cast<int>(count));
    const std::string text = fmt::format(kCount, sql::Placeholders(padded));
    std::vector<sql::Value> args;
    for (int i = 0; i < padded; ++i) args.emplace_back(partitions[std::min<size_t>(i, count - 1)].value);
    RONGHE_RETURN_IF_ERROR(session.Select({"transfer_count", text}, args, [&](const sql::Row& row) {
      MemberCounts counts;
      counts.transfers_in_flight = row.Int(1);
      each(common::UnitUid(row.Int(0)), counts);
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqlTransferOccupants::LockAndCount(sql::Session& session, common::PartitionId partition,
                                                           common::UnitUid unit) {
  RONGHE_RETURN_IF_ERROR(common::LockPartition(session, partition));
  int64_t open = 0;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kCountOfUnit, {partition.value, unit.value},
                                        [&](const sql::Row& row) {
                                          open = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return open;
}

absl::StatusOr<int64_t> SqlTransferOccupants::HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                                       std::vector<common::Blocker>& blockers) {
  const common::UnitUid from = order.from.uid();
  const common::UnitUid to = order.to.uid();
  RONGHE_ASSIGN_OR_RETURN(const std::vector<TransferId> open,
                          SelectOpenOf(structure.session(), order.from.partition(), from));
  if (!open.empty() && vault_ == nullptr) return common::Internal("transfers cannot be handed over without their keys");
  for (TransferId id : open) {
    RONGHE_ASSIGN_OR_RETURN(common::WriteTxn * txn, structure.Also(common::PartitionOf(id.value)));
    SqlTransferTxn transfers(*txn, *vault_, order.actor);
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredTransfer> before, transfers.Find(id));
    if (!before || !before->transfer.open()) continue;
    Transfer after = before->transfer;
    const bool named =
        order.only && std::find(order.only->begin(), order.only->end(), MemberName(after.member)) != order.only->end();
    if (order.only && !(named && after.source == from)) continue;
    if (after.source == from) after.source = to;
    if (after.target == from && !order.only) {
      after.target = to;
      if (!HoldsMembers(order.to.kind())) {
        blockers.push_back({"UNIT_HOLDS_NO_MEMBERS",
                            TransferName(id),
                            {fmt::format("it would lead to {}, which holds no members", order.to.name()),
                             fmt::format("接收组织将变为 {}，该组织不登记党员", order.to.name())}});
      }
    }
    if (after.source == after.target) {
      RONGHE_ASSIGN_OR_RETURN(after.state, NextState(after.state, TransferEvent::kUnite, TransferName(id)));
      RONGHE_RETURN_IF_ERROR(LetGo(transfers, after.member, "reorganization"));
    }
    RONGHE_RETURN_IF_ERROR(transfers.Replace(*before, after).status());
  }
  return 0;
}

common::Blocker SqlTransferOccupants::Blocks(const std::string& unit, int64_t count) const {
  return {"HAS_TRANSFERS",
          unit,
          {fmt::format("{} {} from or to the unit", count, count == 1 ? "transfer is open" : "transfers are open"),
           fmt::format("该组织尚有 {} 件未办结的组织关系转接", count)}};
}

}  // namespace ronghe::organization
