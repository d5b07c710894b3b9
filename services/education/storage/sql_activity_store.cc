#include "services/education/storage/sql_activity_store.h"

#include <algorithm>
#include <utility>

#include "services/common/values/period.h"
#include "services/common/values/status.h"
#include "services/education/storage/activity_rollup.h"

namespace ronghe::education {

namespace sql = common::sql;

absl::StatusOr<std::optional<std::string>> SqlActivityTxn::Claim(const common::RequestKey& key) {
  RONGHE_ASSIGN_OR_RETURN(std::optional<common::PriorWrite> prior, txn_.Claim(key));
  if (!prior) return std::nullopt;
  return std::move(prior->resource);
}

absl::StatusOr<std::optional<StoredActivity>> SqlActivityTxn::Find(ActivityId id) {
  RONGHE_ASSIGN_OR_RETURN(found_, SelectActivity(txn_.session(), texts_, id));
  if (!found_) return std::nullopt;
  return found_->stored;
}

absl::StatusOr<ActivityRow> SqlActivityTxn::RowOf(const StoredActivity& activity) {
  if (!found_ || found_->stored.id != activity.id) {
    RONGHE_ASSIGN_OR_RETURN(found_, SelectActivity(txn_.session(), texts_, activity.id));
  }
  if (!found_) return common::Internal("an activity that is written to is not there");
  return *found_;
}

common::MonthNumber SqlActivityTxn::MonthOf(const Activity& activity) const {
  return common::MonthOf(absl::CivilMonth(absl::ToCivilSecond(activity.start, zone_)));
}

absl::Status SqlActivityTxn::Record(const ActivityRow& row, ActivityStep step, std::string rollup, bool is_new) {
  const StoredActivity& stored = row.stored;
  step.id = txn_.NewId();
  step.at = txn_.now();
  RONGHE_RETURN_IF_ERROR(InsertStep(txn_.session(), texts_, row, step));
  txn_.Log({is_new ? common::ChangeKind::kCreated : common::ChangeKind::kUpdated, NameOf(stored.id),
            stored.activity.unit, common::UnitUid(), EtagOf(stored), std::move(rollup)});
  return absl::OkStatus();
}

absl::StatusOr<StoredActivity> SqlActivityTxn::Insert(const Activity& activity, const ActivityStep& step) {
  const ActivityId id(txn_.NewId());
  const ActivityRow row{{id, 1, txn_.next_revision(), txn_.now(), txn_.now(), activity}, texts_.NewKey(id)};
  RONGHE_RETURN_IF_ERROR(InsertActivity(txn_.session(), texts_, row, MonthOf(activity)));
  RONGHE_RETURN_IF_ERROR(Record(row, step, "", /*is_new=*/true));
  return row.stored;
}

absl::StatusOr<StoredActivity> SqlActivityTxn::Replace(const StoredActivity& before, const Activity& after,
                                                       const ActivityStep& step) {
  RONGHE_ASSIGN_OR_RETURN(const ActivityRow known, RowOf(before));
  const ActivityRow row{{before.id, before.version + 1, txn_.next_revision(), before.create_time, txn_.now(), after},
                        known.key};
  RONGHE_RETURN_IF_ERROR(UpdateActivity(txn_.session(), texts_, row, MonthOf(after)));
  common::RollupChange change;
  const bool counted = before.activity.state == ActivityState::kConfirmed;
  if (after.state == ActivityState::kConfirmed && !counted) {
    RONGHE_ASSIGN_OR_RETURN(const auto counts, CountAttendances(txn_.session(), before.id));
    change = ConfirmedChange(after, MonthOf(after), counts);
    RONGHE_RETURN_IF_ERROR(credits_.SettleAll(txn_, row.stored, step));
  } else if (counted) {
    change = AmendedChange(MonthOf(after), present_);
    const bool all = before.activity.credit_deci_hours != after.credit_deci_hours;
    RONGHE_RETURN_IF_ERROR(all ? credits_.SettleAll(txn_, row.stored, step)
                               : credits_.Settle(txn_, row.stored, recorded_, step));
  }
  RONGHE_RETURN_IF_ERROR(Record(row, step, common::EncodeRollup(change), /*is_new=*/false));
  found_ = std::nullopt;
  present_.clear();
  recorded_.clear();
  return row.stored;
}

absl::StatusOr<std::vector<Attendance>> SqlActivityTxn::Attendances(const StoredActivity& activity,
                                                                    std::span<const int64_t> members) {
  RONGHE_ASSIGN_OR_RETURN(const ActivityRow row, RowOf(activity));
  return SelectAttendances(txn_.session(), texts_, row, members, 0, static_cast<int>(kMaxAttendees) * 20);
}

absl::Status SqlActivityTxn::InsertAttendances(const StoredActivity& activity, std::span<const Attendance> rows) {
  return InsertAttendanceRows(txn_.session(), activity.id, rows);
}

absl::Status SqlActivityTxn::ReplaceAttendances(const StoredActivity& activity, std::span<const Attendance> before,
                                                std::span<const Attendance> after) {
  RONGHE_ASSIGN_OR_RETURN(const ActivityRow row, RowOf(activity));
  for (size_t i = 0; i < before.size(); ++i) {
    present_[after[i].unit] += (Attended(after[i].status) ? 1 : 0) - (Attended(before[i].status) ? 1 : 0);
  }
  recorded_.insert(recorded_.end(), after.begin(), after.end());
  return UpdateAttendanceRows(txn_.session(), texts_, row, after);
}

absl::Status SqlActivityTxn::InsertCodes(ActivityId id, std::span<const std::string> digests, absl::Time expire) {
  return InsertCodeRows(txn_.session(), id, digests, expire);
}

absl::StatusOr<CodeUse> SqlActivityTxn::TakeCode(ActivityId id, const std::string& digest, int64_t member) {
  return TakeCodeRow(txn_.session(), id, digest, member, txn_.now());
}

absl::Status SqlActivityStore::Write(common::PartitionId partition, const common::Call& call,
                                     absl::FunctionRef<absl::Status(ActivityTxn&)> body) {
  return log_
      .Write(partition, call,
             [&](common::WriteTxn& txn) {
               SqlActivityTxn activities(txn, texts_, credits_, zone_);
               return body(activities);
             })
      .status();
}

absl::StatusOr<std::optional<StoredActivity>> SqlActivityStore::Find(ActivityId id, absl::Time deadline) {
  std::optional<StoredActivity> found;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(std::optional<ActivityRow> row, SelectActivity(session, texts_, id));
    if (row) found = std::move(row->stored);
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredActivity>> SqlActivityStore::List(std::span<const UnitsOfPartition> units,
                                                                   const ActivityFilter& filter,
                                                                   const ActivityPosition& after, int limit,
                                                                   absl::Time deadline) {
  std::vector<StoredActivity> all;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    all.clear();
    for (const UnitsOfPartition& part : units) {
      if (part.units.empty()) continue;
      RONGHE_ASSIGN_OR_RETURN(std::vector<StoredActivity> some,
                              PageActivities(session, texts_, part, filter, after, limit));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return absl::OkStatus();
  }));
  std::sort(all.begin(), all.end(),
            [](const StoredActivity& a, const StoredActivity& b) { return PositionOf(a) > PositionOf(b); });
  if (all.size() > static_cast<size_t>(limit)) all.erase(all.begin() + limit, all.end());
  return all;
}

absl::StatusOr<std::vector<Attendance>> SqlActivityStore::ListAttendances(ActivityId id, int64_t after, int limit,
                                                                          absl::Time deadline) {
  std::vector<Attendance> rows;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<ActivityRow> row, SelectActivity(session, texts_, id));
    if (!row) return common::NotFound(NameOf(id));
    RONGHE_ASSIGN_OR_RETURN(rows, SelectAttendances(session, texts_, *row, {}, after, limit));
    return absl::OkStatus();
  }));
  return rows;
}

absl::StatusOr<std::vector<ActivityStep>> SqlActivityStore::History(ActivityId id, int64_t after, int limit,
                                                                    absl::Time deadline) {
  std::vector<ActivityStep> steps;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const std::optional<ActivityRow> row, SelectActivity(session, texts_, id));
    if (!row) return common::NotFound(NameOf(id));
    RONGHE_ASSIGN_OR_RETURN(steps, SelectSteps(session, texts_, *row, after, limit));
    return absl::OkStatus();
  }));
  return steps;
}

}  // namespace ronghe::education
