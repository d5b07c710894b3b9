#include "services/organization/app/structure_change.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/organization/app/structure_checks.h"
#include "services/organization/app/write_options.h"

namespace ronghe::organization {
namespace {

using common::Blocker;

// Blockers that an error can name; a unit with more has work enough.
constexpr int kMaxListed = 500;

// Without a mask a caller may send the whole unit back; what cannot be changed must then be as it is.
void CheckUnchanged(const Unit& unit, const UnitChanges& changes, common::Violations& violations) {
  const UnitFields& fields = changes.fields;
  if (!fields.code.empty() && fields.code != unit.code()) {
    violations.Add("unit.code", "IMMUTABLE", {"cannot be changed", "不可修改"});
  }
  if (fields.level != Level::kUnspecified && fields.level != unit.level()) {
    violations.Add("unit.level", "IMMUTABLE", {"cannot be changed", "不可修改"});
  }
  if (!changes.parent.empty() && changes.parent != "units/" + unit.parent().code) {
    violations.Add("unit.parent", "USE_MOVE", {"is changed by MoveUnit", "上级组织须通过划转变更"});
  }
}

UnitFields Merged(const Unit& unit, const UnitChanges& changes) {
  UnitFields merged = unit.fields();
  const UnitFields& sent = changes.fields;
  auto wants = [&](std::string_view path, bool is_set) {
    if (changes.mask.empty()) return is_set;
    return std::any_of(changes.mask.begin(), changes.mask.end(),
                       [&](const std::string& wanted) { return wanted == "*" || wanted == path; });
  };
  if (wants("title", !sent.title.empty())) merged.title = sent.title;
  if (wants("short_title", !sent.short_title.empty())) merged.short_title = sent.short_title;
  if (wants("kind", sent.kind != UnitKind::kUnspecified)) merged.kind = sent.kind;
  if (wants("division_code", !sent.division_code.empty())) merged.division_code = sent.division_code;
  if (wants("sector", !sent.sector.empty())) merged.sector = sent.sector;
  if (wants("established_date", sent.established.has_value())) merged.established = sent.established;
  return merged;
}

bool SameFields(const UnitFields& a, const UnitFields& b) {
  return a.code == b.code && a.title == b.title && a.short_title == b.short_title && a.level == b.level &&
         a.kind == b.kind && a.division_code == b.division_code && a.sector == b.sector &&
         a.established == b.established;
}

// Everything that forbids `unit` to become another kind: what stands above it and what stands below it.
absl::StatusOr<std::vector<Blocker>> KindBlockers(UnitReader& reader, const Rules& rules, const Unit& unit,
                                                  Standing standing, absl::CivilDay day) {
  if (!rules.structure.placements.KindFitsLevel(standing)) return std::vector<Blocker>{};  // said by the field rules
  std::vector<Blocker> blockers;
  if (unit.is_root()) {
    blockers = RootBlockers(rules, unit.ref(), standing);
  } else {
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> parent, reader.Find(unit.parent().uid));
    if (parent) {
      RONGHE_ASSIGN_OR_RETURN(blockers, PlacementBlockers(reader, rules, unit.ref(), standing, *parent, 1, day));
    }
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> children, reader.ActiveChildrenFrom(unit.uid(), day));
  for (const Unit& child : children) {
    if (rules.structure.placements.Check(child.standing(), standing).empty()) continue;
    common::Text kind = KindText(child.kind());
    common::Text above = KindText(standing.kind);
    blockers.push_back({"KIND_UNDER_KIND",
                        child.name(),
                        {fmt::format("a {} stands below and cannot stand under a {}", kind.en, above.en),
                         fmt::format("下级中的{}不能隶属于{}", kind.zh, above.zh)}});
  }
  return blockers;
}

}  // namespace

absl::StatusOr<std::vector<Unit>> LivingSuccessors(UnitReader& reader, const Unit& unit) {
  std::vector<Unit> living;
  absl::flat_hash_set<common::UnitUid> seen{unit.uid()};
  std::vector<UnitRef> next(unit.successors().rbegin(), unit.successors().rend());
  // In the order of the successors, each line followed to its end.
  while (!next.empty()) {
    const UnitRef ref = std::move(next.back());
    next.pop_back();
    if (!seen.insert(ref.uid).second) continue;
    RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> found, reader.Find(ref.uid));
    if (!found) continue;
    if (found->lives()) {
      living.push_back(*std::move(found));
    } else {
      next.insert(next.end(), found->successors().rbegin(), found->successors().rend());
    }
  }
  return living;
}

absl::Status RefuseIfSucceeded(UnitReader& reader, const Unit& unit) {
  if (unit.lives() || unit.successors().empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> living, LivingSuccessors(reader, unit));
  std::vector<Blocker> blockers;
  for (const Unit& successor : living) {
    blockers.push_back({"UNIT_SUCCEEDED",
                        successor.name(),
                        {fmt::format("took the place of {}", unit.name()), fmt::format("已承接 {}", unit.name())}});
  }
  return common::FailedPrecondition("UNIT_SUCCEEDED",
                                    {fmt::format("{} was merged or split up; its successors are listed", unit.name()),
                                     fmt::format("{} 已合并或分设，承接组织见列表", unit.name())},
                                    std::move(blockers));
}

absl::StatusOr<Unit> StructureChange::Find(const std::string& name, std::string_view field) {
  RONGHE_ASSIGN_OR_RETURN(std::string code, CodeFromName(name, field));
  RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> unit, txn_.FindByCode(code));
  if (!unit) return common::NotFound(name);
  if (authority_.covers && !made_.contains(unit->uid()) && !authority_.covers(unit->uid())) {
    return common::NotFound(name);
  }
  return *std::move(unit);
}

absl::StatusOr<Unit> StructureChange::FindLiving(const std::string& name, std::string_view field) {
  RONGHE_ASSIGN_OR_RETURN(Unit unit, Find(name, field));
  RONGHE_RETURN_IF_ERROR(RefuseIfSucceeded(txn_, unit));
  return unit;
}

absl::StatusOr<Unit> StructureChange::Establish(const EstablishStep& step) {
  const UnitFields& fields = step.fields;
  Standing standing{fields.level, fields.kind};
  UnitRef self{{}, fields.code};
  std::optional<Unit> parent;
  std::vector<Blocker> blockers;
  if (IsRootParent(step.parent)) {
    if (!authority_.roots) {
      return common::PermissionDenied("NEEDS_ALL_UNITS", {"a unit at the root needs the permission on everything",
                                                          "设立根组织需要对全部组织的权限"});
    }
    blockers = RootBlockers(rules_, self, standing);
  } else {
    RONGHE_ASSIGN_OR_RETURN(parent, FindLiving(step.parent, "unit.parent"));
    if (day_ < parent->first()) {
      return common::InvalidArgument("effective_date", "BEFORE_PARENT",
                                     {"lies before the first day of the parent", "早于上级组织的起始日期"});
    }
    RONGHE_ASSIGN_OR_RETURN(blockers, PlacementBlockers(txn_, rules_, self, standing, *parent, 1, day_));
  }
  RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> same, txn_.FindByCode(fields.code));
  common::Text taken{"the code is in use", "该组织代码已被使用"};
  if (same && blockers.empty()) return common::AlreadyExists("DUPLICATE_CODE", same->name(), taken);
  if (same) blockers.push_back({"DUPLICATE_CODE", same->name(), taken});
  RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));

  common::PartitionId partition = parent ? parent->partition() : common::kDefaultPartition;
  if (HasOwnPartition(fields.level)) {
    RONGHE_ASSIGN_OR_RETURN(partition, txn_.NewPartitions(1));
  }
  RONGHE_ASSIGN_OR_RETURN(Unit unit, Unit::Create(txn_.NewUid(), partition, parent ? parent->ref() : UnitRef{}, fields,
                                                  rules_, day_, today_));
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> made, txn_.Insert({std::move(unit)}));
  made_.insert(made.front().uid());
  Tell(EffectKind::kEstablished, made.front().ref(), made.front().parent());
  return std::move(made.front());
}

absl::StatusOr<Unit> StructureChange::Update(const UpdateStep& step, const std::string& etag) {
  const UnitChanges& changes = step.changes;
  RONGHE_ASSIGN_OR_RETURN(Unit unit, FindLiving(step.unit, "unit.name"));
  RONGHE_RETURN_IF_ERROR(CheckEtag(unit.etag(), etag));
  common::Violations violations;
  if (changes.mask.empty()) CheckUnchanged(unit, changes, violations);
  CheckNotBefore(unit, day_, violations);
  UnitFields fields = Merged(unit, changes);
  CheckUnitFields(fields, rules_, today_, "unit.", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit.Updated(fields, rules_, day_, today_));
  if (SameFields(fields, unit.fields())) return unit;
  if (fields.kind != unit.kind()) {
    RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> blockers, KindBlockers(txn_, rules_, unit, next.standing(), day_));
    if (!IsOrganization(fields.kind)) {
      // A statistical group holds no members.
      RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> occupants, txn_.Occupants({&unit, 1}));
      for (Blocker& occupant : occupants) blockers.push_back(std::move(occupant));
    }
    RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
  }
  Tell(EffectKind::kUpdated, unit.ref());
  return txn_.Change(unit, next);
}

absl::StatusOr<Unit> StructureChange::Move(const MoveStep& step, const std::string& etag) {
  RONGHE_ASSIGN_OR_RETURN(Unit unit, FindLiving(step.unit, "name"));
  RONGHE_RETURN_IF_ERROR(CheckEtag(unit.etag(), etag));
  RONGHE_ASSIGN_OR_RETURN(Unit parent, FindLiving(step.parent, "parent"));
  common::Violations violations;
  CheckNotBefore(unit, day_, violations);
  if (day_ < parent.first()) {
    violations.Add("effective_date", "BEFORE_PARENT",
                   {"lies before the first day of the new parent", "早于新上级组织的起始日期"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit.MovedTo(parent.ref(), day_));
  if (unit.parent().uid == parent.uid()) return unit;
  RONGHE_ASSIGN_OR_RETURN(int height, txn_.Height(unit.uid()));
  RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> blockers,
                          PlacementBlockers(txn_, rules_, unit.ref(), unit.standing(), parent, height, day_));
  RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
  Tell(EffectKind::kMoved, unit.ref(), parent.ref());
  return txn_.Change(unit, next);
}

absl::StatusOr<Unit> StructureChange::Dissolve(const DissolveStep& step, const std::string& etag) {
  RONGHE_ASSIGN_OR_RETURN(Unit unit, FindLiving(step.unit, "name"));
  RONGHE_RETURN_IF_ERROR(CheckEtag(unit.etag(), etag));
  // Somebody ended it before its day.
  if (step.closing && !unit.lives()) return unit;
  common::Violations violations;
  CheckNotBefore(unit, day_, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit.Dissolved(day_));
  std::vector<Blocker> blockers;
  RONGHE_ASSIGN_OR_RETURN(std::vector<std::string> below, txn_.ActiveBelow(unit.uid(), day_, kMaxListed));
  for (const std::string& code : below) {
    blockers.push_back({"HAS_UNITS", "units/" + code, {"stands below the unit", "是该组织的下级"}});
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> occupants, txn_.Occupants({&unit, 1}));
  for (Blocker& occupant : occupants) blockers.push_back(std::move(occupant));
  RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
  Tell(EffectKind::kDissolved, unit.ref());
  return txn_.Change(unit, next);
}

absl::StatusOr<Unit> StructureChange::Close(const std::string& name) {
  RONGHE_ASSIGN_OR_RETURN(Unit unit, FindLiving(name, "name"));
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit.Closing(day_));
  return txn_.Change(unit, next);
}

absl::Status StructureChange::Reopen(const std::string& name) {
  RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(name, "name"));
  RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> unit, txn_.FindByCode(code));
  if (!unit || unit->state() != UnitState::kClosing) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit->Reopened(std::max(day_, unit->from())));
  return txn_.Change(*unit, next).status();
}

}  // namespace ronghe::organization
