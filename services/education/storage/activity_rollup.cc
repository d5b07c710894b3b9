#include "services/education/storage/activity_rollup.h"

#include <string>

#include "services/education/storage/learning_rollup.h"

namespace ronghe::education {
namespace {

namespace sql = common::sql;

constexpr char kActivities[] = "activities_confirmed";
constexpr char kExpected[] = "attendance_expected";
constexpr char kPresent[] = "attendance_present";

// State 3: confirmed; statuses 1 and 4: present and made up.
constexpr sql::Query kActivityFlows{"activity_flows",
                                    "SELECT unit_uid, month, COUNT(*) FROM activity WHERE state = 3 "
                                    "GROUP BY unit_uid, month ORDER BY unit_uid, month"};
constexpr sql::Query kAttendanceFlows{
    "attendance_flows",
    "SELECT t.unit_uid, a.month, COUNT(*), CAST(COALESCE(SUM(CASE WHEN t.status IN (1, 4) THEN 1 ELSE 0 END), 0) AS "
    "BIGINT) FROM attendance t JOIN activity a ON a.partition_id = t.partition_id AND a.activity_id = t.activity_id "
    "WHERE a.state = 3 GROUP BY t.unit_uid, a.month ORDER BY t.unit_uid, a.month"};

constexpr sql::Query kLearningFlows{
    "learning_flows",
    "SELECT unit_uid, month, COUNT(*), CAST(COALESCE(SUM(credit), 0) AS BIGINT) FROM "
    "learning_record WHERE counted = 1 GROUP BY unit_uid, month ORDER BY unit_uid, month"};

void Add(common::UnitUid unit, common::MonthNumber month, const char* metric, int64_t value,
         common::RollupChange& change) {
  if (value == 0) return;
  common::RollupChange::Amount& amount = change.amounts.emplace_back();
  amount.unit = unit;
  amount.month = month;
  amount.metrics.emplace_back(metric, value);
}

}  // namespace

common::RollupChange ConfirmedChange(const Activity& activity, common::MonthNumber month,
                                     const std::map<common::UnitUid, AttendanceCounts>& counts) {
  common::RollupChange change;
  Add(activity.unit, month, kActivities, 1, change);
  for (const auto& [unit, count] : counts) {
    Add(unit, month, kExpected, count.expected, change);
    Add(unit, month, kPresent, count.present, change);
  }
  return change;
}

common::RollupChange AmendedChange(common::MonthNumber month, const std::map<common::UnitUid, int64_t>& present) {
  common::RollupChange change;
  for (const auto& [unit, count] : present) Add(unit, month, kPresent, count, change);
  return change;
}

absl::Status EducationFacts::Count(sql::Session& session, EachAmount each) {
  RONGHE_RETURN_IF_ERROR(session.Select(kActivityFlows, {}, [&](const sql::Row& row) {
    each(common::UnitUid(row.Int(0)), static_cast<common::MonthNumber>(row.Int(1)), IndexOf(kActivities), row.Int(2));
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(session.Select(kLearningFlows, {}, [&](const sql::Row& row) {
    const common::UnitUid unit(row.Int(0));
    const auto month = static_cast<common::MonthNumber>(row.Int(1));
    each(unit, month, IndexOf(kRecordsMetric), row.Int(2));
    each(unit, month, IndexOf(kCreditMetric), row.Int(3));
    return absl::OkStatus();
  }));
  return session.Select(kAttendanceFlows, {}, [&](const sql::Row& row) {
    const common::UnitUid unit(row.Int(0));
    const auto month = static_cast<common::MonthNumber>(row.Int(1));
    each(unit, month, IndexOf(kExpected), row.Int(2));
    if (row.Int(3) != 0) each(unit, month, IndexOf(kPresent), row.Int(3));
    return absl::OkStatus();
  });
}

}  // namespace ronghe::education
