#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/sql/database.h"
#include "services/common/values/ids.h"

// The statements of the timer loop.
namespace ronghe::common::timer {

struct TimerRow {
  PartitionId partition;
  std::string kind;
  int64_t record = 0;
  int64_t generation = 0;
  int64_t due_us = 0;
  int64_t attempt_us = 0;
  int64_t attempts = 0;
};

// The database server's time. PostgreSQL only.
absl::StatusOr<absl::Time> ServerTime(sql::Session& session);
// Of a kind, to be tried up to an instant, the earliest first; none of the partitions in `without`.
absl::StatusOr<std::vector<TimerRow>> ReadTimers(sql::Session& session, std::string_view kind, int64_t until_us,
                                                 const std::set<PartitionId>& without, int64_t limit);
// Of one partition; for each whether it was still there in this generation.
absl::StatusOr<std::vector<bool>> DeleteTimers(sql::Session& session, std::span<const TimerRow> rows);
// Tries it again at `attempt_us`; nothing happens if it is not there in this generation any longer.
absl::Status Postpone(sql::Session& session, const TimerRow& row, int64_t attempt_us);

}  // namespace ronghe::common::timer
