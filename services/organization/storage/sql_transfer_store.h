#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/organization/app/transfer_store.h"
#include "services/organization/storage/person_vault.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// Transfers in SQL. Thread-safe.
class SqlTransferStore final : public TransferStore {
 public:
  // All must outlive it.
  SqlTransferStore(common::sql::Database& database, common::ChangeLog& log, const PersonVault& vault)
      : database_(database), log_(log), vault_(vault) {}

  absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also, const common::Call& call,
                     absl::FunctionRef<absl::Status(TransferTxn&)> body) override;
  absl::StatusOr<std::optional<StoredTransfer>> Find(TransferId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<TransferPosition>> List(const UnitsOfPartition& units, const TransferFilter& filter,
                                                     const TransferPosition& after, int limit,
                                                     absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredTransfer>> FindAll(std::span<const TransferId> ids, absl::Time deadline) override;
  // For a timer's handler: `body` in the firing transaction, as written by `timer`.
  absl::Status InFiring(common::WriteTxn& txn, absl::FunctionRef<absl::Status(TransferTxn&)> body) const;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  const PersonVault& vault_;
};

// Open transfers: counted where they are responsible, and in the way of the dissolution of either side; they follow to
// a successor. Thread-safe.
class SqlTransferOccupants final : public UnitOccupants {
 public:
  // `vault` outlives it; without one transfers cannot be handed over.
  explicit SqlTransferOccupants(const PersonVault* vault = nullptr) : vault_(vault) {}
  absl::Status Count(common::sql::Session& session, std::span<const common::PartitionId> partitions,
                     absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each) override;
  absl::StatusOr<int64_t> LockAndCount(common::sql::Session& session, common::PartitionId partition,
                                       common::UnitUid unit) override;
  // Both sides follow; where members are named, the transfers of these. What was between units that become one ends as
  // WITHDRAWN. UNIT_HOLDS_NO_MEMBERS for those to a unit whose successor holds none.
  absl::StatusOr<int64_t> HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                   std::vector<common::Blocker>& blockers) override;
  common::Blocker Blocks(const std::string& unit, int64_t count) const override;

 private:
  const PersonVault* vault_;
};

}  // namespace ronghe::organization
