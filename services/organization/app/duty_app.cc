#include "services/organization/app/duty_app_impl.h"

#include <algorithm>

namespace ronghe::organization {
namespace {

DutyFields FieldsOf(const StoredDuty& duty) {
  return {static_cast<int>(duty.kind), duty.title, duty.scope, duty.from, duty.until, duty.objective};
}

DutyFields Merge(const StoredDuty& before, const DutyApp::Changes& changes, common::Violations& violations) {
  DutyFields merged = FieldsOf(before);
  const DutyFields& given = changes.fields;
  if (changes.mask.empty()) {
    if (!given.title.empty()) merged.title = given.title;
    if (!given.scope.empty()) merged.scope = given.scope;
    if (given.from) merged.from = given.from;
    if (given.until) merged.until = given.until;
    if (!given.objective.empty()) merged.objective = given.objective;
  }
  for (const std::string& path : changes.mask) {
    const bool all = path == "*";
    if (all || path == "title") merged.title = given.title;
    if (all || path == "scope") merged.scope = given.scope;
    if (all || path == "start_date") merged.from = given.from;
    if (all || path == "end_date") merged.until = given.until;
    if (all || path == "objective") merged.objective = given.objective;
    if (all || path == "title" || path == "scope" || path == "start_date" || path == "end_date" ||
        path == "objective") {
      continue;
    }
    violations.Add("update_mask", "NOT_UPDATABLE",
                   {"only title, scope, start_date, end_date and objective can be changed",
                    "仅可修改名称、范围内容、起止日期和业务目标"});
  }
  if (before.state == DutyState::kActive && merged.from && *merged.from != before.from) {
    violations.Add("duty.start_date", "HAS_BEGUN", {"it has begun already", "该事项已启动，起始日期不能修改"});
  }
  return merged;
}

void Apply(const DutyFields& fields, StoredDuty& duty) {
  duty.kind = static_cast<DutyKind>(fields.kind);
  duty.title = fields.title;
  duty.scope = fields.scope;
  duty.from = *fields.from;
  duty.until = fields.until;
  duty.objective = fields.objective;
}

}  // namespace

absl::StatusOr<int64_t> HandOverDuties(DutyTxn& txn, common::UnitUid from, common::UnitUid to,
                                       const std::optional<std::vector<DutyId>>& only) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<StoredDuty> duties, txn.DutiesOf(from));
  int64_t moved = 0;
  for (StoredDuty& duty : duties) {
    const bool named = !only || std::find(only->begin(), only->end(), duty.id) != only->end();
    if (!duty.open() || !named) continue;
    duty.info.unit = to;
    RONGHE_RETURN_IF_ERROR(txn.Replace(duty).status());
    ++moved;
  }
  return moved;
}

absl::StatusOr<StoredDuty> DutyApp::GetDuty(const common::Call& call, const std::string& name) {
  return FindVisibleRecord<StoredDuty, DutyId>(store_, tree_, call, name);
}
absl::StatusOr<StoredDutyResult> DutyApp::GetResult(const common::Call& call, const std::string& name) {
  return FindVisibleRecord<StoredDutyResult, DutyResultId>(store_, tree_, call, name);
}
absl::StatusOr<std::vector<DutyAmendment>> DutyApp::AmendmentsOf(const common::Call& call, DutyResultId id) {
  return store_.AmendmentsOf(id, call.deadline);
}
absl::StatusOr<common::UnitUid> DutyApp::OwnerOfDuty(std::string_view name, int64_t id, absl::Time deadline) {
  return OwnerOfRecord(store_, name, DutyId(id), deadline);
}
absl::StatusOr<common::UnitUid> DutyApp::OwnerOfResult(std::string_view name, int64_t id, absl::Time deadline) {
  return OwnerOfRecord(store_, name, DutyResultId(id), deadline);
}

absl::StatusOr<StoredDuty> DutyApp::Create(const common::Call& call, const std::string& unit_name,
                                           const DutyFields& fields, const std::vector<Party>& parties,
                                           const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  CheckDutyFields(fields, "duty.", violations);
  CheckParties(static_cast<DutyKind>(fields.kind), parties, "duty.parties", violations);
  RONGHE_ASSIGN_OR_RETURN(const TreeUnit unit, VisibleUnit(tree_, call, unit_name, "duty.unit", std::move(violations)));
  auto create = [&](DutyTxn& txn, std::string& remember) -> absl::StatusOr<StoredDuty> {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(unit.uid));
    if (!at) return common::NotFound(unit_name);
    std::vector<common::Blocker> blockers = HostBlockers(*at);
    StoredDuty duty;
    duty.info.unit = unit.uid;
    Apply(fields, duty);
    RONGHE_RETURN_IF_ERROR(Join(txn, call, duty, parties, blockers));
    RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
    RONGHE_ASSIGN_OR_RETURN(duty, txn.Insert(std::move(duty)));
    remember = NameOf(duty.id);
    return duty;
  };
  return RunWrite<StoredDuty>(store_, unit.partition, call, options, create, SameRecord<StoredDuty, DutyId, DutyTxn>,
                              PartitionsOf(parties));
}

absl::StatusOr<StoredDuty> DutyApp::Update(const common::Call& call, const std::string& name, const Changes& changes,
                                           const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<DutyId>(name, "duty.name", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredDuty>(store_, tree_, call, name, id, options,
                                [&](DutyTxn& txn, const StoredDuty& before) -> absl::StatusOr<StoredDuty> {
                                  StoredDuty after = before;
                                  RONGHE_ASSIGN_OR_RETURN(after.state,
                                                          NextState(before.state, DutyEvent::kUpdate, name));
                                  common::Violations faults;
                                  const DutyFields fields = Merge(before, changes, faults);
                                  CheckDutyFields(fields, "duty.", faults);
                                  RONGHE_RETURN_IF_ERROR(faults.ToStatus());
                                  Apply(fields, after);
                                  return txn.Replace(after);
                                });
}

absl::StatusOr<StoredDuty> DutyApp::Start(const common::Call& call, const std::string& name,
                                          const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<DutyId>(name, "name", violations);
  const absl::CivilDay day = OpenDay(options, "start_date", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredDuty>(
      store_, tree_, call, name, id, options,
      [&](DutyTxn& txn, const StoredDuty& before) -> absl::StatusOr<StoredDuty> {
        StoredDuty after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, DutyEvent::kStart, name));
        if (before.until && day > *before.until) {
          return common::InvalidArgument("start_date", "AFTER_END",
                                         {"lies after the last day as planned", "晚于计划的结束日期"});
        }
        RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> at, txn.FindUnit(before.info.unit));
        if (!at) return common::NotFound(name);
        std::vector<common::Blocker> blockers = HostBlockers(*at);
        RoleCount roles;
        for (StoredPart& part : after.parts) {
          if (part.running()) roles.Add(part.role);
          // Who was to begin with the duty does.
          if (part.running() && part.days.from == before.from) part.days.from = day;
        }
        if (const auto missing = MissingRoles(before.kind, roles)) {
          blockers.push_back({"PEOPLE_MISSING", name, *missing});
        }
        RONGHE_RETURN_IF_ERROR(RefuseFor(std::move(blockers)));
        after.from = day;
        RONGHE_RETURN_IF_ERROR(MakeDue(txn, after, MonthOfDay(calendar_.Today())));
        return txn.Replace(after);
      });
}

absl::StatusOr<StoredDuty> DutyApp::Finish(const common::Call& call, const std::string& name, DutyEvent event,
                                           const std::string& reason, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<DutyId>(name, "name", violations);
  const bool cancelled = event == DutyEvent::kCancel;
  const absl::CivilDay day = cancelled ? calendar_.Today() : OpenDay(options, "end_date", violations);
  if (event != DutyEvent::kComplete) CheckDutyReason(reason, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredDuty>(
      store_, tree_, call, name, id, options,
      [&](DutyTxn& txn, const StoredDuty& before) -> absl::StatusOr<StoredDuty> {
        StoredDuty after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, event, name));
        if (!cancelled && day < before.from) {
          return common::InvalidArgument("end_date", "BEFORE_START", {"lies before the first day", "早于起始日期"});
        }
        after.until = cancelled ? before.until : std::optional<absl::CivilDay>(day);
        after.end_reason = reason;
        for (StoredPart& part : after.parts) {
          if (part.running()) EndPartOn(part, day, PartEndReason::kDutyEnded);
        }
        RONGHE_ASSIGN_OR_RETURN(std::vector<StoredDutyResult> results, txn.ResultsOf(id));
        // Of months that lie after its last day, or of its only month where it never had a day.
        for (StoredDutyResult& result : results) {
          const absl::CivilDay month(common::CivilMonthOf(result.month));
          if (result.state != DutyResultState::kDue || (month < day && day > before.from)) continue;
          RONGHE_ASSIGN_OR_RETURN(result.state, NextState(result.state, DutyResultEvent::kWaive, NameOf(result.id)));
          RONGHE_RETURN_IF_ERROR(txn.Replace(result).status());
        }
        return txn.Replace(after);
      });
}

absl::StatusOr<StoredDuty> DutyApp::Complete(const common::Call& call, const std::string& name,
                                             const WriteOptions& options) {
  return Finish(call, name, DutyEvent::kComplete, "", options);
}
absl::StatusOr<StoredDuty> DutyApp::End(const common::Call& call, const std::string& name, const std::string& reason,
                                        const WriteOptions& options) {
  return Finish(call, name, DutyEvent::kEnd, reason, options);
}
absl::StatusOr<StoredDuty> DutyApp::Cancel(const common::Call& call, const std::string& name, const std::string& reason,
                                           const WriteOptions& options) {
  return Finish(call, name, DutyEvent::kCancel, reason, options);
}

}  // namespace ronghe::organization
