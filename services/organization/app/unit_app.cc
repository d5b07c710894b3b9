#include "services/organization/app/unit_app.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/organization/app/structure_checks.h"

namespace ronghe::organization {
namespace {

using common::Blocker;

// Blockers that an error can name; a unit with more has work enough.
constexpr int kMaxListed = 500;

constexpr std::string_view kUpdatable[] = {"title",         "short_title", "kind",
                                           "division_code", "sector",      "established_date"};

bool IsRootParent(const std::string& parent) {
  return parent.empty() || parent == "units/-";
}

common::Violations StartWith(const WriteOptions& options) {
  common::Violations violations;
  for (const common::Violation& fault : options.faults) violations.Add(fault.field, fault.reason, fault.text);
  return violations;
}

absl::Status CheckEtag(const Unit& unit, const std::string& etag) {
  if (etag.empty() || etag == unit.etag()) return absl::OkStatus();
  return common::Aborted("ETAG_MISMATCH",
                         {"the unit has changed since it was read", "该组织在读取之后已被修改，请重新读取"});
}

absl::StatusOr<Unit> FindNamed(UnitReader& reader, const std::string& name, std::string_view field) {
  RONGHE_ASSIGN_OR_RETURN(std::string code, CodeFromName(name, field));
  RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> unit, reader.FindByCode(code));
  if (!unit) return common::NotFound(name);
  return *std::move(unit);
}

void CheckMask(const std::vector<std::string>& mask, common::Violations& violations) {
  for (const std::string& path : mask) {
    if (path == "*" || std::find(std::begin(kUpdatable), std::end(kUpdatable), path) != std::end(kUpdatable)) continue;
    if (path == "parent") {
      violations.Add("update_mask", "USE_MOVE", {"parent is changed by MoveUnit", "上级组织须通过划转变更"});
    } else if (path == "code" || path == "level") {
      violations.Add("update_mask", "IMMUTABLE",
                     {fmt::format("{} cannot be changed", path), fmt::format("{} 不可修改", path)});
    } else {
      violations.Add("update_mask", "NOT_UPDATABLE",
                     {fmt::format("there is no such field to update at place {}", &path - mask.data() + 1),
                      fmt::format("第 {} 项不是可修改的字段", &path - mask.data() + 1)});
    }
  }
}

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

UnitFields Merge(const Unit& unit, const UnitChanges& changes) {
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

absl::StatusOr<std::string> CodeFromName(std::string_view name, std::string_view field) {
  constexpr std::string_view kPrefix = "units/";
  if (name.empty()) return common::InvalidArgument(std::string(field), "REQUIRED", {"is required", "必填"});
  if (!name.starts_with(kPrefix) || !IsUnitCode(name.substr(kPrefix.size()))) {
    return common::InvalidArgument(std::string(field), "BAD_NAME",
                                   {"must have the form units/{code}", "格式应为 units/{组织代码}"});
  }
  return std::string(name.substr(kPrefix.size()));
}

absl::StatusOr<Unit> UnitApp::Run(const common::Call& call, const WriteOptions& options, Change change) {
  std::optional<Unit> result;
  absl::StatusOr<int64_t> revision = store_.Write(call, options.validate_only, [&](UnitTxn& txn) -> absl::Status {
    result.reset();
    if (!options.validate_only) {
      RONGHE_ASSIGN_OR_RETURN(std::optional<DoneBefore> done, txn.Claim(options.key));
      if (done) {
        std::string code = done->resource.substr(std::string_view("units/").size());
        RONGHE_ASSIGN_OR_RETURN(result, txn.VersionOf(code, done->revision));
        if (!result) {
          RONGHE_ASSIGN_OR_RETURN(result, txn.FindByCode(code));
        }
        return result ? absl::OkStatus() : common::NotFound(done->resource);
      }
    }
    RONGHE_ASSIGN_OR_RETURN(result, change(txn));
    if (!options.validate_only) txn.Remember(result->name());
    return absl::OkStatus();
  });
  if (!revision.ok()) return revision.status();
  // What was only tried has no revision.
  if (options.validate_only) return result->Recorded(result->recorded(), 0);
  gate_.MakeVisible(result->revision(), call.deadline);
  return *std::move(result);
}

absl::StatusOr<Unit> UnitApp::Create(const common::Call& call, UnitFields fields, const std::string& parent,
                                     const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  absl::StatusOr<absl::CivilDay> day = EffectiveDay(options.effective, calendar_, rules_);
  CheckUnitFields(fields, rules_.On(day.value_or(calendar_.Today())), calendar_.Today(), "unit.", violations);
  violations.AddAll(day.status());
  if (!IsRootParent(parent)) violations.AddAll(CodeFromName(parent, "unit.parent").status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  if (IsRootParent(parent) && !call.scope.everything) {
    return common::PermissionDenied(
        "NEEDS_ALL_UNITS", {"a unit at the root needs the permission on everything", "设立根组织需要对全部组织的权限"});
  }
  return Run(call, options, [&](UnitTxn& txn) { return Establish(txn, fields, parent, *day); });
}

absl::StatusOr<Unit> UnitApp::Establish(UnitTxn& txn, const UnitFields& fields, const std::string& parent_name,
                                        absl::CivilDay day) {
  Standing standing{fields.level, fields.kind};
  UnitRef self{{}, fields.code};
  std::optional<Unit> parent;
  std::vector<Blocker> blockers;
  if (IsRootParent(parent_name)) {
    blockers = RootBlockers(rules_.On(day), self, standing);
  } else {
    RONGHE_ASSIGN_OR_RETURN(parent, FindNamed(txn, parent_name, "unit.parent"));
    if (day < parent->first()) {
      return common::InvalidArgument("effective_date", "BEFORE_PARENT",
                                     {"lies before the first day of the parent", "早于上级组织的起始日期"});
    }
    RONGHE_ASSIGN_OR_RETURN(blockers, PlacementBlockers(txn, rules_.On(day), self, standing, *parent, 1, day));
  }
  RONGHE_ASSIGN_OR_RETURN(std::optional<Unit> same, txn.FindByCode(fields.code));
  common::Text taken{"the code is in use", "该组织代码已被使用"};
  if (same && blockers.empty()) return common::AlreadyExists("DUPLICATE_CODE", same->name(), taken);
  if (same) blockers.push_back({"DUPLICATE_CODE", same->name(), taken});
  RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));

  common::PartitionId partition = parent ? parent->partition() : common::kDefaultPartition;
  if (HasOwnPartition(fields.level)) {
    RONGHE_ASSIGN_OR_RETURN(partition, txn.NewPartitions(1));
  }
  RONGHE_ASSIGN_OR_RETURN(Unit unit, Unit::Create(txn.NewUid(), partition, parent ? parent->ref() : UnitRef{}, fields,
                                                  rules_.On(day), day, calendar_.Today()));
  RONGHE_ASSIGN_OR_RETURN(std::vector<Unit> made, txn.Insert({std::move(unit)}));
  return std::move(made.front());
}

absl::StatusOr<Unit> UnitApp::Update(const common::Call& call, const std::string& name, const UnitChanges& changes,
                                     const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  violations.AddAll(CodeFromName(name, "unit.name").status());
  CheckMask(changes.mask, violations);
  absl::StatusOr<absl::CivilDay> day = EffectiveDay(options.effective, calendar_, rules_);
  violations.AddAll(day.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return Run(call, options, [&](UnitTxn& txn) -> absl::StatusOr<Unit> {
    RONGHE_ASSIGN_OR_RETURN(Unit unit, FindNamed(txn, name, "unit.name"));
    RONGHE_RETURN_IF_ERROR(CheckEtag(unit, options.etag));
    return Apply(txn, unit, changes, *day);
  });
}

absl::StatusOr<Unit> UnitApp::Apply(UnitTxn& txn, const Unit& unit, const UnitChanges& changes, absl::CivilDay day) {
  common::Violations violations;
  if (changes.mask.empty()) CheckUnchanged(unit, changes, violations);
  CheckNotBefore(unit, day, violations);
  UnitFields fields = Merge(unit, changes);
  CheckUnitFields(fields, rules_.On(day), calendar_.Today(), "unit.", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit.Updated(fields, rules_.On(day), day, calendar_.Today()));
  if (SameFields(fields, unit.fields())) return unit;
  if (fields.kind != unit.kind()) {
    RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> blockers,
                            KindBlockers(txn, rules_.On(day), unit, next.standing(), day));
    if (!IsOrganization(fields.kind)) {
      // A statistical group holds no members.
      RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> occupants, txn.Occupants({&unit, 1}));
      for (Blocker& occupant : occupants) blockers.push_back(std::move(occupant));
    }
    RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
  }
  return txn.Change(unit, next);
}

absl::StatusOr<Unit> UnitApp::Move(const common::Call& call, const std::string& name, const std::string& parent,
                                   const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  violations.AddAll(CodeFromName(name, "name").status());
  violations.AddAll(CodeFromName(parent, "parent").status());
  absl::StatusOr<absl::CivilDay> day = EffectiveDay(options.effective, calendar_, rules_);
  violations.AddAll(day.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return Run(call, options, [&](UnitTxn& txn) -> absl::StatusOr<Unit> {
    RONGHE_ASSIGN_OR_RETURN(Unit unit, FindNamed(txn, name, "name"));
    RONGHE_RETURN_IF_ERROR(CheckEtag(unit, options.etag));
    return Place(txn, unit, parent, *day);
  });
}

absl::StatusOr<Unit> UnitApp::Place(UnitTxn& txn, const Unit& unit, const std::string& parent_name,
                                    absl::CivilDay day) {
  RONGHE_ASSIGN_OR_RETURN(Unit parent, FindNamed(txn, parent_name, "parent"));
  common::Violations violations;
  CheckNotBefore(unit, day, violations);
  if (day < parent.first()) {
    violations.Add("effective_date", "BEFORE_PARENT",
                   {"lies before the first day of the new parent", "早于新上级组织的起始日期"});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit.MovedTo(parent.ref(), day));
  if (unit.parent().uid == parent.uid()) return unit;
  RONGHE_ASSIGN_OR_RETURN(int height, txn.Height(unit.uid()));
  RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> blockers,
                          PlacementBlockers(txn, rules_.On(day), unit.ref(), unit.standing(), parent, height, day));
  RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
  return txn.Change(unit, next);
}

absl::StatusOr<Unit> UnitApp::Dissolve(const common::Call& call, const std::string& name, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  violations.AddAll(CodeFromName(name, "name").status());
  absl::StatusOr<absl::CivilDay> day = EffectiveDay(options.effective, calendar_, rules_);
  violations.AddAll(day.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return Run(call, options, [&](UnitTxn& txn) -> absl::StatusOr<Unit> {
    RONGHE_ASSIGN_OR_RETURN(Unit unit, FindNamed(txn, name, "name"));
    RONGHE_RETURN_IF_ERROR(CheckEtag(unit, options.etag));
    return End(txn, unit, *day);
  });
}

absl::StatusOr<Unit> UnitApp::End(UnitTxn& txn, const Unit& unit, absl::CivilDay day) {
  common::Violations violations;
  CheckNotBefore(unit, day, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  RONGHE_ASSIGN_OR_RETURN(Unit next, unit.Dissolved(day));
  std::vector<Blocker> blockers;
  RONGHE_ASSIGN_OR_RETURN(std::vector<std::string> below, txn.ActiveBelow(unit.uid(), day, kMaxListed));
  for (const std::string& code : below) {
    blockers.push_back({"HAS_UNITS", "units/" + code, {"stands below the unit", "是该组织的下级"}});
  }
  RONGHE_ASSIGN_OR_RETURN(std::vector<Blocker> occupants, txn.Occupants({&unit, 1}));
  for (Blocker& occupant : occupants) blockers.push_back(std::move(occupant));
  RONGHE_RETURN_IF_ERROR(RefuseIf(std::move(blockers)));
  return txn.Change(unit, next);
}

}  // namespace ronghe::organization
