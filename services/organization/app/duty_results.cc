#include "services/organization/app/duty_app_impl.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMaxReason = 200;

}  // namespace

void CheckDutyReason(const std::string& reason, common::Violations& violations) {
  CheckPlainText("reason", 1, kMaxReason, reason, violations);
}

bool DutyApp::IsOpen(common::MonthNumber month) const {
  const absl::CivilDay today = calendar_.Today();
  return month >= MonthOfDay(rules_.On(today).periods.OldestOpenDay(today));
}

absl::CivilDay DutyApp::OpenDay(const WriteOptions& options, std::string_view field,
                                common::Violations& violations) const {
  const absl::CivilDay day = EventDay(calendar_, options, field, violations);
  if (!IsOpen(MonthOfDay(day))) {
    violations.Add(std::string(field), "MONTH_CLOSED", {"lies in a month that is closed", "所在月份已结账"});
  }
  return day;
}

absl::Status DutyApp::MakeDue(DutyTxn& txn, StoredDuty& duty, common::MonthNumber through) {
  absl::CivilMonth month =
      duty.due_through == 0 ? absl::CivilMonth(duty.from) : common::CivilMonthOf(duty.due_through) + 1;
  for (; common::MonthOf(month) <= through; ++month) {
    StoredDutyResult result;
    result.info.unit = duty.info.unit;
    result.duty = duty.id;
    result.month = common::MonthOf(month);
    RONGHE_RETURN_IF_ERROR(txn.Insert(std::move(result)).status());
    duty.due_through = common::MonthOf(month);
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredDutyResult> DutyApp::Record(const common::Call& call, const std::string& name,
                                                 const Result& result, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<DutyResultId>(name, "name", violations);
  CheckResult(result.outcome, result.summary, "", violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredDutyResult>(
      store_, tree_, call, name, id, options,
      [&](DutyTxn& txn, const StoredDutyResult& before) -> absl::StatusOr<StoredDutyResult> {
        StoredDutyResult after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, DutyResultEvent::kRecord, name));
        if (!IsOpen(before.month)) {
          return RefuseFor({{"MONTH_CLOSED", name, {"the month is closed", "该月份已结账"}}});
        }
        after.outcome = static_cast<DutyOutcome>(result.outcome);
        after.summary = result.summary;
        return txn.Replace(after);
      });
}

absl::StatusOr<StoredDutyResult> DutyApp::Amend(const common::Call& call, const std::string& name, const Result& result,
                                                const std::string& reason, const WriteOptions& options) {
  common::Violations violations = StartWith(options);
  const auto id = ReadId<DutyResultId>(name, "name", violations);
  CheckResult(result.outcome, result.summary, "", violations);
  CheckDutyReason(reason, violations);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return RunWriteOn<StoredDutyResult>(
      store_, tree_, call, name, id, options,
      [&](DutyTxn& txn, const StoredDutyResult& before) -> absl::StatusOr<StoredDutyResult> {
        StoredDutyResult after = before;
        RONGHE_ASSIGN_OR_RETURN(after.state, NextState(before.state, DutyResultEvent::kAmend, name));
        if (!IsOpen(before.month)) {
          return RefuseFor({{"MONTH_CLOSED", name, {"the month is closed", "该月份已结账"}}});
        }
        RONGHE_RETURN_IF_ERROR(txn.Amend(before, reason));
        after.outcome = static_cast<DutyOutcome>(result.outcome);
        after.summary = result.summary;
        return txn.Replace(after);
      });
}

absl::Status DutyApp::MonthDue(DutyTxn& txn, DutyId id, absl::Time due) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<StoredDuty> duty, txn.Find(id));
  if (!duty || duty->state != DutyState::kActive) return absl::OkStatus();
  // The month that has begun; where the clock was not looked at for longer, the next firing makes the next one due.
  const absl::CivilDay day(absl::ToCivilSecond(due, calendar_.zone()));
  RONGHE_RETURN_IF_ERROR(MakeDue(txn, *duty, MonthOfDay(day)));
  return txn.Replace(*duty).status();
}

}  // namespace ronghe::organization
