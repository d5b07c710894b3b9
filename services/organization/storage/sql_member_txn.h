#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "services/common/changelog/changelog.h"
#include "services/organization/app/member_store.h"
#include "services/organization/storage/member_rows.h"
#include "services/organization/storage/person_vault.h"

namespace ronghe::organization {

// The members' side of a write transaction of the change log: of one that SqlMemberStore began, or of one that another
// store began and lets members take part in (a chunk of an import).
//
// Why a member is never registered in a unit that is being dissolved: the change log has taken the lock row of the
// partition before this object exists, and FindUnit reads the unit after that. Dissolving takes the lock row of the
// unit's partition (after that of the structure), counts the members, and then writes the unit's state; see
// SqlMemberOccupants. Whoever takes the row second waits until the first has committed. If that was the dissolution,
// FindUnit's statement begins after the commit and finds the unit dissolved (READ COMMITTED takes a snapshot for each
// statement; a serial writer of SQLite sees what is there). If it was the member, the count begins after the commit and
// finds the member. Nobody takes the rows in the other order: members never take that of the structure.
class SqlMemberTxn final : public MemberTxn {
 public:
  // All must outlive it. `actor` is the key of who writes: for the history, and as the platform whose external ids
  // these are.
  SqlMemberTxn(common::WriteTxn& txn, const PersonVault& vault, std::string actor)
      : txn_(txn), vault_(vault), actor_(std::move(actor)) {}

  common::PartitionId partition() const override { return txn_.partition(); }
  absl::StatusOr<std::optional<MemberId>> Claim(const common::RequestKey& key) override;
  void Remember(MemberId id) override { txn_.Remember(MemberName(id)); }
  absl::StatusOr<std::optional<HomeUnit>> FindUnit(common::UnitUid unit) override;
  absl::StatusOr<std::optional<StoredMember>> Find(MemberId id) override;
  absl::StatusOr<std::vector<absl::StatusOr<StoredMember>>> Insert(std::span<const NewMember> rows) override;
  absl::StatusOr<StoredMember> Replace(const StoredMember& before, const NewMember& after,
                                       std::string_view action) override;
  absl::Status EndPosts(const StoredMember& member, common::UnitUid to, absl::CivilDay day) override;
  absl::Status Erase(std::span<const StoredMember> members) override;

 private:
  absl::Status ClaimKeys(std::span<MemberRow> rows, std::vector<absl::Status>& results);
  absl::Status MoveClaims(const MemberRow& before, const MemberRow& after);
  // Of a unit that is there; it never changes.
  absl::StatusOr<common::PartitionId> PartitionOfUnit(common::UnitUid unit);
  absl::Status MoveHome(const StoredMember& before, const StoredMember& after);
  absl::Status MoveFloating(const StoredMember& before, const StoredMember& after);
  MemberRow NewRow(const NewMember& row);
  // Null: there was none, or there is none any more.
  void Log(common::ChangeKind kind, const StoredMember* before, const StoredMember* after);

  common::WriteTxn& txn_;
  const PersonVault& vault_;
  std::string actor_;
  absl::flat_hash_map<common::UnitUid, common::PartitionId> partitions_;
};

// ALREADY_EXISTS; neither says where the other is.
absl::Status DuplicatePerson();
absl::Status DuplicateExternalId();

}  // namespace ronghe::organization
