#include "services/organization/storage/sql_duty_store.h"

#include "services/common/timer/timer.h"
#include "services/common/values/status.h"
#include "services/organization/storage/count_rollup.h"
#include "services/organization/storage/duty_rows.h"
#include "services/organization/storage/record_table.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

common::UnitUid MovedFrom(const RecordInfo& before, const RecordInfo& after) {
  return before.unit == after.unit ? common::UnitUid() : before.unit;
}

}  // namespace

absl::StatusOr<std::optional<StoredDuty>> SqlDutyTxn::Find(DutyId id) {
  return SelectRecord(txn_.session(), id);
}
absl::StatusOr<std::optional<StoredDutyResult>> SqlDutyTxn::Find(DutyResultId id) {
  return SelectRecord(txn_.session(), id);
}
absl::StatusOr<std::vector<StoredDuty>> SqlDutyTxn::DutiesOf(common::UnitUid unit) {
  return SelectDuties(txn_.session(), partition(), unit);
}
absl::StatusOr<std::vector<StoredDuty>> SqlDutyTxn::DutiesOf(MemberId member) {
  return SelectDuties(txn_.session(), partition(), member);
}
absl::StatusOr<std::vector<StoredDutyResult>> SqlDutyTxn::ResultsOf(DutyId duty) {
  return SelectDutyResults(txn_.session(), partition(), duty);
}

absl::Status SqlDutyTxn::SetMonthTimer(const StoredDuty* before, const StoredDuty& after) {
  const bool was = before != nullptr && before->state == DutyState::kActive;
  if (after.state != DutyState::kActive) {
    return was ? common::ClearTimer(txn_, kDutyMonthTimer, after.id.value) : absl::OkStatus();
  }
  if (was && before->due_through == after.due_through) return absl::OkStatus();
  const absl::CivilDay next(common::CivilMonthOf(after.due_through) + 1);
  return common::SetTimer(txn_, kDutyMonthTimer, after.id.value, absl::FromCivil(next, zone_));
}

absl::StatusOr<StoredDuty> SqlDutyTxn::Insert(StoredDuty duty) {
  duty.id = DutyId(txn_.NewId());
  duty.info = Next(duty.info);
  RONGHE_RETURN_IF_ERROR(InsertRecord(txn_.session(), duty));
  txn_.Log({common::ChangeKind::kCreated, NameOf(duty.id), duty.info.unit, common::UnitUid(), EtagOf(duty.info),
            DutyRollup(nullptr, duty)});
  RONGHE_RETURN_IF_ERROR(SetMonthTimer(nullptr, duty));
  return duty;
}

absl::StatusOr<StoredDutyResult> SqlDutyTxn::Insert(StoredDutyResult result) {
  result.id = DutyResultId(txn_.NewId());
  result.info = Next(result.info);
  RONGHE_RETURN_IF_ERROR(InsertRecord(txn_.session(), result));
  txn_.Log({common::ChangeKind::kCreated, NameOf(result.id), result.info.unit, common::UnitUid(), EtagOf(result.info),
            DutyResultRollup(nullptr, result)});
  return result;
}

absl::StatusOr<StoredDuty> SqlDutyTxn::Replace(const StoredDuty& changed) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredDuty> before, Find(changed.id));
  if (!before) return common::Internal("Replace of a duty that is not there");
  StoredDuty after = changed;
  after.info = Next(changed.info);
  RONGHE_RETURN_IF_ERROR(UpdateRecord(txn_.session(), after));
  txn_.Log({common::ChangeKind::kUpdated, NameOf(after.id), after.info.unit, MovedFrom(before->info, after.info),
            EtagOf(after.info), DutyRollup(&*before, after)});
  RONGHE_RETURN_IF_ERROR(SetMonthTimer(&*before, after));
  return after;
}

absl::StatusOr<StoredDutyResult> SqlDutyTxn::Replace(const StoredDutyResult& changed) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredDutyResult> before, Find(changed.id));
  if (!before) return common::Internal("Replace of a result that is not there");
  StoredDutyResult after = changed;
  after.info = Next(changed.info);
  RONGHE_RETURN_IF_ERROR(UpdateRecord(txn_.session(), after));
  txn_.Log({common::ChangeKind::kUpdated, NameOf(after.id), after.info.unit, common::UnitUid(), EtagOf(after.info),
            DutyResultRollup(&*before, after)});
  return after;
}

absl::Status SqlDutyTxn::Amend(const StoredDutyResult& before, const std::string& reason) {
  return InsertAmendment(txn_.session(), before, reason, txn_.now());
}

absl::Status SqlDutyStore::Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                                 const common::Call& call, absl::FunctionRef<absl::Status(DutyTxn&)> body) {
  const auto write = [&](common::WriteTxn& txn) {
    SqlDutyTxn duties(txn, zone_);
    return body(duties);
  };
  return log_.Write(partition, also, call, write).status();
}

absl::StatusOr<std::optional<StoredDuty>> SqlDutyStore::Find(DutyId id, absl::Time deadline) {
  return FindIn<StoredDuty>(database_, id, deadline);
}
absl::StatusOr<std::optional<StoredDutyResult>> SqlDutyStore::Find(DutyResultId id, absl::Time deadline) {
  return FindIn<StoredDutyResult>(database_, id, deadline);
}

absl::StatusOr<std::vector<DutyAmendment>> SqlDutyStore::AmendmentsOf(DutyResultId id, absl::Time deadline) {
  std::vector<DutyAmendment> amendments;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(amendments, SelectDutyAmendments(session, id));
    return absl::OkStatus();
  }));
  return amendments;
}

absl::StatusOr<std::vector<StoredDuty>> SqlDutyStore::ListDuties(std::span<const UnitsOfPartition> units,
                                                                 const DutyFilter& filter, const RecordPosition& after,
                                                                 int limit, absl::Time deadline) {
  return MergePages<StoredDuty>(database_, units, limit, deadline,
                                [&](sql::Session& session, const UnitsOfPartition& part) {
                                  return PageDuties(session, part, filter, after, limit);
                                });
}
absl::StatusOr<std::vector<StoredDutyResult>> SqlDutyStore::ListResults(std::span<const UnitsOfPartition> units,
                                                                        const DutyFilter& filter,
                                                                        const RecordPosition& after, int limit,
                                                                        absl::Time deadline) {
  return MergePages<StoredDutyResult>(database_, units, limit, deadline,
                                      [&](sql::Session& session, const UnitsOfPartition& part) {
                                        return PageDutyResults(session, part, filter, after, limit);
                                      });
}

}  // namespace ronghe::organization
