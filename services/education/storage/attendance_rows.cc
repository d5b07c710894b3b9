// What lies beside an activity: attendance, steps, codes.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/education/storage/activity_rows.h"

namespace ronghe::education {
namespace {

namespace sql = common::sql;
using sql::Value;

constexpr sql::Query kInsertStep{"activity_step_insert",
                                 "INSERT INTO activity_step (partition_id, activity_id, step_id, event, state_after, "
                                 "at_us, actor, attendances, texts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr sql::Query kSteps{"activity_steps",
                            "SELECT step_id, event, state_after, at_us, actor, attendances, texts FROM activity_step "
                            "WHERE partition_id = ? AND activity_id = ? AND step_id > ? ORDER BY step_id LIMIT ?"};
constexpr sql::Query kUpdateAttendance{
    "attendance_update",
    "UPDATE attendance SET status = ?, make_up_day = ?, record_us = ?, texts = ? WHERE "
    "partition_id = ? AND activity_id = ? AND member_id = ?"};
constexpr sql::Query kCount{
    "attendance_count",
    "SELECT unit_uid, COUNT(*), CAST(COALESCE(SUM(CASE WHEN status IN (1, 4) THEN 1 ELSE 0 END), "
    "0) AS BIGINT) FROM attendance WHERE partition_id = ? AND activity_id = ? GROUP BY unit_uid "
    "ORDER BY unit_uid"};
constexpr sql::Query kTakeCode{"activity_code_take",
                               "UPDATE activity_code SET member_id = ? WHERE partition_id = ? AND activity_id = ? AND "
                               "digest = ? AND member_id = 0 AND expire_us > ?"};
constexpr sql::Query kFindCode{"activity_code_find",
                               "SELECT member_id FROM activity_code WHERE partition_id = ? AND activity_id = ? AND "
                               "digest = ?"};

}  // namespace

absl::StatusOr<std::vector<Attendance>> SelectAttendances(sql::Session& session, const ActivityTexts& texts,
                                                          const ActivityRow& activity, std::span<const int64_t> members,
                                                          int64_t after, int limit) {
  const ActivityId id = activity.stored.id;
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey key, texts.Unwrap(id, activity.key));
  std::vector<Attendance> rows;
  const auto read = [&](const sql::Row& row) {
    Attendance& one = rows.emplace_back();
    one.member = row.Int(0);
    one.unit = common::UnitUid(row.Int(1));
    one.status = static_cast<AttendanceStatus>(row.Int(2));
    if (!row.IsNull(3)) one.make_up = common::DayFromNumber(row.Int(3));
    if (!row.IsNull(4)) one.recorded = absl::FromUnixMicros(row.Int(4));
    return texts.Open(id, key, row.Bytes(5), one);
  };
  constexpr std::string_view kColumns =
      "SELECT member_id, unit_uid, status, make_up_day, record_us, texts FROM attendance WHERE partition_id = ? AND "
      "activity_id = ? AND ";
  if (members.empty()) {
    const std::string text = fmt::format("{}member_id > ? ORDER BY member_id LIMIT ?", kColumns);
    RONGHE_RETURN_IF_ERROR(
        session.Select({"attendance_page", text}, {PartitionOf(id), id.value, after, int64_t{limit}}, read));
    return rows;
  }
  constexpr size_t kPiece = 512;
  for (size_t at = 0; at < members.size(); at += kPiece) {
    const std::span<const int64_t> some = members.subspan(at, std::min(kPiece, members.size() - at));
    const int padded = sql::PaddedCount(static_cast<int>(some.size()));
    std::vector<Value> args = {PartitionOf(id), id.value};
    for (int i = 0; i < padded; ++i) args.emplace_back(some[std::min<size_t>(static_cast<size_t>(i), some.size() - 1)]);
    const std::string text = fmt::format("{}member_id IN ({}) ORDER BY member_id", kColumns, sql::Placeholders(padded));
    RONGHE_RETURN_IF_ERROR(session.Select({"attendance_some", text}, args, read));
  }
  return rows;
}

absl::Status InsertAttendanceRows(sql::Session& session, ActivityId id, std::span<const Attendance> rows) {
  constexpr std::string_view kColumns[] = {"partition_id", "activity_id", "member_id", "unit_uid",
                                           "status",       "make_up_day", "record_us", "texts"};
  std::vector<std::vector<Value>> values;
  values.reserve(rows.size());
  for (const Attendance& row : rows) {
    values.push_back({PartitionOf(id), id.value, row.member, row.unit.value, static_cast<int64_t>(row.status),
                      sql::Null{}, sql::Null{}, sql::Blob{}});
  }
  if (values.empty()) return absl::OkStatus();
  return session.BulkInsert("attendance_insert", "attendance", kColumns, values);
}

absl::Status UpdateAttendanceRows(sql::Session& session, const ActivityTexts& texts, const ActivityRow& activity,
                                  std::span<const Attendance> rows) {
  const ActivityId id = activity.stored.id;
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey key, texts.Unwrap(id, activity.key));
  for (const Attendance& row : rows) {
    const Value args[] = {static_cast<int64_t>(row.status),
                          row.make_up ? Value(common::DayNumber(*row.make_up)) : Value(sql::Null{}),
                          row.recorded ? Value(absl::ToUnixMicros(*row.recorded)) : Value(sql::Null{}),
                          sql::Blob{texts.Seal(id, key, row)},
                          PartitionOf(id),
                          id.value,
                          row.member};
    // They were read in this transaction, under the partition's lock row.
    RONGHE_RETURN_IF_ERROR(session.Queue(kUpdateAttendance, std::span<const Value>(args)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<common::UnitUid, AttendanceCounts>> CountAttendances(sql::Session& session, ActivityId id) {
  std::map<common::UnitUid, AttendanceCounts> counts;
  RONGHE_RETURN_IF_ERROR(session.Select(kCount, {PartitionOf(id), id.value}, [&](const sql::Row& row) {
    counts[common::UnitUid(row.Int(0))] = {row.Int(1), row.Int(2)};
    return absl::OkStatus();
  }));
  return counts;
}

absl::Status InsertStep(sql::Session& session, const ActivityTexts& texts, const ActivityRow& activity,
                        const ActivityStep& step) {
  const ActivityId id = activity.stored.id;
  RONGHE_ASSIGN_OR_RETURN(std::string sealed, texts.Seal(id, activity.key, step));
  const Value args[] = {PartitionOf(id),
                        id.value,
                        step.id,
                        static_cast<int64_t>(step.event),
                        static_cast<int64_t>(step.after),
                        absl::ToUnixMicros(step.at),
                        step.actor,
                        int64_t{step.attendances},
                        sql::Blob{std::move(sealed)}};
  return session.Execute(kInsertStep, std::span<const Value>(args)).status();
}

absl::StatusOr<std::vector<ActivityStep>> SelectSteps(sql::Session& session, const ActivityTexts& texts,
                                                      const ActivityRow& activity, int64_t after, int limit) {
  const ActivityId id = activity.stored.id;
  RONGHE_ASSIGN_OR_RETURN(const common::DataKey key, texts.Unwrap(id, activity.key));
  std::vector<ActivityStep> steps;
  const auto read = [&](const sql::Row& row) {
    ActivityStep& step = steps.emplace_back();
    step.id = row.Int(0);
    step.event = static_cast<ActivityEvent>(row.Int(1));
    step.after = static_cast<ActivityState>(row.Int(2));
    step.at = absl::FromUnixMicros(row.Int(3));
    step.actor = row.Text(4);
    step.attendances = static_cast<int>(row.Int(5));
    return texts.Open(id, key, row.Bytes(6), step);
  };
  RONGHE_RETURN_IF_ERROR(session.Select(kSteps, {PartitionOf(id), id.value, after, int64_t{limit}}, read));
  return steps;
}

absl::Status InsertCodeRows(sql::Session& session, ActivityId id, std::span<const std::string> digests,
                            absl::Time expire) {
  constexpr std::string_view kColumns[] = {"partition_id", "activity_id", "digest", "expire_us", "member_id"};
  std::vector<std::vector<Value>> values;
  for (const std::string& digest : digests) {
    values.push_back({PartitionOf(id), id.value, digest, absl::ToUnixMicros(expire), int64_t{0}});
  }
  return session.BulkInsert("activity_code_insert", "activity_code", kColumns, values);
}

absl::StatusOr<CodeUse> TakeCodeRow(sql::Session& session, ActivityId id, const std::string& digest, int64_t member,
                                    absl::Time now) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t taken, session.Execute(kTakeCode, {member, PartitionOf(id), id.value, digest,
                                                                           absl::ToUnixMicros(now)}));
  if (taken == 1) return CodeUse::kTaken;
  CodeUse use = CodeUse::kUnknown;
  RONGHE_RETURN_IF_ERROR(session.Select(kFindCode, {PartitionOf(id), id.value, digest}, [&](const sql::Row& row) {
    use = row.Int(0) != 0 ? CodeUse::kUsed : CodeUse::kExpired;
    return absl::OkStatus();
  }));
  return use;
}

}  // namespace ronghe::education
