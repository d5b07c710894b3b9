#include "services/organization/storage/sql_roster.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using common::DayNumber;
using sql::Value;

using Roster = std::map<std::pair<MemberId, common::UnitUid>, RosterMember>;

// Appends the ids, padded so that few statements are prepared; the placeholders.
template <typename List>
std::string In(const List& ids, std::vector<Value>& args) {
  const int padded = sql::PaddedCount(static_cast<int>(ids.size()));
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(ids[std::min<size_t>(static_cast<size_t>(i), ids.size() - 1)].value);
  }
  return sql::Placeholders(padded);
}

// Members whose row says so, or said so on that day.
absl::Status AddHome(sql::Session& session, const UnitsOfPartition& part, absl::CivilDay day, int64_t end_us,
                     Roster& roster) {
  const auto take = [&](const sql::Row& row) {
    const MemberId member(row.Int(0));
    const common::UnitUid unit(row.Int(1));
    roster[{member, unit}] = {
        member, unit, static_cast<MemberStatus>(row.Int(2)), row.Int(3) != 0, /*on_committee=*/false, /*at_home=*/true};
    return absl::OkStatus();
  };
  std::vector<Value> args = {part.partition.value};
  std::string text = fmt::format(
      "SELECT member_id, unit_uid, status, floating FROM member WHERE partition_id = ? AND unit_uid IN ({}) AND status "
      "IN (1, 2) AND join_day <= ? AND (version = 1 OR update_us < ?) ORDER BY member_id",
      In(part.units, args));
  args.emplace_back(DayNumber(day));
  args.emplace_back(end_us);
  RONGHE_RETURN_IF_ERROR(session.Select({"roster_now", text}, args, take));
  // What the row says since then was said later; the first version stands for everything before it.
  args = {part.partition.value};
  text = fmt::format(
      "SELECT h.member_id, h.unit_uid, h.status, m.floating FROM member_history h JOIN member m ON m.partition_id = "
      "h.partition_id AND m.member_id = h.member_id WHERE h.partition_id = ? AND h.unit_uid IN ({}) AND h.until_us >= "
      "? AND (h.since_us < ? OR h.version = 1) AND h.status IN (1, 2) AND h.join_day <= ? AND (m.leave_day IS NULL OR "
      "m.leave_day > ?) ORDER BY h.member_id",
      In(part.units, args));
  args.insert(args.end(), {end_us, end_us, DayNumber(day), DayNumber(day)});
  return session.Select({"roster_then", text}, args, take);
}

// Members at home here whose rows lie elsewhere.
absl::Status AddGuests(sql::Session& session, const UnitsOfPartition& part, absl::CivilDay day, int64_t end_us,
                       Roster& roster) {
  constexpr sql::Query kRow{
      "roster_guest",
      "SELECT status, floating FROM member WHERE partition_id = ? AND member_id = ? AND status IN "
      "(1, 2) AND join_day <= ?"};
  std::vector<Value> args = {part.partition.value};
  const std::string text = fmt::format(
      "SELECT member_id, unit_uid FROM member_affiliation WHERE partition_id = ? AND unit_uid IN ({}) AND kind = 1 AND "
      "since_us < ? ORDER BY member_id",
      In(part.units, args));
  args.emplace_back(end_us);
  std::vector<std::pair<MemberId, common::UnitUid>> guests;
  RONGHE_RETURN_IF_ERROR(session.Select({"roster_guests", text}, args, [&](const sql::Row& row) {
    guests.emplace_back(MemberId(row.Int(0)), common::UnitUid(row.Int(1)));
    return absl::OkStatus();
  }));
  for (const auto& guest : guests) {
    const int64_t id = guest.first.value;
    RONGHE_RETURN_IF_ERROR(
        session.Select(kRow, {common::PartitionOf(id).value, id, DayNumber(day)}, [&](const sql::Row& row) {
          roster[guest] = {guest.first,
                           guest.second,
                           static_cast<MemberStatus>(row.Int(0)),
                           row.Int(1) != 0,
                           /*on_committee=*/false,
                           /*at_home=*/true};
          return absl::OkStatus();
        }));
  }
  return absl::OkStatus();
}

// Kinds 1 to 3 are the committee's; end_reason 4: recorded in error.
absl::Status AddCommittee(sql::Session& session, const UnitsOfPartition& part, absl::CivilDay day, Roster& roster) {
  std::vector<Value> args = {part.partition.value};
  const std::string text = fmt::format(
      "SELECT member_id, unit_uid FROM appointment WHERE partition_id = ? AND unit_uid IN ({}) AND kind IN (1, 2, 3) "
      "AND from_day <= ? AND (until_day IS NULL OR until_day >= ?) AND end_reason <> 4 ORDER BY member_id",
      In(part.units, args));
  args.insert(args.end(), {DayNumber(day), DayNumber(day)});
  return session.Select({"roster_committee", text}, args, [&](const sql::Row& row) {
    const MemberId member(row.Int(0));
    const common::UnitUid unit(row.Int(1));
    const auto [at, is_new] = roster.try_emplace({member, unit});
    if (is_new) at->second = {member, unit, MemberStatus::kFull, false, true, /*at_home=*/false};
    at->second.on_committee = true;
    return absl::OkStatus();
  });
}

}  // namespace

absl::StatusOr<std::vector<RosterMember>> SqlRoster::RosterOf(std::span<const UnitsOfPartition> units,
                                                              absl::CivilDay day, absl::Time deadline) {
  const int64_t end_us = absl::ToUnixMicros(absl::FromCivil(day + 1, zone_));
  Roster roster;
  const auto read = [&](sql::Session& session) -> absl::Status {
    roster.clear();
    for (const UnitsOfPartition& part : units) {
      RONGHE_RETURN_IF_ERROR(AddHome(session, part, day, end_us, roster));
      RONGHE_RETURN_IF_ERROR(AddGuests(session, part, day, end_us, roster));
      RONGHE_RETURN_IF_ERROR(AddCommittee(session, part, day, roster));
    }
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, read));
  std::vector<RosterMember> members;
  members.reserve(roster.size());
  for (const auto& [key, member] : roster) members.push_back(member);
  return members;
}

absl::StatusOr<std::vector<MembershipSpan>> SqlRoster::MembershipsOf(std::span<const MemberId> members,
                                                                     absl::Time deadline) {
  std::map<common::PartitionId, std::vector<MemberId>> by_partition;
  for (const MemberId member : members) by_partition[common::PartitionOf(member.value)].push_back(member);
  std::map<MemberId, MembershipSpan> found;
  const auto stay = [&](MembershipSpan& span, int64_t unit, int64_t since_us) {
    const absl::CivilDay from(absl::ToCivilSecond(absl::FromUnixMicros(since_us), zone_));
    if (!span.stays.empty() && span.stays.back().unit.value == unit) return;
    span.stays.push_back({common::UnitUid(unit), span.stays.empty() ? span.join : std::max(from, span.join)});
  };
  const auto read = [&](sql::Session& session, common::PartitionId partition,
                        std::span<const MemberId> some) -> absl::Status {
    std::vector<Value> args = {partition.value};
    const std::string in = In(some, args);
    const std::string then = fmt::format(
        "SELECT m.member_id, m.join_day, h.unit_uid, h.since_us FROM member_history h JOIN member m ON m.partition_id "
        "= "
        "h.partition_id AND m.member_id = h.member_id WHERE h.partition_id = ? AND h.member_id IN ({}) ORDER BY "
        "h.member_id, h.version",
        in);
    RONGHE_RETURN_IF_ERROR(session.Select({"memberships_then", then}, args, [&](const sql::Row& row) {
      MembershipSpan& span = found[MemberId(row.Int(0))];
      span.join = common::DayFromNumber(row.Int(1));
      stay(span, row.Int(2), row.Int(3));
      return absl::OkStatus();
    }));
    const std::string now = fmt::format(
        "SELECT member_id, join_day, leave_day, unit_uid, update_us FROM member WHERE partition_id = ? AND member_id "
        "IN "
        "({}) ORDER BY member_id",
        in);
    return session.Select({"memberships_now", now}, args, [&](const sql::Row& row) {
      const MemberId member(row.Int(0));
      MembershipSpan& span = found[member];
      span.member = member;
      span.join = common::DayFromNumber(row.Int(1));
      if (!row.IsNull(2)) span.end = common::DayFromNumber(row.Int(2));
      stay(span, row.Int(3), row.Int(4));
      return absl::OkStatus();
    });
  };
  const auto read_all = [&](sql::Session& session) -> absl::Status {
    found.clear();
    for (const auto& [partition, ids] : by_partition) {
      constexpr size_t kPiece = 512;
      for (size_t at = 0; at < ids.size(); at += kPiece) {
        RONGHE_RETURN_IF_ERROR(read(session, partition, std::span(ids).subspan(at, std::min(kPiece, ids.size() - at))));
      }
    }
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, read_all));
  std::vector<MembershipSpan> spans;
  for (auto& [member, span] : found) spans.push_back(std::move(span));
  return spans;
}

}  // namespace ronghe::organization
