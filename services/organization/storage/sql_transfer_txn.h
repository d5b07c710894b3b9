#pragma once

#include <map>
#include <optional>
#include <string>

#include "services/common/changelog/changelog.h"
#include "services/organization/app/transfer_store.h"
#include "services/organization/storage/person_vault.h"
#include "services/organization/storage/sql_member_txn.h"

namespace ronghe::organization {

// The kind of the timers of letters; a timer's record is the transfer.
inline constexpr std::string_view kTransferTimer = "transfer.expire";

// Transfers in a write transaction of the change log.
class SqlTransferTxn final : public TransferTxn {
 public:
  // Both must outlive it. `actor` is the key of who writes.
  SqlTransferTxn(common::WriteTxn& txn, const PersonVault& vault, const std::string& actor)
      : txn_(txn), vault_(vault), actor_(actor) {}

  common::PartitionId partition() const override { return txn_.partition(); }
  absl::StatusOr<MemberTxn*> Members(common::PartitionId partition) override;
  absl::StatusOr<std::optional<TransferId>> Claim(const common::RequestKey& key) override;
  void Remember(TransferId id) override { txn_.Remember(TransferName(id)); }
  absl::StatusOr<std::optional<StoredTransfer>> Find(TransferId id) override;
  absl::StatusOr<StoredTransfer> Insert(const Transfer& transfer) override;
  absl::StatusOr<StoredTransfer> Replace(const StoredTransfer& before, const Transfer& after) override;
  absl::Status SetDue(TransferId id, absl::Time due) override;
  absl::StatusOr<std::string> NextLetter(int64_t year) override;

 private:
  // `before`: null for a new one.
  absl::Status PutSides(const Transfer* before, const StoredTransfer& after);
  void Log(common::ChangeKind kind, const Transfer* before, const StoredTransfer& after);

  common::WriteTxn& txn_;
  const PersonVault& vault_;
  std::string actor_;
  std::map<common::PartitionId, SqlMemberTxn> members_;
};

}  // namespace ronghe::organization
