// Rounds of self-checks: handing a checklist down, what the clock does, and how far units have come.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/rectification/app/check_app.h"

namespace ronghe::rectification {
namespace {

std::vector<common::PartitionId> PartitionsOf(const std::vector<common::UnitUid>& units,
                                              const common::Units& directory) {
  std::set<common::PartitionId> partitions;
  for (const common::UnitUid uid : units) {
    if (const std::optional<common::UnitView> unit = directory.Find(uid)) partitions.insert(unit->partition);
  }
  return {partitions.begin(), partitions.end()};
}

}  // namespace

absl::StatusOr<CheckRound> CheckApp::Checked(const NewRound& fields, const StoredChecklist& checklist,
                                             common::Violations violations) const {
  CheckRound round;
  round.checklist = checklist.id;
  round.version = checklist.version;
  round.unit = parts_.units.AnswersFor(checklist.checklist.unit);
  if (!fields.due) {
    violations.Add("round.due_date", "REQUIRED", {"is required", "必填"});
  } else if (*fields.due < parts_.calendar.Today()) {
    violations.Add("round.due_date", "IN_PAST", {"must not be in the past", "不能早于今天"});
  } else {
    round.due = *fields.due;
  }
  std::vector<common::Blocker> blockers;
  std::set<common::UnitUid> seen;
  for (size_t i = 0; i < fields.units.size() && i <= kMaxRoundUnits; ++i) {
    const std::string at = fmt::format("round.units[{}]", i);
    const std::optional<std::string> code = common::CodeIn(fields.units[i]);
    const std::optional<common::UnitView> unit = code ? parts_.units.FindByCode(*code) : std::nullopt;
    if (!code) {
      violations.Add(at, "BAD_NAME", common::kUnitForm);
    } else if (!unit || !parts_.units.IsWithin(unit->uid, round.unit)) {
      violations.Add(at, "NOT_BELOW", {"must be in or below the issuing unit", "应为制定单位或其下级组织"});
    } else if (!IsFor(checklist.checklist, *unit)) {
      violations.Add(at, "OTHER_KIND", {"the checklist is not for units of this kind", "清单不适用于该类组织"});
    } else if (!seen.insert(unit->uid).second) {
      violations.Add(at, "DUPLICATE", {"is there twice", "单位重复"});
    } else {
      round.units.push_back(unit->uid);
      for (common::Blocker& one : common::BlockersOf(common::RefuseUnit(*unit, parts_.units))) {
        blockers.push_back(std::move(one));
      }
    }
  }
  for (const common::UnitView& unit :
       fields.units.empty() ? parts_.units.SubtreeOf(round.unit) : std::vector<common::UnitView>()) {
    if (unit.state == common::UnitState::kActive && IsFor(checklist.checklist, unit)) round.units.push_back(unit.uid);
  }
  if (round.units.empty() && violations.empty()) {
    violations.Add("round.units", "REQUIRED", {"there is no unit for it", "没有适用的组织"});
  }
  if (std::max(round.units.size(), fields.units.size()) > kMaxRoundUnits) {
    violations.Add("round.units", "TOO_MANY", {"are more than 5,000", "超过 5000 个"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (blockers.empty()) return round;
  const std::string reason = blockers.front().reason;
  return common::FailedPrecondition(
      reason, {"some of the units take nothing new; all are listed", "部分单位不再受理新的登记，已全部列出"},
      std::move(blockers));
}

absl::StatusOr<RoundView> CheckApp::Issue(const common::Call& call, const NewRound& fields,
                                          const common::WriteOptions& options) {
  RONGHE_ASSIGN_OR_RETURN(const StoredChecklist checklist, Get(call, fields.checklist, 0));
  RONGHE_ASSIGN_OR_RETURN(const CheckRound round, Checked(fields, checklist, common::StartWith(options)));
  const std::optional<common::UnitView> unit = parts_.units.Find(round.unit);
  if (!unit) return common::Internal("a unit has gone from the directory");
  const std::vector<common::PartitionId> partitions = PartitionsOf(round.units, parts_.units);
  const auto change = [&](CheckTxn& txn, std::string& remember) -> absl::StatusOr<StoredRound> {
    RONGHE_ASSIGN_OR_RETURN(StoredRound stored, txn.InsertRound(round, partitions));
    remember = NameOf(stored.id);
    return stored;
  };
  const auto again = [](CheckTxn& txn, const std::string& name) -> absl::StatusOr<StoredRound> {
    RONGHE_ASSIGN_OR_RETURN(std::optional<StoredRound> found,
                            txn.FindRound(CheckRoundId(common::IdFromName(name, "checkRounds"))));
    if (!found) return common::NotFound(name);
    return *std::move(found);
  };
  RONGHE_ASSIGN_OR_RETURN(StoredRound stored, Run<StoredRound>(unit->partition, call, options, change, again));
  RoundView view{std::move(stored), {}};
  view.counts.expected = static_cast<int>(view.stored.round.units.size());
  return view;
}

absl::StatusOr<RoundView> CheckApp::GetRound(const common::Call& call, const std::string& name) {
  const CheckRoundId id(common::IdFromName(name, "checkRounds"));
  if (!id) return common::BadName(name, "name", "checkRounds");
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredRound> found, parts_.store.FindRound(id, call.deadline));
  if (!found || !parts_.units.Covers(call.scope, parts_.units.AnswersFor(found->round.unit))) {
    return common::NotFound(name);
  }
  RoundView view{*std::move(found), {}};
  RONGHE_ASSIGN_OR_RETURN(const auto counts, parts_.store.Count(PartitionsOf(view.stored.round.units, parts_.units),
                                                                view.stored.id, call.deadline));
  for (const auto& [unit, count] : counts) view.counts.Add(count);
  // Also those that are still being made.
  view.counts.expected = static_cast<int>(view.stored.round.units.size());
  return view;
}

absl::StatusOr<std::vector<UnitProgress>> CheckApp::Progress(const common::Call& call, const std::string& parent,
                                                             const std::string& round) {
  common::Violations violations;
  const CheckRoundId id(common::ReadOptionalId(round, "checkRounds", "round", violations));
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView unit,
                          common::VisibleUnit(parts_.units, call, parent, "parent", std::move(violations)));
  std::vector<common::UnitUid> all;
  for (const common::UnitView& one : UnitsOf(parts_.units, unit, true)) all.push_back(one.uid);
  RONGHE_ASSIGN_OR_RETURN(const auto counts, parts_.store.Count(PartitionsOf(all, parts_.units), id, call.deadline));
  std::vector<UnitProgress> progress = {{unit.uid, {}}};
  std::map<std::string, UnitProgress> below;  // by code
  for (const auto& [uid, count] : counts) {
    const common::UnitUid now = parts_.units.AnswersFor(uid);
    if (!parts_.units.IsWithin(now, unit.uid)) continue;
    progress.front().counts.Add(count);
    const std::vector<common::UnitView> path = parts_.units.AncestorsOf(now);
    for (size_t i = 0; i + 1 < path.size(); ++i) {
      if (path[i + 1].uid != unit.uid) continue;
      UnitProgress& child = below[path[i].code];
      child.unit = path[i].uid;
      child.counts.Add(count);
    }
  }
  for (auto& [code, child] : below) progress.push_back(child);
  return progress;
}

absl::Status CheckApp::Open(CheckTxn& txn, CheckRoundId id) const {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredRound> stored, txn.FindRound(id));
  if (!stored) return common::Internal("a timer names a round that is not there");
  for (const common::UnitUid uid : stored->round.units) {
    const std::optional<common::UnitView> unit = parts_.units.Find(uid);
    if (!unit || unit->partition != txn.problems().partition()) continue;
    SelfCheck check;
    check.checklist = stored->round.checklist;
    check.version = stored->round.version;
    check.unit = uid;
    check.due = stored->round.due;
    RONGHE_RETURN_IF_ERROR(txn.InsertCheck(id, check, DeadlineOf(check.due, parts_.calendar.zone())));
  }
  return absl::OkStatus();
}

absl::Status CheckApp::Due(CheckTxn& txn, SelfCheckId id, absl::Time due) const {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredCheck> before, txn.FindCheck(id));
  if (!before || !Decide(before->check, SelfCheckEvent::kPassDeadline, NameOf(id)).ok()) return absl::OkStatus();
  // The server's clock may be ahead of this process'.
  if (std::max(txn.problems().now(), due) < DeadlineOf(before->check.due, parts_.calendar.zone())) {
    return absl::OkStatus();
  }
  SelfCheck check = before->check;
  check.overdue = true;
  return txn.ReplaceCheck(*before, check, absl::InfiniteFuture()).status();
}

}  // namespace ronghe::rectification
