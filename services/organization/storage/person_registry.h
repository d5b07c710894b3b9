#pragma once

#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/domain/member.h"

// What must be unique in the whole deployment, whatever partition a member lies in: persons, by the blind index of the
// identity number, and external ids, by the platform that gave them. Each key lies in the registry partition of its
// hash.
//
// Claims are made in the order of their keys, persons before external ids, so that two transactions that claim the same
// ones wait for each other rather than both. A claim waits for a transaction that has made the same one, and holds
// until this one ends.
namespace ronghe::organization {

struct PersonClaim {
  std::string identity_index;
  MemberId member;
};
struct ExternalClaim {
  std::string source;  // the caller's key
  std::string external_id;
  MemberId member;
};

// For each claim, whether it was made; false where another member has it. Claims differ from each other. At most 512.
absl::StatusOr<std::vector<bool>> ClaimPersons(common::sql::Session& session, std::span<const PersonClaim> claims);
absl::StatusOr<std::vector<bool>> ClaimExternals(common::sql::Session& session, std::span<const ExternalClaim> claims);
// Gives up what these members have. At most 512.
absl::Status ReleasePersons(common::sql::Session& session, std::span<const PersonClaim> claims);
absl::Status ReleaseExternals(common::sql::Session& session, std::span<const ExternalClaim> claims);
// For each key, whether some member has it. At most 512.
absl::StatusOr<std::vector<bool>> HasPersons(common::sql::Session& session, std::span<const PersonClaim> keys);
absl::StatusOr<std::vector<bool>> HasExternals(common::sql::Session& session, std::span<const ExternalClaim> keys);

}  // namespace ronghe::organization
