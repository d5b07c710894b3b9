#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/transfer_store.h"

// Rows of the tables of transfers, between SQL and the domain.
namespace ronghe::organization {

// With its steps.
absl::StatusOr<std::optional<StoredTransfer>> SelectTransfer(common::sql::Session& session, TransferId id);
absl::StatusOr<std::vector<StoredTransfer>> SelectTransfers(common::sql::Session& session,
                                                            std::span<const TransferId> ids);
// The row and its first step.
absl::Status InsertTransfer(common::sql::Session& session, const StoredTransfer& transfer, const std::string& actor);
// Writes `after` over the version before it, and a step. ABORTED if that is not current.
absl::Status ReplaceTransfer(common::sql::Session& session, const StoredTransfer& after, const std::string& actor);

// A unit that takes part in a transfer, in the unit's partition. There is one row for each; put writes over it.
struct TransferSideRow {
  common::PartitionId partition;
  common::UnitUid unit;
  TransferId transfer;
  TransferSide side = TransferSide::kSource;
  TransferState state = TransferState::kApplied;
};
absl::Status PutSide(common::sql::Session& session, const TransferSideRow& row);
absl::Status DropSide(common::sql::Session& session, common::PartitionId partition, common::UnitUid unit,
                      TransferId transfer);
// The open transfers from or to a unit, ascending.
absl::StatusOr<std::vector<TransferId>> SelectOpenOf(common::sql::Session& session, common::PartitionId partition,
                                                     common::UnitUid unit);
// As TransferStore::List.
absl::StatusOr<std::vector<TransferPosition>> SelectSides(common::sql::Session& session, const UnitsOfPartition& units,
                                                          const TransferFilter& filter, const TransferPosition& after,
                                                          int limit);
// The next number of a letter in a year, from 1.
absl::StatusOr<int64_t> TakeLetter(common::sql::Session& session, common::PartitionId partition, int64_t year);

}  // namespace ronghe::organization
