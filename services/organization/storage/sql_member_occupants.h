#pragma once

#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// The members that live in units: counted for totals, and before a unit is dissolved. Stateless; thread-safe.
class SqlMemberOccupants final : public UnitOccupants {
 public:
  absl::Status Count(common::sql::Session& session, std::span<const common::PartitionId> partitions,
                     absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each) override;
  // Once it has returned, no member can be registered in the unit until the transaction ends: see SqlMemberTxn. Takes
  // the lock row as the change log does, without counting a revision.
  absl::StatusOr<int64_t> LockAndCount(common::sql::Session& session, common::PartitionId partition,
                                       common::UnitUid unit) override;
};

}  // namespace ronghe::organization
