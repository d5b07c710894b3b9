#include "services/organization/storage/sql_member_store.h"

#include <algorithm>
#include <set>

#include <absl/container/flat_hash_map.h>

#include "services/common/values/status.h"
#include "services/organization/storage/member_affiliations.h"
#include "services/organization/storage/member_history.h"
#include "services/organization/storage/member_rows.h"
#include "services/organization/storage/member_search_rows.h"
#include "services/organization/storage/person_registry.h"
#include "services/organization/storage/sql_member_txn.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kUnitOf{"member_unit_of", "SELECT unit_uid FROM member WHERE partition_id = ? AND member_id = ?"};

constexpr sql::Query kPersonOf{"person_of",
                               "SELECT member_id FROM registry_person WHERE partition_id = ? AND identity_index = ?"};
constexpr sql::Query kStandingOf{"member_standing_of",
                                 "SELECT unit_uid, status FROM member WHERE partition_id = ? AND member_id = ?"};
constexpr int kMembersAtOnce = 500;

// The rows lie in the partitions where the persons were registered, so they are found by id.
absl::StatusOr<std::vector<ListedMember>> SelectAffiliates(sql::Session& session, const PersonVault& vault,
                                                           const UnitsOfPartition& units, AffiliationKind kind,
                                                           const MemberFilter& filter, MemberPosition after,
                                                           int limit) {
  std::vector<ListedMember> found;
  while (static_cast<int>(found.size()) < limit) {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<MemberPosition> places,
                            SelectAffiliated(session, units, kind, after, kMembersAtOnce));
    if (places.empty()) break;
    std::vector<MemberId> ids;
    absl::flat_hash_map<MemberId, common::UnitUid> under;
    for (const MemberPosition& place : places) {
      ids.push_back(place.member);
      under[place.member] = place.unit;
    }
    RONGHE_ASSIGN_OR_RETURN(std::vector<StoredMember> members, SelectMembersById(session, vault, ids, filter));
    for (StoredMember& member : members) found.push_back({under[member.id], std::move(member)});
    after = places.back();
    if (places.size() < static_cast<size_t>(kMembersAtOnce)) break;
  }
  return found;
}

}  // namespace

absl::Status SqlMemberStore::Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                                   const common::Call& call, absl::FunctionRef<absl::Status(MemberTxn&)> body) {
  return log_
      .Write(partition, also, call,
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

absl::StatusOr<std::vector<ListedMember>> SqlMemberStore::List(std::span<const UnitsOfPartition> units,
                                                               const MemberFilter& filter, const MemberPosition& after,
                                                               int limit, absl::Time deadline) {
  std::vector<ListedMember> all;
  const auto read = [&](sql::Session& session) -> absl::Status {
    for (const UnitsOfPartition& part : units) {
      const auto add = [&](absl::StatusOr<std::vector<ListedMember>> some) {
        if (some.ok()) std::move(some->begin(), some->end(), std::back_inserter(all));
        return some.status();
      };
      const auto affiliates = [&](AffiliationKind kind) {
        return add(SelectAffiliates(session, vault_, part, kind, filter, after, limit));
      };
      if (filter.floating_in) {
        RONGHE_RETURN_IF_ERROR(affiliates(AffiliationKind::kFloating));
        continue;
      }
      RONGHE_RETURN_IF_ERROR(add(SelectMembers(session, vault_, part, filter, after, limit)));
      constexpr uint32_t kCurrent = MemberFilter().statuses;
      if ((filter.statuses & kCurrent) != 0) RONGHE_RETURN_IF_ERROR(affiliates(AffiliationKind::kHome));
      if ((filter.statuses & ~kCurrent) != 0) RONGHE_RETURN_IF_ERROR(affiliates(AffiliationKind::kEndedHome));
    }
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, read));
  const auto key = [](const ListedMember& m) { return MemberPosition{m.under, m.member.id}; };
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  if (all.size() > static_cast<size_t>(limit)) all.erase(all.begin() + limit, all.end());
  return all;
}

absl::StatusOr<std::vector<MemberVersion>> SqlMemberStore::History(MemberId id, int64_t after, int limit,
                                                                   absl::Time deadline) {
  std::vector<MemberVersion> versions;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(versions, SelectMemberHistory(session, id, after, limit));
    return absl::OkStatus();
  }));
  return versions;
}

absl::StatusOr<std::optional<FoundMember>> SqlMemberStore::FindByIdentityNumber(const std::string& number,
                                                                                absl::Time deadline) {
  const std::string index = vault_.IdentityIndex(number);
  std::optional<FoundMember> found;
  const auto find = [&](sql::Session& session) -> absl::Status {
    std::optional<MemberId> id;
    const auto take = [&](const sql::Row& row) {
      id = MemberId(row.Int(0));
      return absl::OkStatus();
    };
    RONGHE_RETURN_IF_ERROR(
        session.SelectOne(kPersonOf, {common::RegistryPartitionOf(index).value, sql::Blob{index}}, take).status());
    if (!id) return absl::OkStatus();
    const auto read = [&](const sql::Row& row) {
      found = FoundMember{*id, common::UnitUid(row.Int(0)), static_cast<MemberStatus>(row.Int(1))};
      return absl::OkStatus();
    };
    return session.SelectOne(kStandingOf, {common::PartitionOf(id->value).value, id->value}, read).status();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, find));
  return found;
}

absl::StatusOr<std::vector<FoundMember>> SqlMemberStore::FindByIndex(common::PartitionId partition, MemberIndex index,
                                                                     const std::string& value, MemberId after,
                                                                     int limit, absl::Time deadline) {
  std::vector<FoundMember> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(found, SelectFound(session, vault_, partition, index, value, after, limit));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<common::PartitionId>> SqlMemberStore::RowsOf(std::span<const common::PartitionId> homes,
                                                                        absl::Time deadline) {
  std::set<common::PartitionId> all(homes.begin(), homes.end());
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    for (std::span<const common::PartitionId> left = homes; !left.empty();) {
      const auto some = left.first(std::min<size_t>(left.size(), kMembersAtOnce));
      left = left.subspan(some.size());
      RONGHE_ASSIGN_OR_RETURN(const std::vector<common::PartitionId> origins, SelectOrigins(session, some));
      all.insert(origins.begin(), origins.end());
    }
    return absl::OkStatus();
  }));
  return std::vector<common::PartitionId>(all.begin(), all.end());
}

absl::StatusOr<std::vector<StoredMember>> SqlMemberStore::FindAll(std::span<const MemberId> ids, absl::Time deadline) {
  MemberFilter any;
  any.statuses = ~0u;
  std::vector<StoredMember> members;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(members, SelectMembersById(session, vault_, ids, any));
    return absl::OkStatus();
  }));
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return members;
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
