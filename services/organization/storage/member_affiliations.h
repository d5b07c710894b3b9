#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/member_store.h"

// Rows of table `member_affiliation`: which units list a member beside the one in the member's own partition.
namespace ronghe::organization {

// As in the column `kind`. At home in a partition where the member's row does not lie; floating; and kept with the last
// home unit after the membership has ended.
enum class AffiliationKind { kHome = 1, kFloating = 2, kEndedHome = 3 };

struct Affiliation {
  common::PartitionId partition;  // of the unit
  common::UnitUid unit;
  AffiliationKind kind = AffiliationKind::kFloating;
  MemberId member;
};

// Notes that a home unit in partition `home` has members whose rows lie in partition `rows`; for ever.
absl::Status AddOrigin(common::sql::Session& session, common::PartitionId home, common::PartitionId rows);
// The partitions noted for these, ascending. At most 512 are asked for.
absl::StatusOr<std::vector<common::PartitionId>> SelectOrigins(common::sql::Session& session,
                                                               std::span<const common::PartitionId> homes);

// The transaction holds the lock row of the affiliation's partition, or takes away only.
absl::Status AddAffiliation(common::sql::Session& session, const Affiliation& affiliation, int64_t since_us);
absl::Status DropAffiliation(common::sql::Session& session, const Affiliation& affiliation);
// At most `limit` affiliated members of these units of one partition, by (unit, member), after `after`.
absl::StatusOr<std::vector<MemberPosition>> SelectAffiliated(common::sql::Session& session,
                                                             const UnitsOfPartition& units, AffiliationKind kind,
                                                             const MemberPosition& after, int limit);

}  // namespace ronghe::organization
