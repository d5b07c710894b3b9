#include <utility>
#include <vector>

#include "services/common/changelog/publication.h"
#include "services/common/values/status.h"

namespace ronghe::common::publication {
namespace {

// Batches of 1,000 positions and 500 requests: a writer waits for one at most.
constexpr sql::Query kOldest{"retention_oldest", "SELECT oldest FROM feed_state WHERE partition_id = 0"};
constexpr sql::Query kExpiredTo{
    "retention_expired_to",
    "SELECT MAX(q.position) FROM (SELECT position, time_us FROM feed WHERE partition_id = 0 AND position >= ? "
    "ORDER BY position LIMIT 1000) AS q WHERE q.time_us < ?"};
constexpr sql::Query kSources{"retention_sources",
                              "SELECT source_partition, MAX(source_rev) FROM feed "
                              "WHERE partition_id = 0 AND position >= ? AND position <= ? "
                              "GROUP BY source_partition ORDER BY source_partition"};
constexpr sql::Query kDropChanges{"retention_drop_changes",
                                  "DELETE FROM change_log WHERE partition_id = ? AND rev <= ?"};
constexpr sql::Query kDropPositions{"retention_drop_positions",
                                    "DELETE FROM feed WHERE partition_id = 0 AND position >= ? AND position <= ?"};
constexpr sql::Query kSetOldest{"retention_set_oldest",
                                "UPDATE feed_state SET oldest = ? WHERE partition_id = 0 AND oldest = ?"};
constexpr sql::Query kHasRequests{
    "retention_has_requests",
    "SELECT expire_us FROM request_log WHERE partition_id = ? AND expire_us < ? ORDER BY expire_us LIMIT 1"};
constexpr sql::Query kRequestsTo{"retention_requests_to",
                                 "SELECT MAX(q.expire_us) FROM (SELECT expire_us FROM request_log "
                                 "WHERE partition_id = ? AND expire_us < ? ORDER BY expire_us LIMIT 500) AS q"};
constexpr sql::Query kDropRequests{"retention_drop_requests",
                                   "DELETE FROM request_log WHERE partition_id = ? AND expire_us <= ?"};

// The single number of a query; `otherwise` where there is none.
absl::StatusOr<int64_t> Number(sql::Session& session, const sql::Query& query, std::initializer_list<sql::Value> args,
                               int64_t otherwise) {
  int64_t number = otherwise;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(query, args,
                                        [&](const sql::Row& row) {
                                          if (!row.IsNull(0)) number = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return number;
}

}  // namespace

absl::StatusOr<int64_t> DropFeed(sql::Session& session, int64_t cutoff_us) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t oldest, Number(session, kOldest, {}, 1));
  RONGHE_ASSIGN_OR_RETURN(const int64_t to, Number(session, kExpiredTo, {oldest, cutoff_us}, 0));
  if (to < oldest) return 0;
  RONGHE_ASSIGN_OR_RETURN(const int64_t moved, session.Execute(kSetOldest, {to + 1, oldest}));
  if (moved != 1) return Aborted("CONFLICT", {"Another process drops.", "另一进程正在清理。"});
  std::vector<std::pair<int64_t, int64_t>> sources;
  RONGHE_RETURN_IF_ERROR(session.Select(kSources, {oldest, to}, [&](const sql::Row& row) {
    sources.emplace_back(row.Int(0), row.Int(1));
    return absl::OkStatus();
  }));
  // Positions follow the revisions of a partition, so what is dropped of it is the beginning of its log.
  for (const auto& [partition, revision] : sources) {
    RONGHE_RETURN_IF_ERROR(session.Execute(kDropChanges, {partition, revision}).status());
  }
  return session.Execute(kDropPositions, {oldest, to});
}

absl::StatusOr<bool> HasExpiredRequests(sql::Session& session, int64_t registry_partition, int64_t now_us) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t expire, Number(session, kHasRequests, {registry_partition, now_us}, -1));
  return expire >= 0;
}

absl::StatusOr<int64_t> DropRequests(sql::Session& session, int64_t registry_partition, int64_t now_us) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t to, Number(session, kRequestsTo, {registry_partition, now_us}, -1));
  if (to < 0) return 0;
  return session.Execute(kDropRequests, {registry_partition, to});
}

}  // namespace ronghe::common::publication
