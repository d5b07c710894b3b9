#include "services/common/changelog/publication.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common::publication {
namespace {

// One round trip, because it runs fifty times a second.
constexpr sql::Query kLook{
    "publisher_look",
    "SELECT CAST(1 AS BIGINT), position, CAST(0 AS BIGINT), '' FROM feed_state WHERE partition_id = 0 "
    "UNION ALL SELECT CAST(2 AS BIGINT), epoch, until_us, holder FROM lease "
    "WHERE partition_id = 0 AND name = 'publisher' "
    "UNION ALL SELECT CAST(3 AS BIGINT), q.rev, CAST(0 AS BIGINT), '' FROM "
    "(SELECT s.rev FROM shard_rev AS s LEFT JOIN published AS p ON p.partition_id = s.partition_id "
    "WHERE s.rev > COALESCE(p.rev, 0) LIMIT 1) AS q"};
constexpr sql::Query kTakeLease{"publisher_lease",
                                "UPDATE lease SET epoch = ?, holder = ?, until_us = ? "
                                "WHERE partition_id = 0 AND name = 'publisher' AND epoch = ?"};
constexpr sql::Query kState{"publisher_state", "SELECT position FROM feed_state WHERE partition_id = 0"};
constexpr sql::Query kPending{
    "publisher_pending",
    "SELECT s.partition_id, COALESCE(p.rev, 0), s.rev FROM shard_rev AS s "
    "LEFT JOIN published AS p ON p.partition_id = s.partition_id WHERE s.rev > COALESCE(p.rev, 0) "
    "ORDER BY s.partition_id LIMIT 5000"};
constexpr sql::Query kAdvance{
    "publisher_advance", "UPDATE feed_state SET position = ?, time_us = ? WHERE partition_id = 0 AND position = ?"};

// Changes (low, high] of a partition.
struct Range {
  int64_t partition;
  int64_t low;
  int64_t high;
};

// Statements for 1, 8 and 64 ranges: few enough to stay prepared, without padding.
constexpr std::array<size_t, 3> kWidths = {64, 8, 1};

std::string Repeat(std::string_view piece, std::string_view separator, size_t times) {
  std::string text(piece);
  for (size_t i = 1; i < times; ++i) text.append(separator).append(piece);
  return text;
}

struct Statements {
  std::string number;
  std::string mark;
};
const Statements& StatementsOf(size_t width) {
  // Revisions are gapless, so a position is a sum; each range is read by primary key, whatever the planner believes.
  static const auto make = [](size_t n) {
    return Statements{
        "INSERT INTO feed (partition_id, position, source_partition, source_rev, time_us) " +
            Repeat("SELECT 0, CAST(? AS BIGINT) + rev, partition_id, rev, CAST(? AS BIGINT) FROM change_log "
                   "WHERE partition_id = ? AND rev > ? AND rev <= ?",
                   " UNION ALL ", n),
        "INSERT INTO published (partition_id, rev) VALUES " + Repeat("(?, ?)", ", ", n) +
            " ON CONFLICT (partition_id) DO UPDATE SET rev = excluded.rev"};
  };
  static const std::array<Statements, kWidths.size()> all = {make(kWidths[0]), make(kWidths[1]), make(kWidths[2])};
  return all[static_cast<size_t>(std::find(kWidths.begin(), kWidths.end(), width) - kWidths.begin())];
}

// The ranges to publish now, `limit` changes at most.
absl::StatusOr<std::vector<Range>> Pending(sql::Session& session, int64_t limit) {
  std::vector<Range> ranges;
  RONGHE_RETURN_IF_ERROR(session.Select(kPending, {}, [&](const sql::Row& row) {
    Range range{row.Int(0), row.Int(1), row.Int(2)};
    range.high = std::min(range.high, range.low + limit);
    if (range.high > range.low) ranges.push_back(range);
    limit -= range.high - range.low;
    return absl::OkStatus();
  }));
  return ranges;
}

// Numbers one group of ranges after `position`; returns the new last position.
absl::StatusOr<int64_t> Number(sql::Session& session, std::span<const Range> ranges, int64_t position, int64_t now_us) {
  const Statements& statements = StatementsOf(ranges.size());
  std::vector<sql::Value> number;
  std::vector<sql::Value> mark;
  int64_t next = position;
  for (const Range& range : ranges) {
    number.insert(number.end(), {next - range.low, now_us, range.partition, range.low, range.high});
    mark.insert(mark.end(), {range.partition, range.high});
    next += range.high - range.low;
  }
  RONGHE_ASSIGN_OR_RETURN(const int64_t inserted, session.Execute({"publisher_number", statements.number},
                                                                  std::span<const sql::Value>(number)));
  if (inserted != next - position) {
    return Internal(fmt::format("{} changes instead of {} from partition {}, revision {}", inserted, next - position,
                                ranges.front().partition, ranges.front().low));
  }
  RONGHE_RETURN_IF_ERROR(
      session.Execute({"publisher_mark", statements.mark}, std::span<const sql::Value>(mark)).status());
  return next;
}

}  // namespace

absl::StatusOr<Look> LookAround(sql::Session& session) {
  Look look;
  RONGHE_RETURN_IF_ERROR(session.Select(kLook, {}, [&](const sql::Row& row) {
    switch (row.Int(0)) {
      case 1:
        look.position = row.Int(1);
        break;
      case 2:
        look.lease = {row.Int(1), std::string(row.Text(3)), row.Int(2)};
        break;
      default:
        look.pending = true;
    }
    return absl::OkStatus();
  }));
  return look;
}

absl::StatusOr<Batch> PublishBatch(sql::Session& session, const Lease& seen, const Lease& next, int64_t now_us,
                                   int limit) {
  // First, so that publishers take turns and every later statement sees what the one before has published.
  RONGHE_ASSIGN_OR_RETURN(const int64_t held,
                          session.Execute(kTakeLease, {next.epoch, next.holder, next.until_us, seen.epoch}));
  if (held != 1) return Aborted("LEASE_LOST", {"Another process publishes.", "另一进程正在发布。"});
  int64_t before = -1;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kState, {},
                                        [&](const sql::Row& row) {
                                          before = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  RONGHE_ASSIGN_OR_RETURN(const std::vector<Range> ranges, Pending(session, limit));
  int64_t position = before;
  std::span<const Range> left(ranges);
  for (const size_t width : kWidths) {
    for (; left.size() >= width; left = left.subspan(width)) {
      RONGHE_ASSIGN_OR_RETURN(position, Number(session, left.first(width), position, now_us));
    }
  }
  if (position > before) {
    RONGHE_ASSIGN_OR_RETURN(const int64_t advanced, session.Execute(kAdvance, {position, now_us, before}));
    if (advanced != 1) return Internal("the feed was advanced beside its lease");
  }
  return Batch{.position = position, .count = position - before};
}

}  // namespace ronghe::common::publication
