#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "services/common/changelog/changelog.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

// The limit stands in the text, so that a planner knows how few rows are wanted and walks the two primary keys.
constexpr int kMaxPage = 500;
constexpr sql::Query kAfter{
    "feed_after",
    "SELECT f.position, f.source_partition, f.source_rev, c.time_us, c.kind, c.resource, c.unit_uid, "
    "c.unit_before_uid, "
    "c.change_id, c.etag, c.rollup FROM feed AS f "
    "JOIN change_log AS c ON c.partition_id = f.source_partition AND c.rev = f.source_rev "
    "WHERE f.partition_id = 0 AND f.position > ? AND f.position <= ? ORDER BY f.position LIMIT 500"};
constexpr sql::Query kFeedState{"feed_state_read",
                                "SELECT position, oldest, time_us FROM feed_state WHERE partition_id = 0"};
constexpr sql::Query kPublished{"published_read", "SELECT rev FROM published WHERE partition_id = ?"};

struct State {
  Feed::Bounds bounds;
  absl::Time time = absl::UnixEpoch();
};

absl::StatusOr<State> ReadState(sql::Session& session) {
  State state;
  RONGHE_ASSIGN_OR_RETURN(const bool found, session.SelectOne(kFeedState, {}, [&](const sql::Row& row) {
    state.bounds.last = row.Int(0);
    state.bounds.oldest = row.Int(1);
    state.time = absl::FromUnixMicros(row.Int(2));
    return absl::OkStatus();
  }));
  if (!found) return Internal("the feed has no state row");
  return state;
}

PublishedChange ChangeOf(const sql::Row& row) {
  PublishedChange change;
  change.position = row.Int(0);
  change.partition = PartitionId(row.Int(1));
  change.revision = row.Int(2);
  change.time = absl::FromUnixMicros(row.Int(3));
  change.entry.kind = static_cast<ChangeKind>(row.Int(4));
  change.entry.resource = row.Text(5);
  change.entry.unit = UnitUid(row.Int(6));
  change.entry.unit_before = UnitUid(row.Int(7));
  change.change_id = row.Text(8);
  change.entry.etag = row.Text(9);
  change.entry.rollup = row.Text(10);
  return change;
}

absl::Status Expired(int64_t oldest) {
  return OutOfRange("FEED_EXPIRED",
                    {fmt::format("Changes so old are no longer kept; the oldest position is {}. List again.", oldest),
                     fmt::format("所请求的变更已超出保留期,最早保留的位置为{}。请重新获取列表。", oldest)});
}

}  // namespace

absl::StatusOr<std::vector<PublishedChange>> Feed::After(int64_t position, int limit, absl::Time deadline) {
  std::vector<PublishedChange> changes;
  const int64_t count = std::clamp(limit, 0, kMaxPage);
  const auto add = [&](const sql::Row& row) {
    changes.push_back(ChangeOf(row));
    return absl::OkStatus();
  };
  const auto body = [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const State state, ReadState(session));
    if (position + 1 < state.bounds.oldest) return Expired(state.bounds.oldest);
    const int64_t last = std::min(position + count, state.bounds.last);
    if (position >= last) return absl::OkStatus();
    changes.reserve(static_cast<size_t>(last - position));
    RONGHE_RETURN_IF_ERROR(session.Select(kAfter, {position, last}, add));
    if (static_cast<int64_t>(changes.size()) == last - position) return absl::OkStatus();
    return Internal(fmt::format("the feed has {} changes in ({}, {}]", changes.size(), position, last));
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, body));
  return changes;
}

absl::StatusOr<int64_t> Feed::Last(absl::Time deadline) {
  RONGHE_ASSIGN_OR_RETURN(const Bounds bounds, ReadBounds(deadline));
  return bounds.last;
}

absl::StatusOr<Feed::Bounds> Feed::ReadBounds(absl::Time deadline) {
  Bounds bounds;
  const auto body = [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(const State state, ReadState(session));
    bounds = state.bounds;
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, body));
  return bounds;
}

absl::StatusOr<Feed::Head> Feed::ReadHead(sql::Session& session, PartitionId partition) {
  RONGHE_ASSIGN_OR_RETURN(const State state, ReadState(session));
  Head head{.position = state.bounds.last, .time = state.time};
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kPublished, {partition.value},
                                        [&](const sql::Row& row) {
                                          head.partition_revision = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return head;
}

}  // namespace ronghe::common
