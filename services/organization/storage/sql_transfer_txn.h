#pragma once

#include <optional>
#include <string>

#include "services/common/changelog/changelog.h"
#include "services/organization/app/transfer_store.h"
#include "services/organization/storage/person_vault.h"
#include "services/organization/storage/sql_member_txn.h"

namespace ronghe::organization {

// The kind of the timers of letters; a timer's record is the transfer.
inline constexpr char kTransferTimer[] = "transfer.expire";

// Transfers in a write transaction of the change log.
class SqlTransferTxn final : public TransferTxn {
 public:
  // Both must outlive it. `actor` is the key of who writes.
  SqlTransferTxn(common::WriteTxn& txn, const PersonVault& vault, const std::string& actor)
      : txn_(txn), vault_(vault), actor_(actor), members_(txn, vault, actor) {}

  MemberTxn& members() override { return members_; }
  absl::StatusOr<std::optional<TransferId>> Claim(const common::RequestKey& key) override;
  void Remember(TransferId id) override { txn_.Remember(TransferName(id)); }
  absl::StatusOr<std::optional<StoredTransfer>> Find(TransferId id) override;
  absl::StatusOr<StoredTransfer> Insert(const Transfer& transfer, std::optional<absl::Time> due) override;
  absl::StatusOr<StoredTransfer> Replace(const StoredTransfer& before, const Transfer& after,
                                         std::optional<absl::Time> due) override;
  absl::StatusOr<std::string> NextLetter(int64_t year) override;

 private:
  absl::Status PutSides(const StoredTransfer& transfer);
  absl::Status SetDue(const StoredTransfer& transfer, std::optional<absl::Time> due);
  void Log(common::ChangeKind kind, const Transfer* before, const StoredTransfer& after);

  common::WriteTxn& txn_;
  const PersonVault& vault_;
  std::string actor_;
  SqlMemberTxn members_;
};

}  // namespace ronghe::organization
