#pragma once

#include <cstdint>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/member_store.h"

// Rows of table `member_affiliation`: which units list a member beside the one in the member's own partition.
namespace ronghe::organization {

// As in the column `kind`.
enum class AffiliationKind { kHome = 1, kFloating = 2, kEndedHome = 3 };

struct Affiliation {
  common::PartitionId partition;  // of the unit
  common::UnitUid unit;
  AffiliationKind kind = AffiliationKind::kFloating;
  MemberId member;
};

// The transaction holds the lock row of the affiliation's partition, or takes away only.
absl::Status AddAffiliation(common::sql::Session& session, const Affiliation& affiliation, int64_t since_us);
absl::Status DropAffiliation(common::sql::Session& session, const Affiliation& affiliation);
// At most `limit` affiliated members of these units of one partition, by (unit, member), after `after`.
absl::StatusOr<std::vector<MemberPosition>> SelectAffiliated(common::sql::Session& session,
                                                             const UnitsOfPartition& units, AffiliationKind kind,
                                                             const MemberPosition& after, int limit);

}  // namespace ronghe::organization
