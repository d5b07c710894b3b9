#include "services/organization/storage/sql_member_store.h"

#include <algorithm>

#include "services/common/values/status.h"
#include "services/organization/storage/member_rows.h"
#include "services/organization/storage/person_registry.h"
#include "services/organization/storage/sql_member_txn.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kUnitOf{"member_unit_of", "SELECT unit_uid FROM member WHERE partition_id = ? AND member_id = ?"};

}  // namespace

absl::Status SqlMemberStore::Write(common::PartitionId partition, const common::Call& call,
                                   absl::FunctionRef<absl::Status(MemberTxn&)> body) {
  return log_
      .Write(partition, call,
             [&](common::WriteTxn& txn) {
               SqlMemberTxn members(txn, vault_, call.actor.key);
               return body(members);
             })
      .status();
}

absl::StatusOr<std::optional<StoredMember>> SqlMemberStore::Find(MemberId id, absl::Time deadline) {
  std::optional<MemberRow> row;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(row, SelectMember(session, vault_, id));
    return absl::OkStatus();
  }));
  if (!row) return std::nullopt;
  return std::move(row->member);
}

absl::StatusOr<std::optional<common::UnitUid>> SqlMemberStore::UnitOf(MemberId id, absl::Time deadline) {
  std::optional<common::UnitUid> unit;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    return session
        .SelectOne(kUnitOf, {common::PartitionOf(id.value).value, id.value},
                   [&](const sql::Row& row) {
                     unit = common::UnitUid(row.Int(0));
                     return absl::OkStatus();
                   })
        .status();
  }));
  return unit;
}

absl::StatusOr<std::vector<StoredMember>> SqlMemberStore::List(std::span<const UnitsOfPartition> units,
                                                               const MemberFilter& filter, const MemberPosition& after,
                                                               int limit, absl::Time deadline) {
  std::vector<StoredMember> all;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    for (const UnitsOfPartition& part : units) {
      RONGHE_ASSIGN_OR_RETURN(std::vector<StoredMember> some,
                              SelectMembers(session, vault_, part, filter, after, limit));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return absl::OkStatus();
  }));
  const auto key = [](const StoredMember& m) { return MemberPosition{m.unit, m.id}; };
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  if (all.size() > static_cast<size_t>(limit)) all.erase(all.begin() + limit, all.end());
  return all;
}

absl::StatusOr<std::vector<absl::Status>> SqlMemberStore::CheckDuplicates(const common::Call& call,
                                                                          std::span<const Member> rows) {
  std::vector<PersonClaim> persons;
  std::vector<ExternalClaim> externals;
  for (const Member& row : rows) {
    persons.push_back({vault_.IdentityIndex(row.identity_number()), MemberId()});
    if (!row.external_id().empty()) externals.push_back({call.actor.key, row.external_id(), MemberId()});
  }
  std::vector<bool> known_persons;
  std::vector<bool> known_externals;
  RONGHE_RETURN_IF_ERROR(database_.Read(call.deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(known_persons, HasPersons(session, persons));
    RONGHE_ASSIGN_OR_RETURN(known_externals, HasExternals(session, externals));
    return absl::OkStatus();
  }));
  std::vector<absl::Status> results(rows.size());
  size_t external = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].external_id().empty() && known_externals[external++]) results[i] = DuplicateExternalId();
    if (known_persons[i]) results[i] = DuplicatePerson();
  }
  return results;
}

std::string SqlMemberStore::PersonKey(const Member& member) const {
  return vault_.IdentityIndex(member.identity_number());
}

}  // namespace ronghe::organization
