#include "services/organization/storage/alert_rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>
#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/domain/post.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using sql::Value;

// Each with a list of units in place of {}.
constexpr std::string_view kUnits =
    "SELECT uid, kind, state, sector FROM unit WHERE partition_id = ? AND uid IN ({}) ORDER BY uid";
constexpr std::string_view kMembers =
    "SELECT unit_uid, status, COUNT(*) FROM member WHERE partition_id = ? AND unit_uid IN ({}) AND status IN (1, 2) "
    "GROUP BY unit_uid, status ORDER BY unit_uid, status";
constexpr std::string_view kFromElsewhere =
    "SELECT unit_uid, member_id FROM member_affiliation WHERE partition_id = ? AND unit_uid IN ({}) AND kind = 1 "
    "ORDER BY unit_uid, member_id";
constexpr sql::Query kStatus{"alert_member_status",
                             "SELECT status FROM member WHERE partition_id = ? AND member_id = ?"};
constexpr std::string_view kPosts =
    "SELECT unit_uid, kind, seats, filled FROM post WHERE partition_id = ? AND unit_uid IN ({}) AND state = 1 "
    "ORDER BY unit_uid, post_id";
constexpr std::string_view kTerms =
    "SELECT unit_uid, term_id, state, due_day, expiring_day FROM term WHERE partition_id = ? AND unit_uid IN ({}) AND "
    "state <> 4 ORDER BY unit_uid, term_id";
constexpr std::string_view kUncovered =
    "SELECT unit_uid, COUNT(*) FROM workplace WHERE partition_id = ? AND unit_uid IN ({}) AND state = 1 AND "
    "covering = 0 GROUP BY unit_uid ORDER BY unit_uid";
constexpr std::string_view kKept =
    "SELECT unit_uid, rule, severity, since_day, found, required, term_id FROM alert WHERE partition_id = ? AND "
    "unit_uid IN ({}) ORDER BY unit_uid, rule";
constexpr sql::Query kPut{
    "alert_put",
    "INSERT INTO alert (partition_id, unit_uid, rule, severity, since_day, found, required, term_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (partition_id, unit_uid, rule) DO UPDATE SET since_day = "
    "excluded.since_day, found = excluded.found, required = excluded.required, term_id = excluded.term_id"};
constexpr sql::Query kDrop{"alert_drop", "DELETE FROM alert WHERE partition_id = ? AND unit_uid = ? AND rule = ?"};

absl::Status SelectOfUnits(sql::Session& session, const char* name, std::string_view text,
                           common::PartitionId partition, std::span<const common::UnitUid> units,
                           absl::FunctionRef<absl::Status(const sql::Row&)> each) {
  for (std::span<const common::UnitUid> left = units; !left.empty();) {
    const std::span<const common::UnitUid> some = left.first(std::min<size_t>(left.size(), 512));
    left = left.subspan(some.size());
    const int padded = sql::PaddedCount(static_cast<int>(some.size()));
    std::vector<Value> args = {partition.value};
    for (int i = 0; i < padded; ++i) args.emplace_back(some[std::min<size_t>(i, some.size() - 1)].value);
    const std::string query = fmt::format(fmt::runtime(text), sql::Placeholders(padded));
    RONGHE_RETURN_IF_ERROR(session.Select({name, query}, args, each));
  }
  return absl::OkStatus();
}

void AddPost(PostKind kind, int64_t seats, int64_t filled, UnitFacts& facts) {
  if (kind == PostKind::kSecretary) facts.secretaries += filled;
  if (kind == PostKind::kDeputySecretary) facts.deputy_seats += seats;
  if (kind == PostKind::kCommitteeMember) facts.has_members_posts = true;
  const bool of_committee =
      kind == PostKind::kSecretary || kind == PostKind::kDeputySecretary || kind == PostKind::kCommitteeMember;
  if (!of_committee) return;
  facts.committee_seats += seats;
  facts.committee_people += filled;
}

using FactsByUnit = absl::flat_hash_map<common::UnitUid, UnitFacts>;

// A group's members count for its branch and for the general branch above: read once, added to each.
absl::Status AddMembers(sql::Session& session, std::span<const JudgedUnit* const> units, FactsByUnit& facts) {
  struct Counts {
    int64_t members = 0;
    int64_t full = 0;
  };
  std::map<common::PartitionId, std::vector<common::UnitUid>> wanted;
  absl::flat_hash_map<common::UnitUid, Counts> counts;
  for (const JudgedUnit* unit : units) {
    for (const UnitsOfPartition& part : unit->counted) {
      for (const common::UnitUid uid : part.units) {
        if (counts.try_emplace(uid).second) wanted[part.partition].push_back(uid);
      }
    }
  }
  for (const auto& [partition, uids] : wanted) {
    RONGHE_RETURN_IF_ERROR(SelectOfUnits(session, "alert_members", kMembers, partition, uids, [&](const sql::Row& row) {
      Counts& of = counts[common::UnitUid(row.Int(0))];
      of.members += row.Int(2);
      if (static_cast<MemberStatus>(row.Int(1)) == MemberStatus::kFull) of.full += row.Int(2);
      return absl::OkStatus();
    }));
    // Whose rows lie in other partitions: persons stay where they were registered.
    std::vector<std::pair<common::UnitUid, MemberId>> others;
    RONGHE_RETURN_IF_ERROR(
        SelectOfUnits(session, "alert_from_elsewhere", kFromElsewhere, partition, uids, [&](const sql::Row& row) {
          others.emplace_back(row.Int(0), row.Int(1));
          return absl::OkStatus();
        }));
    for (const auto& other : others) {
      Counts& of = counts[other.first];
      const std::vector<Value> args = {common::PartitionOf(other.second.value).value, other.second.value};
      RONGHE_RETURN_IF_ERROR(session.Select(kStatus, args, [&](const sql::Row& row) {
        of.members += 1;
        if (static_cast<MemberStatus>(row.Int(0)) == MemberStatus::kFull) of.full += 1;
        return absl::OkStatus();
      }));
    }
  }
  for (const JudgedUnit* unit : units) {
    UnitFacts& of = facts[unit->uid];
    for (const UnitsOfPartition& part : unit->counted) {
      for (const common::UnitUid uid : part.units) {
        of.members += counts[uid].members;
        of.full_members += counts[uid].full;
      }
    }
  }
  return absl::OkStatus();
}

// What units of one partition are judged by. Units that are not there, or not active, have no facts.
absl::StatusOr<FactsByUnit> FactsOf(sql::Session& session, std::span<const JudgedUnit* const> units) {
  FactsByUnit facts;
  std::vector<common::UnitUid> uids;
  for (const JudgedUnit* unit : units) uids.push_back(unit->uid);
  RONGHE_RETURN_IF_ERROR(
      SelectOfUnits(session, "alert_units", kUnits, common::kStructurePartition, uids, [&](const sql::Row& row) {
        if (static_cast<UnitState>(row.Int(2)) != UnitState::kActive) return absl::OkStatus();
        UnitFacts& of = facts[common::UnitUid(row.Int(0))];
        of.kind = static_cast<UnitKind>(row.Int(1));
        of.state = UnitState::kActive;
        of.sector = row.Text(3);
        return absl::OkStatus();
      }));
  std::vector<const JudgedUnit*> active;
  uids.clear();
  for (const JudgedUnit* unit : units) {
    if (!facts.contains(unit->uid)) continue;
    active.push_back(unit);
    uids.push_back(unit->uid);
  }
  if (active.empty()) return facts;
  const common::PartitionId partition = active.front()->partition;
  RONGHE_RETURN_IF_ERROR(AddMembers(session, active, facts));
  RONGHE_RETURN_IF_ERROR(SelectOfUnits(session, "alert_posts", kPosts, partition, uids, [&](const sql::Row& row) {
    AddPost(static_cast<PostKind>(row.Int(1)), row.Int(2), row.Int(3), facts[common::UnitUid(row.Int(0))]);
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(SelectOfUnits(session, "alert_terms", kTerms, partition, uids, [&](const sql::Row& row) {
    facts[common::UnitUid(row.Int(0))].term =
        UnitFacts::Term{TermId(row.Int(1)), static_cast<TermState>(row.Int(2)), common::DayFromNumber(row.Int(3)),
                        common::DayFromNumber(row.Int(4))};
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(
      SelectOfUnits(session, "alert_uncovered", kUncovered, partition, uids, [&](const sql::Row& row) {
        facts[common::UnitUid(row.Int(0))].uncovered_workplaces = row.Int(1);
        return absl::OkStatus();
      }));
  return facts;
}

StoredAlert ReadAlert(const sql::Row& row) {
  return {common::UnitUid(row.Int(0)),
          static_cast<AlertRule>(row.Int(1)),
          static_cast<AlertSeverity>(row.Int(2)),
          common::DayFromNumber(row.Int(3)),
          row.Int(4),
          row.Int(5),
          TermId(row.Int(6))};
}

// What of `found` is not among `kept`; takes what is found out of `kept`.
std::vector<StoredAlert> NotKept(common::UnitUid unit, std::span<const AlertFinding> found,
                                 std::map<AlertRule, StoredAlert>& kept, absl::CivilDay today) {
  std::vector<StoredAlert> put;
  for (const AlertFinding& finding : found) {
    StoredAlert alert{
        unit,          finding.rule, SeverityOf(finding.rule), finding.since.value_or(today), finding.value,
        finding.limit, finding.term};
    if (const auto before = kept.find(finding.rule); before != kept.end()) {
      const StoredAlert was = before->second;
      kept.erase(before);
      if (!finding.since) alert.since = was.since;
      const bool same =
          was.since == alert.since && was.value == alert.value && was.limit == alert.limit && was.term == alert.term;
      if (same) continue;
    }
    put.push_back(alert);
  }
  return put;
}

std::string MaskList(uint32_t mask, int greatest) {
  std::string list = "0";
  for (int value = 1; value <= greatest; ++value) {
    if ((mask >> value & 1u) != 0) list += fmt::format(", {}", value);
  }
  return list;
}

}  // namespace

absl::StatusOr<std::vector<AlertDifference>> JudgeUnits(sql::Session& session, std::span<const JudgedUnit* const> units,
                                                        const Rules& rules, absl::CivilDay today) {
  std::vector<AlertDifference> differences;
  if (units.empty()) return differences;
  std::vector<common::UnitUid> uids;
  for (const JudgedUnit* unit : units) uids.push_back(unit->uid);
  RONGHE_ASSIGN_OR_RETURN(FactsByUnit facts, FactsOf(session, units));
  absl::flat_hash_map<common::UnitUid, std::map<AlertRule, StoredAlert>> kept;
  RONGHE_RETURN_IF_ERROR(
      SelectOfUnits(session, "alert_kept", kKept, units.front()->partition, uids, [&](const sql::Row& row) {
        const StoredAlert alert = ReadAlert(row);
        kept[alert.unit].emplace(alert.rule, alert);
        return absl::OkStatus();
      }));
  for (const JudgedUnit* unit : units) {
    const std::vector<AlertFinding> found = Judge(facts[unit->uid], rules);
    std::map<AlertRule, StoredAlert>& before = kept[unit->uid];
    AlertDifference difference{unit->uid, unit->partition, NotKept(unit->uid, found, before, today), {}};
    for (const auto& [rule, gone] : before) difference.dropped.push_back(rule);
    if (!difference.put.empty() || !difference.dropped.empty()) differences.push_back(std::move(difference));
  }
  return differences;
}

absl::Status KeepAlerts(sql::Session& session, const AlertDifference& difference) {
  const int64_t partition = difference.partition.value;
  for (const StoredAlert& alert : difference.put) {
    RONGHE_RETURN_IF_ERROR(session.Queue(
        kPut, {partition, alert.unit.value, static_cast<int64_t>(alert.rule), static_cast<int64_t>(alert.severity),
               common::DayNumber(alert.since), alert.value, alert.limit, alert.term.value}));
  }
  for (const AlertRule rule : difference.dropped) {
    RONGHE_RETURN_IF_ERROR(session.Queue(kDrop, {partition, difference.unit.value, static_cast<int64_t>(rule)}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredAlert>> SqlAlertStore::List(const UnitsOfPartition& units, const AlertFilter& filter,
                                                             const AlertPosition& after, int limit,
                                                             absl::Time deadline) {
  std::string conditions = fmt::format(" AND rule IN ({}) AND severity IN ({})", MaskList(filter.rules, kAlertRules),
                                       MaskList(filter.severities, static_cast<int>(AlertSeverity::kNotice)));
  std::vector<Value> args = {units.partition.value, after.severity, after.since, after.unit.value, after.rule};
  if (!units.units.empty()) {
    const int padded = sql::PaddedCount(static_cast<int>(units.units.size()));
    conditions += fmt::format(" AND unit_uid IN ({})", sql::Placeholders(padded));
    for (int i = 0; i < padded; ++i) {
      args.emplace_back(units.units[std::min<size_t>(i, units.units.size() - 1)].value);
    }
  }
  args.emplace_back(int64_t{limit});
  const std::string text = fmt::format(
      "SELECT unit_uid, rule, severity, since_day, found, required, term_id FROM alert WHERE partition_id = ? AND "
      "(severity, since_day, unit_uid, rule) > (?, ?, ?, ?){} ORDER BY severity, since_day, unit_uid, rule LIMIT ?",
      conditions);
  std::vector<StoredAlert> alerts;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) {
    return session.Select({"alert_list", text}, args, [&](const sql::Row& row) {
      alerts.push_back(ReadAlert(row));
      return absl::OkStatus();
    });
  }));
  return alerts;
}

}  // namespace ronghe::organization
