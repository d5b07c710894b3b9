#include "services/organization/storage/sql_member_txn.h"

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/app/duty_app.h"
#include "services/organization/app/post_app.h"
#include "services/organization/storage/count_rollup.h"
#include "services/organization/storage/member_affiliations.h"
#include "services/organization/storage/person_registry.h"
#include "services/organization/storage/reorganization_rows.h"
#include "services/organization/storage/sql_duty_store.h"
#include "services/organization/storage/sql_post_txn.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kFindUnit{"member_find_unit",
                               "SELECT unit_partition, kind, state FROM unit WHERE partition_id = ? AND uid = ?"};
constexpr size_t kPiece = 512;

constexpr sql::Query kHoldsPosts{
    "member_holds_posts",
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM appointment WHERE partition_id = ? AND member_id = ?) "
    "OR EXISTS (SELECT 1 FROM duty_part WHERE partition_id = ? AND member_id = ?)"};

// Who has been appointed since the import stays.
absl::Status RefuseHolders(sql::Session& session, std::span<const StoredMember> members) {
  std::vector<common::Blocker> blockers;
  for (const StoredMember& member : members) {
    const int64_t partition = common::PartitionOf(member.id.value).value;
    const sql::Value args[] = {partition, member.id.value, partition, member.id.value};
    RONGHE_RETURN_IF_ERROR(session.Select(kHoldsPosts, args, [&](const sql::Row&) {
      blockers.push_back({"HAS_POSTS",
                          MemberName(member.id),
                          {"holds or held a post, or takes or took part in a duty", "曾任或现任职务，或参与履责事项"}});
      return absl::OkStatus();
    }));
  }
  if (blockers.empty()) return absl::OkStatus();
  return common::FailedPrecondition(
      "IMPORT_IN_USE",
      {"something has been built on the import since; everything is listed", "导入之后已有数据依赖于它，已全部列出"},
      std::move(blockers));
}

// Paths of Member, comma-separated.
std::string JoinChanges(const StoredMember& before, const StoredMember& after) {
  std::string names;
  const auto add = [&](std::string_view path) { names.append(names.empty() ? "" : ",").append(path); };
  for (MemberField field : Differences(before.member.ToFields(), after.member.ToFields())) add(PathOf(field));
  if (before.unit != after.unit) add("unit");
  const Membership& was = before.membership;
  const Membership& is = after.membership;
  if (was.probation_until != is.probation_until) add("probation_end_date");
  if (was.floating != is.floating) add("floating");
  if (was.floating_unit != is.floating_unit) add("floating_unit");
  if (was.floating_since != is.floating_since) add("floating_date");
  if (was.leave_reason != is.leave_reason) add("leave_reason");
  if (was.leave_day != is.leave_day) add("leave_date");
  return names;
}

}  // namespace

absl::Status DuplicatePerson() {
  return common::AlreadyExists("DUPLICATE_PERSON", "members",
                               {"a person with this identity number is registered already", "该公民身份号码已登记"});
}

absl::Status DuplicateExternalId() {
  return common::AlreadyExists("DUPLICATE_EXTERNAL_ID", "members",
                               {"the external id is used for another member already", "该外部编号已用于其他党员"});
}

absl::StatusOr<std::optional<MemberId>> SqlMemberTxn::Claim(const common::RequestKey& key) {
  common::RequestKey keyed = key;
  // The digest covers an identity number: kept as it is, it could be found out by trying.
  keyed.digest = vault_.RequestDigest(key.digest);
  RONGHE_ASSIGN_OR_RETURN(const std::optional<common::PriorWrite> prior, txn_.Claim(keyed));
  if (!prior) return std::nullopt;
  const std::optional<MemberId> id = MemberIdOf(prior->resource);
  if (!id) return common::Internal("a remembered write of a member names no member");
  return id;
}

absl::StatusOr<std::optional<HomeUnit>> SqlMemberTxn::FindUnit(common::UnitUid unit) {
  std::optional<HomeUnit> found;
  RONGHE_RETURN_IF_ERROR(txn_.session()
                             .SelectOne(kFindUnit, {common::kStructurePartition.value, unit.value},
                                        [&](const sql::Row& row) {
                                          found = HomeUnit{common::PartitionId(row.Int(0)),
                                                           static_cast<UnitKind>(row.Int(1)),
                                                           static_cast<UnitState>(row.Int(2))};
                                          return absl::OkStatus();
                                        })
                             .status());
  if (!found || found->state != UnitState::kDissolved) return found;
  RONGHE_ASSIGN_OR_RETURN(const SuccessorMap successors, SelectSuccessors(txn_.session(), {&unit, 1}));
  if (auto it = successors.find(unit); it != successors.end()) {
    for (const UnitRef& successor : it->second) found->successors.push_back("units/" + successor.code);
  }
  return found;
}

absl::StatusOr<std::optional<StoredMember>> SqlMemberTxn::Find(MemberId id) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<MemberRow> row, SelectMember(txn_.session(), vault_, id));
  if (!row) return std::nullopt;
  return std::move(row->member);
}

MemberRow SqlMemberTxn::NewRow(const NewMember& row) {
  MemberRow made{
      .member = {.id = MemberId(txn_.NewId()), .unit = row.unit, .member = row.member, .membership = row.membership}};
  made.member.version = 1;
  made.member.create_time = made.member.update_time = txn_.now();
  if (!row.member.external_id().empty()) made.external_source = actor_;
  return made;
}

void SqlMemberTxn::Log(common::ChangeKind kind, const StoredMember* before, const StoredMember* after) {
  const StoredMember& member = after != nullptr ? *after : *before;
  const bool moved = before != nullptr && before->unit != member.unit;
  txn_.Log({.kind = kind,
            .resource = MemberName(member.id),
            .unit = member.unit,
            .unit_before = moved ? before->unit : common::UnitUid(),
            .etag = EtagOf(member),
            .rollup = MemberRollup(before, after)});
}

// Claims person and external id of every row. A row that gets only its person gives it back.
absl::Status SqlMemberTxn::ClaimKeys(std::span<MemberRow> rows, std::vector<absl::Status>& results) {
  std::vector<PersonClaim> persons;
  std::vector<size_t> row_of_person;
  absl::flat_hash_set<std::string> seen;
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string index = vault_.IdentityIndex(rows[i].member.member.identity_number());
    if (!seen.insert(index).second) {
      results[i] = DuplicatePerson();
      continue;
    }
    persons.push_back({std::move(index), rows[i].member.id});
    row_of_person.push_back(i);
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<bool> person_claimed, ClaimPersons(txn_.session(), persons));

  std::vector<ExternalClaim> externals;
  std::vector<size_t> person_of_external;
  std::vector<PersonClaim> given_back;
  seen.clear();
  for (size_t p = 0; p < persons.size(); ++p) {
    const MemberRow& row = rows[row_of_person[p]];
    const std::string& external_id = row.member.member.external_id();
    if (!person_claimed[p]) {
      results[row_of_person[p]] = DuplicatePerson();
    } else if (external_id.empty()) {
      continue;
    } else if (!seen.insert(external_id).second) {
      results[row_of_person[p]] = DuplicateExternalId();
      given_back.push_back(persons[p]);
    } else {
      externals.push_back({row.external_source, external_id, row.member.id});
      person_of_external.push_back(p);
    }
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<bool> external_claimed, ClaimExternals(txn_.session(), externals));
  for (size_t e = 0; e < externals.size(); ++e) {
    if (external_claimed[e]) continue;
    results[row_of_person[person_of_external[e]]] = DuplicateExternalId();
    given_back.push_back(persons[person_of_external[e]]);
  }
  return ReleasePersons(txn_.session(), given_back);
}

absl::StatusOr<std::vector<absl::StatusOr<StoredMember>>> SqlMemberTxn::Insert(std::span<const NewMember> rows) {
  std::vector<MemberRow> all;
  for (const NewMember& row : rows) all.push_back(NewRow(row));
  std::vector<absl::Status> results(all.size());
  RONGHE_RETURN_IF_ERROR(ClaimKeys(all, results));

  std::vector<MemberRow> good;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!results[i].ok()) continue;
    all[i].member.revision = txn_.next_revision();
    Log(common::ChangeKind::kCreated, nullptr, &all[i].member);
    good.push_back(all[i]);
  }
  RONGHE_RETURN_IF_ERROR(InsertMembers(txn_.session(), vault_, good, actor_));

  std::vector<absl::StatusOr<StoredMember>> out;
  for (size_t i = 0; i < all.size(); ++i) {
    if (results[i].ok()) {
      out.emplace_back(std::move(all[i].member));
    } else {
      out.emplace_back(std::move(results[i]));
    }
  }
  return out;
}

absl::Status SqlMemberTxn::MoveClaims(const MemberRow& before, const MemberRow& after) {
  sql::Session& session = txn_.session();
  const MemberId id = before.member.id;
  const Member& old = before.member.member;
  const Member& now = after.member.member;
  if (old.identity_number() != now.identity_number()) {
    const PersonClaim fresh{vault_.IdentityIndex(now.identity_number()), id};
    RONGHE_ASSIGN_OR_RETURN(const std::vector<bool> claimed, ClaimPersons(session, {&fresh, 1}));
    if (!claimed[0]) return DuplicatePerson();
    const PersonClaim gone{vault_.IdentityIndex(old.identity_number()), id};
    RONGHE_RETURN_IF_ERROR(ReleasePersons(session, {&gone, 1}));
  }
  if (old.external_id() == now.external_id()) return absl::OkStatus();
  if (!now.external_id().empty()) {
    const ExternalClaim fresh{after.external_source, now.external_id(), id};
    RONGHE_ASSIGN_OR_RETURN(const std::vector<bool> claimed, ClaimExternals(session, {&fresh, 1}));
    if (!claimed[0]) return DuplicateExternalId();
  }
  if (old.external_id().empty()) return absl::OkStatus();
  const ExternalClaim gone{before.external_source, old.external_id(), id};
  return ReleaseExternals(session, {&gone, 1});
}

absl::StatusOr<common::PartitionId> SqlMemberTxn::PartitionOfUnit(common::UnitUid unit) {
  if (const auto known = partitions_.find(unit); known != partitions_.end()) return known->second;
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> found, FindUnit(unit));
  if (!found) return common::Internal("a member belongs to a unit that is not there");
  partitions_[unit] = found->partition;
  return found->partition;
}

// A home in another partition than the member's row is listed there by an affiliation; the migration of transfers says
// why.
absl::Status SqlMemberTxn::MoveHome(const StoredMember& before, const StoredMember& after) {
  const bool was = IsCurrent(before.member.status());
  const bool is = IsCurrent(after.member.status());
  if (before.unit == after.unit && was == is) return absl::OkStatus();
  const common::PartitionId own = common::PartitionOf(before.id.value);
  const auto place = [&](common::UnitUid unit, bool current) -> absl::StatusOr<Affiliation> {
    RONGHE_ASSIGN_OR_RETURN(const common::PartitionId partition, PartitionOfUnit(unit));
    return Affiliation{partition, unit, current ? AffiliationKind::kHome : AffiliationKind::kEndedHome, before.id};
  };
  RONGHE_ASSIGN_OR_RETURN(const Affiliation gone, place(before.unit, was));
  if (gone.partition != own) RONGHE_RETURN_IF_ERROR(DropAffiliation(txn_.session(), gone));
  RONGHE_ASSIGN_OR_RETURN(const Affiliation fresh, place(after.unit, is));
  if (fresh.partition == own) return absl::OkStatus();
  RONGHE_RETURN_IF_ERROR(AddOrigin(txn_.session(), fresh.partition, own));
  return AddAffiliation(txn_.session(), fresh, txn_.now_micros());
}

// Where a member floats lies in the partition of that unit, which need not be the member's.
absl::Status SqlMemberTxn::MoveFloating(const StoredMember& before, const StoredMember& after) {
  const common::UnitUid from = before.membership.floating_unit;
  const common::UnitUid to = after.membership.floating_unit;
  if (from == to) return absl::OkStatus();
  const auto place = [&](common::UnitUid unit) -> absl::StatusOr<Affiliation> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HomeUnit> found, FindUnit(unit));
    if (!found) return common::Internal("a member floats in a unit that is not there");
    return Affiliation{found->partition, unit, AffiliationKind::kFloating, before.id};
  };
  if (from) {
    RONGHE_ASSIGN_OR_RETURN(const Affiliation gone, place(from));
    RONGHE_RETURN_IF_ERROR(DropAffiliation(txn_.session(), gone));
  }
  if (!to) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const Affiliation fresh, place(to));
  return AddAffiliation(txn_.session(), fresh, txn_.now_micros());
}

absl::StatusOr<StoredMember> SqlMemberTxn::Replace(const StoredMember& before, const NewMember& after,
                                                   std::string_view action) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<MemberRow> current, SelectMember(txn_.session(), vault_, before.id));
  if (!current || current->member.version != before.version) {
    return common::Internal("Replace of a version that is not the current one");
  }
  MemberRow next = *current;
  next.member.unit = after.unit;
  next.member.member = after.member;
  next.member.membership = after.membership;
  next.member.version = before.version + 1;
  next.member.revision = txn_.next_revision();
  next.member.update_time = txn_.now();
  if (before.member.external_id() != after.member.external_id()) {
    next.external_source = after.member.external_id().empty() ? "" : actor_;
  }
  RONGHE_RETURN_IF_ERROR(MoveClaims(*current, next));
  RONGHE_RETURN_IF_ERROR(MoveHome(current->member, next.member));
  RONGHE_RETURN_IF_ERROR(MoveFloating(current->member, next.member));
  std::string names = JoinChanges(before, next.member);
  RONGHE_RETURN_IF_ERROR(
      ReplaceMember(txn_.session(), vault_, {&current->member, &next, actor_, std::string(action), std::move(names)}));
  Log(common::ChangeKind::kUpdated, &current->member, &next.member);
  return next.member;
}

absl::Status SqlMemberTxn::EndPosts(const StoredMember& member, common::UnitUid to, absl::CivilDay day) {
  RONGHE_ASSIGN_OR_RETURN(const common::PartitionId home, PartitionOfUnit(member.unit));
  if (to) {
    // Nobody holds a post of another county than that of the home unit.
    RONGHE_ASSIGN_OR_RETURN(const common::PartitionId next, PartitionOfUnit(to));
    if (next != home) to = {};
  }
  RONGHE_ASSIGN_OR_RETURN(common::WriteTxn * there, txn_.Also(home));
  // Only appointments and parts in duties end, and they have no timers: the zone does not matter.
  SqlPostTxn posts(*there, absl::UTCTimeZone());
  RONGHE_RETURN_IF_ERROR(EndPostsOfMember(posts, member.id, to, day));
  SqlDutyTxn duties(*there, absl::UTCTimeZone());
  return EndPartsOfMember(duties, member.id, to, day);
}

absl::Status SqlMemberTxn::Erase(std::span<const StoredMember> members) {
  sql::Session& session = txn_.session();
  RONGHE_RETURN_IF_ERROR(RefuseHolders(session, members));
  for (; !members.empty(); members = members.subspan(std::min(members.size(), kPiece))) {
    std::vector<MemberId> ids;
    std::vector<PersonClaim> persons;
    std::vector<ExternalClaim> externals;
    for (const StoredMember& member : members.first(std::min(members.size(), kPiece))) {
      ids.push_back(member.id);
      persons.push_back({vault_.IdentityIndex(member.member.identity_number()), member.id});
      if (!member.member.external_id().empty()) {
        RONGHE_ASSIGN_OR_RETURN(const std::optional<MemberRow> row, SelectMember(session, vault_, member.id));
        if (row) externals.push_back({row->external_source, member.member.external_id(), member.id});
      }
      Log(common::ChangeKind::kDeleted, &member, nullptr);
    }
    RONGHE_RETURN_IF_ERROR(DeleteMembers(session, partition(), ids));
    RONGHE_RETURN_IF_ERROR(ReleasePersons(session, persons));
    RONGHE_RETURN_IF_ERROR(ReleaseExternals(session, externals));
  }
  return absl::OkStatus();
}

}  // namespace ronghe::organization
