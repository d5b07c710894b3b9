#pragma once

#include <cstdint>
#include <string>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"

// The statements of the publisher; each function is a part of one transaction.
namespace ronghe::common::publication {

// Who may publish, until when.
struct Lease {
  int64_t epoch = 0;
  std::string holder;
  int64_t until_us = 0;
};

// What there is to do.
struct Look {
  int64_t position = 0;  // the last one
  Lease lease;
  bool pending = false;  // some committed change has no position yet
};
absl::StatusOr<Look> LookAround(sql::Session& session);

struct Batch {
  int64_t position = 0;  // the last one after it
  int64_t count = 0;     // of changes in it
};
// Gives positions to at most `limit` committed changes: partition by partition, in revision order. `seen` is the lease
// as it was looked at: ABORTED, reason LEASE_LOST, if it has changed since; it becomes `next`.
absl::StatusOr<Batch> PublishBatch(sql::Session& session, const Lease& seen, const Lease& next, int64_t now_us,
                                   int limit);

// Drops some (1,000) of the oldest positions, of those published before `cutoff_us`, and their changes; returns how
// many. ABORTED if another process did so meanwhile.
absl::StatusOr<int64_t> DropFeed(sql::Session& session, int64_t cutoff_us);
// Drops requests of a registry partition that expired before `now_us`, some hundreds at a time; returns how many.
absl::StatusOr<int64_t> DropRequests(sql::Session& session, int64_t registry_partition, int64_t now_us);
// Whether there are any.
absl::StatusOr<bool> HasExpiredRequests(sql::Session& session, int64_t registry_partition, int64_t now_us);

}  // namespace ronghe::common::publication
