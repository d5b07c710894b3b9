#pragma once

#include <optional>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/member_store.h"
#include "services/organization/storage/person_vault.h"

// The blind indexes of table `member`.
namespace ronghe::organization {

// At most `limit` members of a partition after `after` whose index has the value, in the order of their ids. Opens
// nothing.
absl::StatusOr<std::vector<FoundMember>> SelectFound(common::sql::Session& session, const PersonVault& vault,
                                                     common::PartitionId partition, MemberIndex index,
                                                     const std::string& value, MemberId after, int limit);

// Fills in the name indexes of at most `limit` members of a partition that have none; how many it looked at.
absl::StatusOr<int> FillNameIndexes(common::sql::Session& session, const PersonVault& vault,
                                    common::PartitionId partition, int limit);
// Whether some member of a partition has none.
absl::StatusOr<bool> LacksNameIndexes(common::sql::Session& session, common::PartitionId partition);
// Partitions that were ever written to and are no registries.
absl::StatusOr<std::vector<common::PartitionId>> WrittenPartitions(common::sql::Session& session);

}  // namespace ronghe::organization
