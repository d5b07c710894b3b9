#include "services/common/timer/timer_rows.h"

#include <utility>

#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common::timer {
namespace {

// The one clock in SQL.
constexpr sql::Query kServerTime{"timer_now", "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"};
constexpr std::string_view kReadDue =
    "SELECT partition_id, record, generation, due_us, attempt_us, attempts FROM timer "
    "WHERE kind = ? AND attempt_us <= ?{} ORDER BY attempt_us, partition_id, record LIMIT ?";
constexpr sql::Query kPostpone{"timer_postpone",
                               "UPDATE timer SET attempts = attempts + 1, attempt_us = ? "
                               "WHERE partition_id = ? AND kind = ? AND record = ? AND generation = ?"};

}  // namespace

absl::StatusOr<absl::Time> ServerTime(sql::Session& session) {
  absl::Time time;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kServerTime, {},
                                        [&](const sql::Row& row) {
                                          time = absl::FromUnixMicros(row.Int(0));
                                          return absl::OkStatus();
                                        })
                             .status());
  return time;
}

absl::StatusOr<std::vector<TimerRow>> ReadTimers(sql::Session& session, std::string_view kind, int64_t until_us,
                                                 const std::set<PartitionId>& without, int64_t limit) {
  std::string apart;
  std::vector<sql::Value> args = {std::string(kind), until_us};
  for (const PartitionId partition : without) {
    apart += " AND partition_id <> ?";
    args.emplace_back(partition.value);
  }
  args.emplace_back(limit);
  const std::string text = fmt::format(kReadDue, apart);
  std::vector<TimerRow> rows;
  RONGHE_RETURN_IF_ERROR(session.Select({"timer_due", text}, args, [&](const sql::Row& row) {
    rows.push_back(
        {PartitionId(row.Int(0)), std::string(kind), row.Int(1), row.Int(2), row.Int(3), row.Int(4), row.Int(5)});
    return absl::OkStatus();
  }));
  return rows;
}

absl::StatusOr<std::vector<bool>> DeleteTimers(sql::Session& session, std::span<const TimerRow> rows) {
  std::string keys;
  std::vector<sql::Value> args = {rows.front().partition.value};
  for (const TimerRow& row : rows) {
    keys += keys.empty() ? "(?, ?, ?)" : ", (?, ?, ?)";
    args.insert(args.end(), {row.kind, row.record, row.generation});
  }
  const std::string text = fmt::format(
      "DELETE FROM timer WHERE partition_id = ? AND (kind, record, generation) IN (VALUES {}) RETURNING kind, record",
      keys);
  absl::flat_hash_set<std::pair<std::string, int64_t>> deleted;
  RONGHE_RETURN_IF_ERROR(session.Select({"timer_fire", text}, args, [&](const sql::Row& row) {
    deleted.emplace(row.Text(0), row.Int(1));
    return absl::OkStatus();
  }));
  std::vector<bool> ours;
  ours.reserve(rows.size());
  for (const TimerRow& row : rows) ours.push_back(deleted.contains({row.kind, row.record}));
  return ours;
}

absl::Status Postpone(sql::Session& session, const TimerRow& row, int64_t attempt_us) {
  return session.Execute(kPostpone, {attempt_us, row.partition.value, row.kind, row.record, row.generation}).status();
}

}  // namespace ronghe::common::timer
