#include <algorithm>
#include <optional>

#include "services/common/values/resource_name.h"
#include "services/common/values/status.h"
#include "services/organization/storage/sql_integrity.h"
#include "services/organization/storage/unit_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;
using common::UnitUid;

// As known now, oldest first.
constexpr sql::Query kVersions{"integrity_versions",
                               "SELECT uid, from_day, until_day, parent_uid, level, kind, state FROM unit_version "
                               "WHERE partition_id = 0 AND superseded_us = ? ORDER BY uid, from_day"};
constexpr sql::Query kSuccessors{"integrity_successors",
                                 "SELECT uid, successor_uid FROM unit_successor WHERE partition_id = 0 AND "
                                 "ended_us = ? ORDER BY uid, since_us, position"};

constexpr sql::Query kDivisions{"integrity_divisions",
                                "SELECT code, division_code FROM unit WHERE partition_id = 0 AND state <> ? AND "
                                "division_code <> '' ORDER BY code"};

// In the order of their codes, so that two checks of the same register read alike.
std::vector<UnitUid> ByCode(const CheckedUnits& units) {
  std::vector<UnitUid> order;
  order.reserve(units.size());
  for (const auto& [uid, unit] : units) order.push_back(uid);
  std::sort(order.begin(), order.end(), [&](UnitUid a, UnitUid b) { return units.at(a).code < units.at(b).code; });
  return order;
}

// How many units stand above one and with it, counted only as far as matters; nullopt: it stands below itself.
std::optional<int> DepthOf(const CheckedUnits& units, UnitUid start) {
  int depth = 1;
  UnitUid at = units.at(start).parent;
  for (size_t steps = 0; at && steps <= units.size(); ++steps, ++depth) {
    if (at == start) return std::nullopt;
    const auto found = units.find(at);
    if (found == units.end()) break;
    at = found->second.parent;
    if (depth > 2 * kMaxDepth) {
      // Longer than any tree may be: perhaps the way leads into a cycle that this unit is no part of.
      std::vector<UnitUid> seen;
      for (UnitUid next = at; next && units.contains(next); next = units.at(next).parent) {
        if (next == start) return std::nullopt;
        if (std::find(seen.begin(), seen.end(), next) != seen.end()) break;
        seen.push_back(next);
      }
      break;
    }
  }
  return depth;
}

void CheckPlace(const CheckedUnits& units, UnitUid uid, const Rules& rules, IntegrityReport& report) {
  const CheckedUnit& unit = units.at(uid);
  const std::string name = "units/" + unit.code;
  report.AddExamined(IntegrityCheck::kUnitOrphaned);
  report.AddExamined(IntegrityCheck::kUnitCycle);
  const auto parent = units.find(unit.parent);
  const bool ended = unit.state == UnitState::kDissolved;
  if (unit.parent && (parent == units.end() || (!ended && !Exists(units, unit.parent)))) {
    report.AddFinding(IntegrityCheck::kUnitOrphaned, name, UnitNames(units, unit.parent));
  }
  const std::optional<int> depth = DepthOf(units, uid);
  if (!depth) report.AddFinding(IntegrityCheck::kUnitCycle, name, UnitNames(units, unit.parent));
  if (ended) return;
  report.AddExamined(IntegrityCheck::kUnitPlacement);
  const Standing standing{unit.level, unit.kind};
  std::optional<Standing> above;
  if (parent != units.end()) above = Standing{parent->second.level, parent->second.kind};
  const bool fits = !unit.parent || above ? rules.structure.placements.Check(standing, above).empty() : true;
  if (!fits || !rules.structure.placements.KindFitsLevel(standing) || (depth && *depth > kMaxDepth)) {
    report.AddFinding(IntegrityCheck::kUnitPlacement, name, UnitNames(units, unit.parent));
  }
}

// One unit's versions, as they come.
struct History {
  UnitUid uid;
  int64_t until = 0;
  bool sound = true;
  CheckedUnit last;
};

void EndHistory(const CheckedUnits& units, const History& history, IntegrityReport& report) {
  const auto found = units.find(history.uid);
  if (found == units.end()) return;
  const CheckedUnit& unit = found->second;
  const CheckedUnit& last = history.last;
  const bool same = last.parent == unit.parent && last.level == unit.level && last.kind == unit.kind &&
                    last.state == unit.state && last.from_day == unit.from_day;
  if (history.sound && history.until == kForever && same) return;
  report.AddFinding(IntegrityCheck::kUnitHistory, "units/" + unit.code);
}

absl::Status CheckHistories(sql::Session& session, const CheckedUnits& units, std::span<const UnitUid> order,
                            IntegrityReport& report) {
  absl::flat_hash_map<UnitUid, History> histories;
  RONGHE_RETURN_IF_ERROR(session.Select(kVersions, {kForever}, [&](const sql::Row& row) {
    const UnitUid uid(row.Int(0));
    const auto [found, first] = histories.try_emplace(uid);
    History& history = found->second;
    history.uid = uid;
    if (!first && history.until != row.Int(1)) history.sound = false;
    if (row.Int(1) >= row.Int(2)) history.sound = false;
    history.until = row.Int(2);
    history.last.from_day = row.Int(1);
    history.last.parent = UnitUid(row.Int(3));
    history.last.level = static_cast<Level>(row.Int(4));
    history.last.kind = static_cast<UnitKind>(row.Int(5));
    history.last.state = static_cast<UnitState>(row.Int(6));
    return absl::OkStatus();
  }));
  for (const UnitUid uid : order) {
    report.AddExamined(IntegrityCheck::kUnitHistory);
    History& history = histories[uid];
    history.uid = uid;
    EndHistory(units, history, report);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUnits(sql::Session& session, const CheckedUnits& units, const Rules& rules, IntegrityReport& report) {
  const std::vector<UnitUid> order = ByCode(units);
  for (const UnitUid uid : order) CheckPlace(units, uid, rules, report);
  RONGHE_RETURN_IF_ERROR(CheckHistories(session, units, order, report));
  return session.Select(kSuccessors, {kForever}, [&](const sql::Row& row) {
    report.AddExamined(IntegrityCheck::kUnitSuccessor);
    const UnitUid unit(row.Int(0));
    const UnitUid successor(row.Int(1));
    if (!units.contains(successor) || !units.contains(unit) || Exists(units, unit) || unit == successor) {
      const std::vector<std::string> name = UnitNames(units, unit);
      report.AddFinding(IntegrityCheck::kUnitSuccessor, name.empty() ? std::string(common::kAllUnits) : name.front(),
                        UnitNames(units, successor));
    }
    return absl::OkStatus();
  });
}

absl::Status CheckDivisions(sql::Session& session, const DivisionMap& divisions, absl::CivilDay today,
                            IntegrityReport& report) {
  constexpr auto kCheck = IntegrityCheck::kDivisionEnded;
  return session.Select(kDivisions, {static_cast<int64_t>(UnitState::kDissolved)}, [&](const sql::Row& row) {
    report.AddExamined(kCheck);
    const std::string code(row.Text(1));
    const DivisionMap::Trace trace = divisions.Resolve(code, std::nullopt, today);
    if (std::find(trace.codes.begin(), trace.codes.end(), code) == trace.codes.end()) {
      report.AddFinding(kCheck, "units/" + std::string(row.Text(0)), trace.codes);
    }
    return absl::OkStatus();
  });
}

}  // namespace ronghe::organization
