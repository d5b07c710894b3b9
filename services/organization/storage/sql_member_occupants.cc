#include "services/organization/storage/sql_member_occupants.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "services/common/changelog/changelog.h"
#include "services/common/values/status.h"
#include "services/organization/domain/membership.h"
#include "services/organization/storage/member_affiliations.h"
#include "services/organization/storage/member_rows.h"
#include "services/organization/storage/sql_member_txn.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr size_t kPartitionsPerStatement = 512;
constexpr int kHandOverPiece = 500;
// Answered from the index alone.
constexpr std::string_view kCountHead = "SELECT unit_uid, status, sex, COUNT(*) FROM member WHERE partition_id IN (";
constexpr std::string_view kCountTail = ") GROUP BY partition_id, unit_uid, status, sex ORDER BY unit_uid";
constexpr std::string_view kFloatingOutHead = "SELECT unit_uid, COUNT(*) FROM member WHERE partition_id IN (";
constexpr std::string_view kFloatingOutTail = ") AND floating > 0 GROUP BY unit_uid";
constexpr std::string_view kFloatingInHead = "SELECT floating_uid, COUNT(*) FROM member WHERE partition_id IN (";
constexpr std::string_view kFloatingInTail = ") AND floating = 1 GROUP BY floating_uid";
constexpr sql::Query kCountOne{
    "member_count_unit", "SELECT COUNT(*) FROM member WHERE partition_id = ? AND unit_uid = ? AND status IN (1, 2)"};
constexpr sql::Query kCountAffiliated{
    "affiliation_count_unit",
    "SELECT COUNT(*) FROM member_affiliation WHERE partition_id = ? AND unit_uid = ? AND kind IN (1, 2)"};

void Add(MemberCounts& counts, int64_t status, int64_t sex, int64_t n) {
  if (status == static_cast<int64_t>(MemberStatus::kFull)) counts.full += n;
  if (status == static_cast<int64_t>(MemberStatus::kProbationary)) counts.probationary += n;
  if (sex == static_cast<int64_t>(Sex::kFemale) && IsCurrent(static_cast<MemberStatus>(status))) counts.female += n;
}

// What other occupants answer for is named, too.
bool IsOfMembers(const std::string& name) {
  return !name.starts_with("workplaces/") && !name.starts_with("duties/");
}

// One more number of every unit that has some.
absl::Status CountFloating(sql::Session& session, std::string_view head, std::string_view tail,
                           std::span<const sql::Value> partitions, int64_t MemberCounts::*number,
                           absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each) {
  const std::string text = fmt::format("{}{}{}", head, sql::Placeholders(static_cast<int>(partitions.size())), tail);
  return session.Select({"member_count_floating", text}, partitions, [&](const sql::Row& row) {
    MemberCounts counts;
    counts.*number = row.Int(1);
    each(common::UnitUid(row.Int(0)), counts);
    return absl::OkStatus();
  });
}

// The members' side of a structure transaction, by the partitions of their rows.
class RowTxns {
 public:
  RowTxns(common::WriteTxn& structure, const PersonVault& vault, const std::string& actor)
      : structure_(structure), vault_(vault), actor_(actor) {}
  absl::StatusOr<SqlMemberTxn*> Of(MemberId id) {
    const common::PartitionId partition = common::PartitionOf(id.value);
    auto found = txns_.find(partition);
    if (found == txns_.end()) {
      RONGHE_ASSIGN_OR_RETURN(common::WriteTxn * txn, structure_.Also(partition));
      found = txns_.try_emplace(partition, *txn, vault_, actor_).first;
    }
    return &found->second;
  }

 private:
  common::WriteTxn& structure_;
  const PersonVault& vault_;
  const std::string& actor_;
  std::map<common::PartitionId, SqlMemberTxn> txns_;
};

}  // namespace

absl::Status SqlMemberOccupants::Count(sql::Session& session, std::span<const common::PartitionId> partitions,
                                       absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each) {
  for (; !partitions.empty(); partitions = partitions.subspan(std::min(partitions.size(), kPartitionsPerStatement))) {
    const size_t count = std::min(partitions.size(), kPartitionsPerStatement);
    const int padded = sql::PaddedCount(static_cast<int>(count));
    const std::string text = fmt::format("{}{}{}", kCountHead, sql::Placeholders(padded), kCountTail);
    std::vector<sql::Value> args;
    for (int i = 0; i < padded; ++i) args.emplace_back(partitions[std::min<size_t>(i, count - 1)].value);
    common::UnitUid unit;
    MemberCounts counts;
    RONGHE_RETURN_IF_ERROR(session.Select({"member_count", text}, args, [&](const sql::Row& row) {
      if (const common::UnitUid next(row.Int(0)); next != unit) {
        if (unit) each(unit, counts);
        unit = next;
        counts = {};
      }
      Add(counts, row.Int(1), row.Int(2), row.Int(3));
      return absl::OkStatus();
    }));
    if (unit) each(unit, counts);
    RONGHE_RETURN_IF_ERROR(
        CountFloating(session, kFloatingOutHead, kFloatingOutTail, args, &MemberCounts::floating_out, each));
    RONGHE_RETURN_IF_ERROR(
        CountFloating(session, kFloatingInHead, kFloatingInTail, args, &MemberCounts::floating_in, each));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqlMemberOccupants::LockAndCount(sql::Session& session, common::PartitionId partition,
                                                         common::UnitUid unit) {
  RONGHE_RETURN_IF_ERROR(common::LockPartition(session, partition));
  int64_t members = 0;
  for (const sql::Query& query : {kCountOne, kCountAffiliated}) {
    const auto found = session.SelectOne(query, {partition.value, unit.value}, [&](const sql::Row& row) {
      members += row.Int(0);
      return absl::OkStatus();
    });
    RONGHE_RETURN_IF_ERROR(found.status());
  }
  return members;
}

absl::StatusOr<bool> SqlMemberOccupants::MayFollow(common::WriteTxn& structure, const HandOverOrder& order,
                                                   std::vector<common::Blocker>& blockers) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t count,
                          LockAndCount(structure.session(), order.from.partition(), order.from.uid()));
  if (count == 0) return order.only.has_value();
  const size_t before = blockers.size();
  if (!HoldsMembers(order.to.kind())) {
    blockers.push_back({"UNIT_HOLDS_NO_MEMBERS",
                        order.to.name(),
                        {fmt::format("members belong to branches and groups; {} cannot take the {} of {}",
                                     order.to.name(), count, order.from.name()),
                         fmt::format("党员应登记在党支部或党小组，{} 不能承接 {} 的 {} 名党员", order.to.name(),
                                     order.from.name(), count)}});
  }
  if (vault_ == nullptr) return common::Internal("members cannot be handed over without their keys");
  return blockers.size() == before;
}

absl::StatusOr<std::vector<MemberId>> SqlMemberOccupants::Named(sql::Session& session, const HandOverOrder& order,
                                                                std::vector<common::Blocker>& blockers) {
  std::vector<MemberId> members;
  for (const std::string& name : *order.only) {
    if (!IsOfMembers(name)) continue;
    const std::optional<MemberId> id = MemberIdOf(name);
    std::optional<MemberRow> row;
    if (id) {
      RONGHE_ASSIGN_OR_RETURN(row, SelectMember(session, *vault_, *id));
    }
    if (row && row->member.unit == order.from.uid()) {
      members.push_back(*id);
    } else {
      blockers.push_back(
          {"NOT_IN_UNIT",
           name,
           {fmt::format("is no member of {}", order.from.name()), fmt::format("不是 {} 的党员", order.from.name())}});
    }
  }
  return members;
}

// Whoever floats in the unit floats in its successor; the rows may lie in other counties.
absl::Status SqlMemberOccupants::HandOverFloating(common::WriteTxn& structure, const HandOverOrder& order) {
  const UnitsOfPartition from{order.from.partition(), {order.from.uid()}};
  while (true) {
    RONGHE_ASSIGN_OR_RETURN(
        const std::vector<MemberPosition> some,
        SelectAffiliated(structure.session(), from, AffiliationKind::kFloating, {}, kHandOverPiece));
    for (const MemberPosition& position : some) {
      RONGHE_ASSIGN_OR_RETURN(common::WriteTxn * txn, structure.Also(common::PartitionOf(position.member.value)));
      SqlMemberTxn members(*txn, *vault_, order.actor);
      RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, members.Find(position.member));
      if (!member) return common::Internal("a member that floats in a unit is not there");
      Membership membership = member->membership;
      membership.floating_unit = order.to.uid();
      EndFloatingAt(member->unit, membership);
      RONGHE_RETURN_IF_ERROR(
          members.Replace(*member, {member->unit, member->member, membership}, "reorganization").status());
    }
    if (static_cast<int>(some.size()) < kHandOverPiece) return absl::OkStatus();
  }
}

absl::StatusOr<int64_t> SqlMemberOccupants::HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                                     std::vector<common::Blocker>& blockers) {
  if (order.only && std::none_of(order.only->begin(), order.only->end(), IsOfMembers)) return 0;
  RONGHE_ASSIGN_OR_RETURN(const bool may, MayFollow(structure, order, blockers));
  if (!may) return 0;
  sql::Session& session = structure.session();
  RowTxns rows(structure, *vault_, order.actor);
  int64_t moved = 0;
  const auto move = [&](SqlMemberTxn& members, const StoredMember& member) -> absl::Status {
    ++moved;
    Membership membership = member.membership;
    EndFloatingAt(order.to.uid(), membership);
    RONGHE_RETURN_IF_ERROR(members.EndPosts(member, order.to.uid(), order.day));
    return members.Replace(member, {order.to.uid(), member.member, membership}, "reorganization").status();
  };
  const auto move_by_id = [&](MemberId id) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(SqlMemberTxn * members, rows.Of(id));
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, members->Find(id));
    if (!member || member->unit != order.from.uid()) return common::Internal("a member to hand over is not there");
    return move(*members, *member);
  };
  if (order.only) {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<MemberId> named, Named(session, order, blockers));
    for (MemberId id : named) RONGHE_RETURN_IF_ERROR(move_by_id(id));
    return moved;
  }
  const UnitsOfPartition from{order.from.partition(), {order.from.uid()}};
  // Those that have moved are no longer found.
  for (bool more = true; more;) {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<ListedMember> some,
                            SelectMembers(session, *vault_, from, {}, {}, kHandOverPiece));
    for (const ListedMember& listed : some) {
      RONGHE_ASSIGN_OR_RETURN(SqlMemberTxn * members, rows.Of(listed.member.id));
      RONGHE_RETURN_IF_ERROR(move(*members, listed.member));
    }
    more = static_cast<int>(some.size()) == kHandOverPiece;
  }
  for (bool more = true; more;) {
    RONGHE_ASSIGN_OR_RETURN(const std::vector<MemberPosition> some,
                            SelectAffiliated(session, from, AffiliationKind::kHome, {}, kHandOverPiece));
    for (const MemberPosition& position : some) RONGHE_RETURN_IF_ERROR(move_by_id(position.member));
    more = static_cast<int>(some.size()) == kHandOverPiece;
  }
  RONGHE_RETURN_IF_ERROR(HandOverFloating(structure, order));
  return moved;
}

}  // namespace ronghe::organization
