#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/organization/app/structure_change.h"
#include "services/organization/app/structure_checks.h"

namespace ronghe::organization {
namespace {

using common::Blocker;

void Append(std::vector<Blocker>& to, std::vector<Blocker> from) {
  for (Blocker& blocker : from) to.push_back(std::move(blocker));
}

Blocker BeforeLatestChange(const Unit& unit) {
  const absl::CivilDay from = unit.from();
  return {"BEFORE_LATEST_CHANGE",
          unit.name(),
          {fmt::format("the day lies before its latest change, {}-{:02}-{:02}", from.year(), from.month(), from.day()),
           fmt::format("生效日期早于其最近一次变更（{}-{:02}-{:02}）", from.year(), from.month(), from.day())}};
}

void CheckDay(const Unit& unit, absl::CivilDay day, std::vector<Blocker>& blockers) {
  if (day < unit.from()) blockers.push_back(BeforeLatestChange(unit));
}

// What stands in the way as blockers of a list; an error of any other kind is returned.
absl::Status Collect(const absl::Status& status, const std::string& subject, std::vector<Blocker>& blockers) {
  if (status.ok()) return status;
  switch (status.code()) {
    case absl::StatusCode::kFailedPrecondition: {
      std::vector<Blocker> named = common::BlockersOf(status);
      if (named.empty()) named.push_back({common::ReasonOf(status), subject, common::TextOf(status)});
      Append(blockers, std::move(named));
      return absl::OkStatus();
    }
    case absl::StatusCode::kInvalidArgument:
      for (const common::Violation& violation : common::ViolationsOf(status)) {
        blockers.push_back({violation.reason,
                            subject,
                            {fmt::format("{}: {}", violation.field, violation.text.en),
                             fmt::format("{}：{}", violation.field, violation.text.zh)}});
      }
      return absl::OkStatus();
    case absl::StatusCode::kNotFound:
      blockers.push_back({"NOT_FOUND", common::ResourceOf(status), {"does not exist", "不存在"}});
      return absl::OkStatus();
    case absl::StatusCode::kAlreadyExists:
      if (common::ReasonOf(status) != "DUPLICATE_CODE") return status;
      blockers.push_back({"DUPLICATE_CODE", common::ResourceOf(status), common::TextOf(status)});
      return absl::OkStatus();
    default:
      return status;
  }
}

std::string SubjectOf(const Step& step) {
  struct Name {
    std::string operator()(const EstablishStep& s) { return "units/" + s.fields.code; }
    std::string operator()(const MergeStep& s) { return s.successor; }
    std::string operator()(const UpdateStep& s) { return s.unit; }
    std::string operator()(const MoveStep& s) { return s.unit; }
    std::string operator()(const SplitStep& s) { return s.unit; }
    std::string operator()(const DissolveStep& s) { return s.unit; }
    std::string operator()(const RestoreStep& s) { return s.unit; }
  };
  return std::visit(Name(), step);
}

}  // namespace

absl::StatusOr<std::optional<Unit>> StructureChange::Take(const std::string& name, std::string_view field,
                                                          std::vector<Blocker>& blockers) {
  absl::StatusOr<Unit> unit = FindLiving(name, field);
  if (!unit.ok()) {
    RONGHE_RETURN_IF_ERROR(Collect(unit.status(), name, blockers));
    return std::optional<Unit>();
  }
  if (!unit->lives()) {
    blockers.push_back({"UNIT_DISSOLVED", name, {"the unit is dissolved", "该组织已撤销"}});
    return std::optional<Unit>();
  }
  return std::optional<Unit>(*std::move(unit));
}

absl::StatusOr<std::vector<Unit>> StructureChange::ChildrenOf(const Unit& unit, std::vector<Blocker>& blockers) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> versions, txn_.ActiveChildrenFrom(unit.uid(), day_));
  std::vector<common::UnitUid> uids;
  for (const Unit& version : versions) uids.push_back(version.uid());
  std::sort(uids.begin(), uids.end());
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> units, txn_.FindMany(uids));
  std::vector<Unit> children;
  for (Unit& child : units) {
    if (child.lives() && child.parent().uid == unit.uid()) {
      children.push_back(std::move(child));
    } else {
      // It left later than on the day.
      blockers.push_back(BeforeLatestChange(child));
    }
  }
  std::sort(children.begin(), children.end(), [](const Unit& a, const Unit& b) { return a.code() < b.code(); });
  return children;
}

absl::Status StructureChange::CheckChild(const Unit& child, const Unit& parent, std::vector<Blocker>& blockers) {
  CheckDay(child, day_, blockers);
  RONGHE_ASSIGN_OR_RETURN(int height, txn_.Height(child.uid()));
  RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> placement,
                          PlacementBlockers(txn_, rules_, child.ref(), child.standing(), parent, height, day_));
  for (Blocker& blocker : placement) {
    // All children meet the same new parent: the list names them.
    if (blocker.reason == "LEVEL_ORDER" || blocker.reason == "KIND_UNDER_KIND") blocker.subject = child.name();
    const bool known = std::any_of(blockers.begin(), blockers.end(), [&](const Blocker& other) {
      return other.reason == blocker.reason && other.subject == blocker.subject;
    });
    if (!known) blockers.push_back(std::move(blocker));
  }
  return absl::OkStatus();
}

absl::Status StructureChange::HandOver(const Unit& from, const Unit& to, std::optional<std::vector<std::string>> only,
                                       std::vector<Blocker>& blockers) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<HandedOver> moved,
                          txn_.HandOver({from, to, day_, authority_.actor, std::move(only)}, blockers));
  for (const HandedOver& some : moved) Tell(some.kind, from.ref(), to.ref(), some.count);
  return absl::OkStatus();
}

absl::Status StructureChange::PutUnder(const Unit& child, const Unit& parent) {
  RONGHE_ASSIGN_OR_RETURN(Unit next, child.MovedTo(parent.ref(), day_));
  RONGHE_RETURN_IF_ERROR(txn_.Change(child, next).status());
  Tell(EffectKind::kMoved, child.ref(), parent.ref());
  return absl::OkStatus();
}

absl::Status StructureChange::CheckMerge(const Unit& source, const Unit& successor, std::vector<Unit>& children,
                                         std::vector<Blocker>& blockers) {
  Append(blockers, MergeBlockers(source, successor));
  CheckDay(source, day_, blockers);
  RONGHE_ASSIGN_OR_RETURN(children, ChildrenOf(source, blockers));
  for (const Unit& child : children) RONGHE_RETURN_IF_ERROR(CheckChild(child, successor, blockers));
  return absl::OkStatus();
}

absl::Status StructureChange::Merge(const MergeStep& step) {
  std::vector<Blocker> blockers;
  RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> successor, Take(step.successor, "successor", blockers));
  if (successor && !successor->active()) {
    blockers.push_back({"UNIT_CLOSING", successor->name(), {"the unit is closing", "该组织正在撤销"}});
  }
  if (successor && day_ < successor->first()) {
    blockers.push_back(
        {"BEFORE_PARENT", successor->name(), {"the day lies before its first day", "生效日期早于承接组织的起始日期"}});
  }
  for (const std::string& name : step.sources) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> source, Take(name, "sources", blockers));
    if (!source || !successor) continue;
    const size_t before = blockers.size();
    std::vector<Unit> children;
    RONGHE_RETURN_IF_ERROR(CheckMerge(*source, *successor, children, blockers));
    RONGHE_RETURN_IF_ERROR(HandOver(*source, *successor, std::nullopt, blockers));
    if (blockers.size() > before) continue;
    for (const Unit& child : children) RONGHE_RETURN_IF_ERROR(PutUnder(child, *successor));
    RONGHE_ASSIGN_OR_RETURN(Unit ended, source->SucceededBy({successor->ref()}, day_));
    RONGHE_RETURN_IF_ERROR(txn_.Change(*source, ended).status());
    Tell(EffectKind::kSucceeded, source->ref(), successor->ref());
  }
  return RefuseIf(std::move(blockers));
}

absl::StatusOr<std::optional<Unit>> StructureChange::PartOf(const SplitPart& part, const Unit& source,
                                                            std::vector<Blocker>& blockers) {
  std::optional<Unit> unit;
  if (part.establish) {
    EstablishStep step = *part.establish;
    if (IsRootParent(step.parent) && !source.is_root()) step.parent = "units/" + source.parent().code;
    absl::StatusOr<Unit> made = Establish(step);
    if (!made.ok()) {
      RONGHE_RETURN_IF_ERROR(Collect(made.status(), "units/" + step.fields.code, blockers));
      return unit;
    }
    unit = *std::move(made);
  } else {
    RONGHE_ASSIGN_OR_RETURN(unit, Take(part.unit, "parts.name", blockers));
    if (!unit) return unit;
  }
  for (Blocker& blocker : MergeBlockers(source, *unit)) {
    blocker.subject = unit->name();
    blockers.push_back(std::move(blocker));
  }
  return unit;
}

absl::Status StructureChange::Allot(const SplitPart& part, const Unit& to, const Unit& source,
                                    std::vector<Blocker>& blockers) {
  for (const std::string& name : part.units) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> child, Take(name, "parts.units", blockers));
    if (!child) continue;
    const size_t before = blockers.size();
    if (child->parent().uid != source.uid()) {
      blockers.push_back({"NOT_BELOW_UNIT",
                          name,
                          {"does not stand directly under the unit that is split", "不是被分设组织的直接下级"}});
    }
    RONGHE_RETURN_IF_ERROR(CheckChild(*child, to, blockers));
    if (blockers.size() == before) RONGHE_RETURN_IF_ERROR(PutUnder(*child, to));
  }
  std::vector<std::string> records = part.members;
  records.insert(records.end(), part.workplaces.begin(), part.workplaces.end());
  records.insert(records.end(), part.duties.begin(), part.duties.end());
  if (records.empty()) return absl::OkStatus();
  return HandOver(source, to, std::move(records), blockers);
}

absl::Status StructureChange::EndSplit(const Unit& source, std::vector<UnitRef> successors,
                                       std::vector<Blocker>& blockers) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> left, ChildrenOf(source, blockers));
  for (const Unit& child : left) {
    blockers.push_back({"NOT_ALLOTTED", child.name(), {"no part gets it", "未分配到任何部分"}});
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> occupants, txn_.Occupants({&source, 1}));
  for (Blocker& occupant : occupants) {
    occupant.reason = "NOT_ALLOTTED";
    blockers.push_back(std::move(occupant));
  }
  if (!blockers.empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(Unit ended, source.SucceededBy(successors, day_));
  RONGHE_RETURN_IF_ERROR(txn_.Change(source, ended).status());
  for (const UnitRef& successor : successors) Tell(EffectKind::kSucceeded, source.ref(), successor);
  return absl::OkStatus();
}

absl::Status StructureChange::Split(const SplitStep& step) {
  std::vector<Blocker> blockers;
  RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> source, Take(step.unit, "name", blockers));
  if (!source) return RefuseIf(std::move(blockers));
  CheckDay(*source, day_, blockers);
  std::vector<UnitRef> successors;
  for (const SplitPart& part : step.parts) {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> to, PartOf(part, *source, blockers));
    if (!to) continue;
    successors.push_back(to->ref());
    RONGHE_RETURN_IF_ERROR(Allot(part, *to, *source, blockers));
  }
  if (!step.continues) RONGHE_RETURN_IF_ERROR(EndSplit(*source, std::move(successors), blockers));
  return RefuseIf(std::move(blockers));
}

absl::Status StructureChange::Restore(const RestoreStep& step) {
  RONGHE_ASSIGN_OR_RETURN(Unit unit, Find(step.unit, "name"));
  std::vector<Blocker> blockers;
  CheckDay(unit, day_, blockers);
  RONGHE_RETURN_IF_ERROR(unit.Restored(unit.parent(), day_).status());
  UnitRef parent_ref;
  const std::string parent_name = !step.parent.empty() ? step.parent
                                  : unit.is_root()     ? std::string()
                                                       : "units/" + unit.parent().code;
  if (parent_name.empty()) {
    Append(blockers, RootBlockers(rules_, unit.ref(), unit.standing()));
  } else {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> parent, Take(parent_name, "parent", blockers));
    if (!parent) return RefuseIf(std::move(blockers));
    RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> placement,
                            PlacementBlockers(txn_, rules_, unit.ref(), unit.standing(), *parent, 1, day_));
    Append(blockers, std::move(placement));
    parent_ref = parent->ref();
  }
  RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit.Restored(parent_ref, day_));
  RONGHE_RETURN_IF_ERROR(txn_.Change(unit, next).status());
  Tell(EffectKind::kRestored, unit.ref(), parent_ref);
  return absl::OkStatus();
}

absl::Status StructureChange::Apply(const Step& step) {
  struct Visitor {
    StructureChange& change;
    absl::Status operator()(const EstablishStep& s) { return change.Establish(s).status(); }
    absl::Status operator()(const UpdateStep& s) { return change.Update(s).status(); }
    absl::Status operator()(const MoveStep& s) { return change.Move(s).status(); }
    absl::Status operator()(const DissolveStep& s) { return change.Dissolve(s).status(); }
    absl::Status operator()(const MergeStep& s) { return change.Merge(s); }
    absl::Status operator()(const SplitStep& s) { return change.Split(s); }
    absl::Status operator()(const RestoreStep& s) { return change.Restore(s); }
  };
  return std::visit(Visitor{*this}, step);
}

absl::StatusOr<ReorganizationOutcome> StructureChange::Run(const std::vector<Step>& steps) {
  std::vector<common::PartitionId> partitions;
  for (const Step& step : steps) {
    for (const std::string& name : UnitsNamedBy(step)) {
      absl::StatusOr<Unit> unit = Find(name, "name");
      if (unit.ok()) partitions.push_back(unit->partition());
      // It may be established by an earlier step.
      if (!unit.ok() && !absl::IsNotFound(unit.status())) return unit.status();
    }
  }
  RONGHE_RETURN_IF_ERROR(txn_.Hold(std::move(partitions)));
  ReorganizationOutcome outcome;
  for (size_t i = 0; i < steps.size(); ++i) {
    step_ = static_cast<int>(i);
    std::vector<Blocker> blockers;
    const size_t effects = effects_.size();
    // What a refused step has done already must not stand in the way of the others.
    const absl::Status applied = txn_.Attempt([&] { return Apply(steps[i]); });
    RONGHE_RETURN_IF_ERROR(Collect(applied, SubjectOf(steps[i]), blockers));
    if (!applied.ok()) effects_.resize(effects);
    for (Blocker& blocker : blockers) outcome.blockers.push_back({step_, std::move(blocker)});
  }
  outcome.effects = std::move(effects_);
  return outcome;
}

}  // namespace ronghe::organization
