#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/common/values/clock.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/storage/sql_unit_reader.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// Changes units in a write transaction of partition 0. May be joined to a transaction that others use too.
class SqlUnitTxn final : public UnitTxn, public SqlUnitReader {
 public:
  // All must outlive it. `calendar`: when a day begins; null where nothing is scheduled.
  SqlUnitTxn(common::WriteTxn& txn, std::span<UnitOccupants* const> occupants,
             const common::Calendar* calendar = nullptr)
      : SqlUnitReader(txn.session()), txn_(txn), occupants_(occupants), calendar_(calendar) {}

  absl::Time now() const override { return txn_.now(); }
  absl::StatusOr<std::optional<DoneBefore>> Claim(const common::RequestKey& key) override;
  void Remember(std::string resource) override { txn_.Remember(std::move(resource)); }
  common::UnitUid NewUid() override { return common::UnitUid(txn_.NewId()); }
  absl::StatusOr<common::PartitionId> NewPartitions(int count) override;
  absl::StatusOr<std::vector<Unit>> Insert(std::vector<Unit> units) override;
  absl::StatusOr<Unit> Change(const Unit& before, const Unit& after) override;
  absl::StatusOr<std::vector<common::UnitUid>> Changed(std::span<const common::UnitUid> uids) override;
  absl::StatusOr<std::vector<UnitRef>> EverBelow(std::span<const common::UnitUid> uids) override;
  absl::Status Erase(std::span<const Unit> units) override;
  absl::StatusOr<std::vector<common::Blocker>> Occupants(std::span<const Unit> units) override;
  absl::Status Hold(std::vector<common::PartitionId> partitions) override;
  absl::StatusOr<std::vector<HandedOver>> HandOver(const HandOverOrder& order,
                                                   std::vector<common::Blocker>& blockers) override;
  absl::StatusOr<Reorganization> Record(Reorganization reorganization) override;
  absl::StatusOr<Reorganization> Conclude(Reorganization reorganization, bool clear_timer) override;
  absl::Status Attempt(absl::FunctionRef<absl::Status()> body) override { return txn_.Attempt(body); }

 private:
  absl::Status InsertRows(std::string_view table, std::span<const std::string_view> columns,
                          std::span<const std::vector<common::sql::Value>> rows);
  absl::Status CloseVersion(const Unit& before, const Unit& after);

  common::WriteTxn& txn_;
  std::span<UnitOccupants* const> occupants_;
  const common::Calendar* calendar_;
};

// The timers of reorganizations that are scheduled.
inline constexpr std::string_view kReorganizationTimer = "reorganization";

}  // namespace ronghe::organization
