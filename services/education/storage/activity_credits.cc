#include "services/education/storage/activity_credits.h"

#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "services/common/sql/day_column.h"
#include "services/common/values/status.h"
#include "services/education/storage/activity_rows.h"

namespace ronghe::education {
namespace {

namespace sql = common::sql;

constexpr sql::Query kAll{"activity_credit_rows",
                          "SELECT member_id, unit_uid, status, make_up_day FROM attendance WHERE partition_id = ? AND "
                          "activity_id = ? ORDER BY member_id"};

}  // namespace

absl::Status ActivityCredits::SettlePart(SqlLearningTxn& learning, const StoredActivity& stored,
                                         std::span<const Attendance> rows, const ActivityStep& step) const {
  const Activity& activity = stored.activity;
  std::vector<LearningRecord> records;
  for (const Attendance& row : rows) {
    LearningRecord& record = records.emplace_back();
    record.member = row.member;
    record.unit = row.unit;
    record.source = LearningSource::kActivity;
    record.platform = kActivityPlatform;
    record.external_id = fmt::format("{}/{}", stored.id.value, row.member);
    record.day = row.make_up ? *row.make_up : absl::CivilDay(absl::ToCivilSecond(activity.start, zone_));
    record.credit_deci_hours = Attended(row.status) ? activity.credit_deci_hours : 0;
  }
  RONGHE_ASSIGN_OR_RETURN(const std::vector<LearningBrief> known, learning.Known(records));
  std::vector<LearningRecord> fresh;
  for (size_t i = 0; i < records.size(); ++i) {
    const bool wanted = records[i].credit_deci_hours > 0;
    if (known[i].id == 0) {
      if (wanted) fresh.push_back(records[i]);
      continue;
    }
    const LearningRecordId id(known[i].id);
    RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredLearning> before, learning.Find(id));
    if (!before) return common::Internal("a learning record has gone");
    const bool live = before->state == LearningState::kLive;
    if (live && wanted && SameContent(before->record, records[i])) continue;
    if (live) RONGHE_RETURN_IF_ERROR(learning.Void(*before, step.reason, step.actor, wanted));
    if (!wanted) continue;
    if (!live) RONGHE_RETURN_IF_ERROR(learning.FreeKey(id));
    RONGHE_ASSIGN_OR_RETURN(const std::vector<EnteredLearning> entered,
                            learning.Enter({&records[i], 1}, {0, id, false}));
    RONGHE_RETURN_IF_ERROR(learning.Replaced(*before, entered.front().id));
  }
  if (fresh.empty()) return absl::OkStatus();
  return learning.Enter(fresh, {}).status();
}

absl::Status ActivityCredits::Settle(common::WriteTxn& txn, const StoredActivity& activity,
                                     std::span<const Attendance> rows, const ActivityStep& step) const {
  std::map<common::PartitionId, std::vector<Attendance>> parts;
  for (const Attendance& row : rows) parts[common::PartitionOf(row.member)].push_back(row);
  for (const auto& [partition, some] : parts) {
    RONGHE_ASSIGN_OR_RETURN(common::WriteTxn* const part, txn.Also(partition));
    SqlLearningTxn learning(*part, texts_, rules_);
    RONGHE_RETURN_IF_ERROR(SettlePart(learning, activity, some, step));
  }
  return absl::OkStatus();
}

absl::Status ActivityCredits::SettleAll(common::WriteTxn& txn, const StoredActivity& activity,
                                        const ActivityStep& step) const {
  std::vector<Attendance> rows;
  RONGHE_RETURN_IF_ERROR(
      txn.session().Select(kAll, {PartitionOf(activity.id), activity.id.value}, [&](const sql::Row& row) {
        Attendance& one = rows.emplace_back();
        one.member = row.Int(0);
        one.unit = common::UnitUid(row.Int(1));
        one.status = static_cast<AttendanceStatus>(row.Int(2));
        one.make_up = sql::DayAt(row, 3);
        return absl::OkStatus();
      }));
  return Settle(txn, activity, rows, step);
}

}  // namespace ronghe::education
