#pragma once

#include <vector>

#include "services/organization/app/member_store.h"
#include "services/organization/storage/person_vault.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// The members that live in units: counted for totals, and before a unit is dissolved; they follow to a successor.
// Thread-safe.
class SqlMemberOccupants final : public UnitOccupants {
 public:
  // `vault` outlives it; without one members cannot be handed over.
  explicit SqlMemberOccupants(const PersonVault* vault = nullptr) : vault_(vault) {}
  absl::Status Count(common::sql::Session& session, std::span<const common::PartitionId> partitions,
                     absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each) override;
  // Once it has returned, no member can be registered in the unit until the transaction ends: see SqlMemberTxn. Takes
  // the lock row as the change log does, without counting a revision.
  absl::StatusOr<int64_t> LockAndCount(common::sql::Session& session, common::PartitionId partition,
                                       common::UnitUid unit) override;
  // Members move as by MoveMember, with a version each, also to another county; where all are handed over, those who
  // float in the unit too. UNIT_HOLDS_NO_MEMBERS; NOT_IN_UNIT for named members that are elsewhere.
  absl::StatusOr<int64_t> HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                   std::vector<common::Blocker>& blockers) override;

 private:
  absl::StatusOr<bool> MayFollow(common::WriteTxn& structure, const HandOverOrder& order,
                                 std::vector<common::Blocker>& blockers);
  absl::Status HandOverFloating(common::WriteTxn& structure, const HandOverOrder& order);
  absl::StatusOr<std::vector<MemberId>> Named(common::sql::Session& session, const HandOverOrder& order,
                                              std::vector<common::Blocker>& blockers);

  const PersonVault* vault_;
};

}  // namespace ronghe::organization
