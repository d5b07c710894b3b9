#include <optional>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>
#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/app/member_store.h"
#include "services/organization/storage/member_affiliations.h"
#include "services/organization/storage/sql_integrity.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using common::UnitUid;

constexpr sql::Query kHomes{"integrity_homes",
                            "SELECT partition_id, unit_uid, COUNT(*) FROM member WHERE status IN (1, 2) "
                            "GROUP BY partition_id, unit_uid ORDER BY partition_id, unit_uid"};
constexpr sql::Query kOfHome{"integrity_of_home",
                             "SELECT member_id FROM member WHERE partition_id = ? AND unit_uid = ? AND "
                             "status IN (1, 2) ORDER BY member_id"};
constexpr sql::Query kFloating{"integrity_floating",
                               "SELECT member_id, status, floating, floating_uid FROM member WHERE floating > 0 "
                               "ORDER BY member_id"};
constexpr sql::Query kAffiliations{"integrity_affiliations",
                                   "SELECT partition_id, unit_uid, member_id FROM member_affiliation WHERE kind = ? "
                                   "ORDER BY partition_id, unit_uid, member_id"};
constexpr sql::Query kPersons{"integrity_persons", "SELECT identity_index, member_id FROM member"};
constexpr sql::Query kRegistered{"integrity_registered", "SELECT identity_index, member_id FROM registry_person"};

bool Holds(const CheckedUnits& units, UnitUid uid) {
  return Exists(units, uid) && IsOrganization(units.at(uid).kind);
}

absl::Status CheckHomes(sql::Session& session, const CheckedUnits& units, IntegrityReport& report) {
  std::vector<std::pair<int64_t, UnitUid>> wrong;
  RONGHE_RETURN_IF_ERROR(session.Select(kHomes, {}, [&](const sql::Row& row) {
    report.AddExamined(IntegrityCheck::kMemberUnit, row.Int(2));
    if (!Holds(units, UnitUid(row.Int(1)))) wrong.emplace_back(row.Int(0), row.Int(1));
    return absl::OkStatus();
  }));
  for (const auto& [partition, unit] : wrong) {
    const std::vector<std::string> related = UnitNames(units, unit);
    RONGHE_RETURN_IF_ERROR(session.Select(kOfHome, {partition, unit.value}, [&](const sql::Row& row) {
      report.AddFinding(IntegrityCheck::kMemberUnit, MemberName(MemberId(row.Int(0))), related);
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

// Who is at home in another partition than that of its row is listed there, and nobody else is.
absl::Status CheckHomesElsewhere(sql::Session& session, const CheckedUnits& units, IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kMemberUnit;
  absl::flat_hash_set<std::pair<int64_t, UnitUid>> listed;
  std::vector<std::pair<int64_t, UnitUid>> misplaced;
  RONGHE_RETURN_IF_ERROR(
      session.Select(kAffiliations, {static_cast<int64_t>(AffiliationKind::kHome)}, [&](const sql::Row& row) {
        const UnitUid unit(row.Int(1));
        const auto found = units.find(unit);
        const bool placed = found != units.end() && found->second.partition.value == row.Int(0) &&
                            common::PartitionOf(row.Int(2)) != found->second.partition;
        if (placed) {
          listed.emplace(row.Int(2), unit);
        } else {
          misplaced.emplace_back(row.Int(2), unit);
        }
        return absl::OkStatus();
      }));
  std::vector<std::pair<int64_t, UnitUid>> groups;
  RONGHE_RETURN_IF_ERROR(session.Select(kHomes, {}, [&](const sql::Row& row) {
    const auto found = units.find(UnitUid(row.Int(1)));
    if (found != units.end() && found->second.partition.value != row.Int(0))
      groups.emplace_back(row.Int(0), row.Int(1));
    return absl::OkStatus();
  }));
  for (const auto& group : groups) {
    const std::vector<sql::Value> args = {group.first, group.second.value};
    RONGHE_RETURN_IF_ERROR(session.Select(kOfHome, args, [&](const sql::Row& row) {
      if (listed.erase({row.Int(0), group.second}) == 0) misplaced.emplace_back(row.Int(0), group.second);
      return absl::OkStatus();
    }));
  }
  misplaced.insert(misplaced.end(), listed.begin(), listed.end());
  for (const auto& [member, unit] : misplaced)
    report.AddFinding(kCheck, MemberName(MemberId(member)), UnitNames(units, unit));
  return absl::OkStatus();
}

absl::Status CheckFloating(sql::Session& session, const CheckedUnits& units, IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kMemberFloating;
  absl::flat_hash_set<std::pair<int64_t, UnitUid>> listed;
  RONGHE_RETURN_IF_ERROR(
      session.Select(kAffiliations, {static_cast<int64_t>(AffiliationKind::kFloating)}, [&](const sql::Row& row) {
        const UnitUid unit(row.Int(1));
        const auto found = units.find(unit);
        if (found != units.end() && found->second.partition.value == row.Int(0)) listed.emplace(row.Int(2), unit);
        return absl::OkStatus();
      }));
  RONGHE_RETURN_IF_ERROR(session.Select(kFloating, {}, [&](const sql::Row& row) {
    report.AddExamined(kCheck);
    const UnitUid unit(row.Int(3));
    bool sound = IsCurrent(static_cast<MemberStatus>(row.Int(1)));
    if (static_cast<Floating>(row.Int(2)) == Floating::kToUnit) {
      sound = sound && Holds(units, unit) && listed.erase({row.Int(0), unit}) > 0;
    }
    if (!sound) report.AddFinding(kCheck, MemberName(MemberId(row.Int(0))), UnitNames(units, unit));
    return absl::OkStatus();
  }));
  for (const auto& [member, unit] : listed)
    report.AddFinding(kCheck, MemberName(MemberId(member)), UnitNames(units, unit));
  return absl::OkStatus();
}

// A sum of hashes that does not depend on the order: equal for equal sets.
absl::StatusOr<uint64_t> SumOf(sql::Session& session, const sql::Query& query, int64_t& rows) {
  uint64_t sum = 0;
  RONGHE_RETURN_IF_ERROR(session.Select(query, {}, [&](const sql::Row& row) {
    sum += absl::HashOf(row.Bytes(0), row.Int(1));
    ++rows;
    return absl::OkStatus();
  }));
  return sum;
}

}  // namespace

absl::Status CheckMembers(sql::Session& session, const CheckedUnits& units, IntegrityReport& report) {
  RONGHE_RETURN_IF_ERROR(CheckHomes(session, units, report));
  RONGHE_RETURN_IF_ERROR(CheckHomesElsewhere(session, units, report));
  return CheckFloating(session, units, report);
}

absl::Status CheckPersons(sql::Session& session, IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kPersonTwice;
  int64_t members = 0;
  int64_t registered = 0;
  RONGHE_ASSIGN_OR_RETURN(const uint64_t of_members, SumOf(session, kPersons, members));
  RONGHE_ASSIGN_OR_RETURN(const uint64_t of_registry, SumOf(session, kRegistered, registered));
  report.AddExamined(kCheck, members);
  if (of_members == of_registry && members == registered) return absl::OkStatus();
  // Only now is it worth the memory to say who.
  absl::flat_hash_map<uint64_t, std::pair<int64_t, bool>> by_person;
  by_person.reserve(static_cast<size_t>(registered));
  RONGHE_RETURN_IF_ERROR(session.Select(kRegistered, {}, [&](const sql::Row& row) {
    by_person[absl::HashOf(row.Bytes(0))] = {row.Int(1), false};
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(session.Select(kPersons, {}, [&](const sql::Row& row) {
    const auto found = by_person.find(absl::HashOf(row.Bytes(0)));
    if (found != by_person.end() && found->second.first == row.Int(1)) {
      found->second.second = true;
      return absl::OkStatus();
    }
    std::vector<std::string> related;
    if (found != by_person.end()) related.push_back(MemberName(MemberId(found->second.first)));
    report.AddFinding(kCheck, MemberName(MemberId(row.Int(1))), std::move(related));
    return absl::OkStatus();
  }));
  for (const auto& [person, entry] : by_person) {
    if (!entry.second) report.AddFinding(kCheck, MemberName(MemberId(entry.first)));
  }
  return absl::OkStatus();
}

}  // namespace ronghe::organization
