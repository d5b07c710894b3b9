#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/member_store.h"
#include "services/organization/storage/person_vault.h"

// Rows of table `member`, between SQL and the domain.
namespace ronghe::organization {

// What a row holds beside the member.
struct MemberRow {
  StoredMember member;
  WrappedKey key = {};
  std::string external_source = {};  // the caller whose external id it is
};

// The row of a member in this session's snapshot.
absl::StatusOr<std::optional<MemberRow>> SelectMember(common::sql::Session& session, const PersonVault& vault,
                                                      MemberId id);
// At most `limit` members of these units of one partition, by (unit, member), after `after`.
absl::StatusOr<std::vector<ListedMember>> SelectMembers(common::sql::Session& session, const PersonVault& vault,
                                                        const UnitsOfPartition& units, const MemberFilter& filter,
                                                        const MemberPosition& after, int limit);
// Those of these members, in any partitions, that the filter lets through, in no order. At most 512.
absl::StatusOr<std::vector<StoredMember>> SelectMembersById(common::sql::Session& session, const PersonVault& vault,
                                                            std::span<const MemberId> ids, const MemberFilter& filter);
// Adds rows; `actor` is who writes. The members have ids of `partition`.
absl::Status InsertMembers(common::sql::Session& session, const PersonVault& vault, std::span<const MemberRow> rows,
                           const std::string& actor);
// Keeps the current version of `before` in the history, then writes `after` over it. ABORTED if `before` is not
// current.
struct MemberChange {
  const StoredMember* before = nullptr;
  const MemberRow* after = nullptr;  // with the key that the person has
  std::string actor;
  std::string action;
  std::string fields;  // names of the changed fields, comma-separated
};
absl::Status ReplaceMember(common::sql::Session& session, const PersonVault& vault, const MemberChange& change);
// Deletes rows with their history; all of one partition.
absl::Status DeleteMembers(common::sql::Session& session, common::PartitionId partition, std::span<const MemberId> ids);

}  // namespace ronghe::organization
