#include "services/organization/app/workplace_app_impl.h"

namespace ronghe::organization {
namespace {

WorkplaceFields FieldsOf(const StoredWorkplace& workplace) {
  return {static_cast<int>(workplace.kind), workplace.title, workplace.credit_code, workplace.external_id};
}

WorkplaceFields Merge(const StoredWorkplace& before, const WorkplaceApp::Changes& changes,
                      common::Violations& violations) {
  WorkplaceFields merged = FieldsOf(before);
  const WorkplaceFields& given = changes.fields;
  if (changes.mask.empty()) {
    if (given.kind != 0) merged.kind = given.kind;
    if (!given.title.empty()) merged.title = given.title;
    if (!given.credit_code.empty()) merged.credit_code = given.credit_code;
    if (!given.external_id.empty()) merged.external_id = given.external_id;
    return merged;
  }
  for (const std::string& path : changes.mask) {
    const bool all = path == "*";
    if (all || path == "kind") merged.kind = given.kind;
    if (all || path == "title") merged.title = given.title;
    if (all || path == "credit_code") merged.credit_code = given.credit_code;
    if (all || path == "external_id") merged.external_id = given.external_id;
    if (all || path == "kind" || path == "title" || path == "credit_code" || path == "external_id") continue;
    violations.Add("update_mask", "NOT_UPDATABLE",
                   {"only kind, title, credit_code and external_id can be changed",
                    "仅可修改类别、名称、统一社会信用代码和外部编号"});
  }
  return merged;
}

void Apply(const WorkplaceFields& fields, StoredWorkplace& workplace) {
  workplace.kind = static_cast<WorkplaceKind>(fields.kind);
  workplace.title = fields.title;
  workplace.credit_code = fields.credit_code;
  workplace.external_id = fields.external_id;
}

std::vector<common::Blocker> HomeBlockers(const HostUnit& unit) {
  std::vector<common::Blocker> blockers = HostBlockers(unit);
  if (unit.kind == UnitKind::kGroup) {
    blockers.push_back({"GROUP_COUNTS_NONE", unit.name(), {"a group counts no workplaces", "党小组不统计单位"}});
  }
  return blockers;
}

absl::Status BeforeStart() {
  return common::InvalidArgument("end_date", "BEFORE_START", {"lies before the first day", "早于起始日期"});
}

}  // namespace

absl::StatusOr<StoredWorkplace> WorkplaceApp::GetWorkplace(const common::Call& call, const std::string& name) {
  return FindVisibleRecord<StoredWorkplace, WorkplaceId>(store_, tree_, call, name);
}
absl::StatusOr<StoredCover> WorkplaceApp::GetCover(const common::Call& call, const std::string& name) {
  return FindVisibleRecord<StoredCover, CoverId>(store_, tree_, call, name);
}
absl::StatusOr<common::UnitUid> WorkplaceApp::OwnerOfWorkplace(std::string_view name, int64_t id, absl::Time deadline) {
  return OwnerOfRecord(store_, name, WorkplaceId(id), deadline);
}
absl::StatusOr<common::UnitUid> WorkplaceApp::OwnerOfCover(std::string_view name, int64_t id, absl::Time deadline) {
  return OwnerOfRecord(store_, name, CoverId(id), deadline);
}

absl::StatusOr<StoredWorkplace> WorkplaceApp::Create(const common::Call& call, const std::string& unit_name,
                                                     const WorkplaceFields& fields, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  CheckWorkplaceFields(fields, "workplace.", violations);
  const absl::CivilDay from = EventDay(calendar_, options, "workplace.start_date", violations);
  RONGHE_ASSIGN_OR_RETURN(const TreeUnit unit,
                          VisibleUnit(tree_, call, unit_name, "workplace.unit", std::move(violations)));
  auto create = [&](WorkplaceTxn& txn, std::string& remember) -> absl::StatusOr<StoredWorkplace> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(unit.uid));
    if (!at) return common::NotFound(unit_name);
    RONGHE_RETURN_IF_ERROR(RefuseFor(HomeBlockers(*at)));
    StoredWorkplace workplace;
    workplace.info.unit = unit.uid;
    Apply(fields, workplace);
    workplace.days.from = from;
    RONGHE_ASSIGN_OR_RETURN(workplace, txn.Insert(std::move(workplace)));
    remember = NameOf(workplace.id);
    return workplace;
  };
  return RunWrite<StoredWorkplace>(store_, unit.partition, call, options, create,
                                   SameRecord<StoredWorkplace, WorkplaceId, WorkplaceTxn>);
}

absl::StatusOr<StoredWorkplace> WorkplaceApp::Update(const common::Call& call, const std::string& name,
                                                     const Changes& changes, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<WorkplaceId>(name, "workplace.name", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredWorkplace>(
      store_, tree_, call, name, id, options,
      [&](WorkplaceTxn& txn, const StoredWorkplace& before) -> absl::StatusOr<StoredWorkplace> {
        StoredWorkplace after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, WorkplaceEvent::kUpdate, name));
        common::Violations faults;
        const WorkplaceFields fields = Merge(before, changes, faults);
        CheckWorkplaceFields(fields, "workplace.", faults);
        RONGHE_RETURN_IF_ERROR(faults.ToStatus());
        Apply(fields, after);
        const bool same = after.kind == before.kind && after.title == before.title &&
                          after.credit_code == before.credit_code && after.external_id == before.external_id;
        if (same) return before;
        return txn.Replace(after);
      });
}

absl::StatusOr<StoredWorkplace> WorkplaceApp::Move(const common::Call& call, const std::string& name,
                                                   const std::string& unit_name, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<WorkplaceId>(name, "name", violations);
  RONGHE_ASSIGN_OR_RETURN(const TreeUnit unit, VisibleUnit(tree_, call, unit_name, "unit", std::move(violations)));
  return RunWriteOn<StoredWorkplace>(
      store_, tree_, call, name, id, options,
      [&](WorkplaceTxn& txn, const StoredWorkplace& before) -> absl::StatusOr<StoredWorkplace> {
        StoredWorkplace after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, WorkplaceEvent::kMove, name));
        RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(unit.uid));
        if (!at) return common::NotFound(unit_name);
        std::vector<common::Blocker> blockers = HomeBlockers(*at);
        if (at->partition != txn.partition()) blockers.push_back(OtherCountyBlocker(unit_name));
        RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
        if (after.info.unit == unit.uid) return before;
        after.info.unit = unit.uid;
        return txn.Replace(after);
      });
}

absl::StatusOr<StoredWorkplace> WorkplaceApp::Close(const common::Call& call, const std::string& name,
                                                    const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<WorkplaceId>(name, "name", violations);
  const absl::CivilDay day = EventDay(calendar_, options, "end_date", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredWorkplace>(
      store_, tree_, call, name, id, options,
      [&](WorkplaceTxn& txn, const StoredWorkplace& before) -> absl::StatusOr<StoredWorkplace> {
        RONGHE_ASSIGN_OR_RETURN(const WorkplaceState closed, NextState(before.state, WorkplaceEvent::kClose, name));
        if (day < before.days.from) return BeforeStart();
        RONGHE_ASSIGN_OR_RETURN(std::vector<StoredCover> covers, txn.CoversOf(id));
        for (StoredCover& cover : covers) {
          if (cover.state != CoverState::kActive) continue;
          RONGHE_RETURN_IF_ERROR(EndCover(txn, std::move(cover), day, CoverEndReason::kWorkplaceClosed).status());
        }
        StoredWorkplace after = before;
        after.state = closed;
        after.days.until = day;
        return txn.Replace(after);
      });
}

absl::StatusOr<StoredWorkplace> WorkplaceApp::Restore(const common::Call& call, const std::string& name,
                                                      const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<WorkplaceId>(name, "name", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredWorkplace>(
      store_, tree_, call, name, id, options,
      [&](WorkplaceTxn& txn, const StoredWorkplace& before) -> absl::StatusOr<StoredWorkplace> {
        StoredWorkplace after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, WorkplaceEvent::kRestore, name));
        RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(before.info.unit));
        if (!at) return common::NotFound(name);
        RONGHE_RETURN_IF_ERROR(RefuseFor(HomeBlockers(*at)));
        after.days.until.reset();
        return txn.Replace(after);
      });
}

}  // namespace ronghe::organization
