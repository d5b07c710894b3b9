#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/education/domain/activity.h"
#include "services/education/domain/attendance.h"

namespace ronghe::education {

struct StoredActivity {
  ActivityId id = {};
  int64_t version = 0;   // from 1
  int64_t revision = 0;  // of the partition, of the write that made this version; 0: only tried
  absl::Time create_time = {};
  absl::Time update_time = {};
  Activity activity;
};

// One thing that happened to an activity.
struct ActivityStep {
  int64_t id = 0;      // the store's
  absl::Time at = {};  // the store's
  ActivityEvent event = ActivityEvent::kUnspecified;
  ActivityState after = ActivityState::kUnspecified;
  std::string actor;  // `issuer|subject`; empty: the clock
  int attendances = 0;
  std::string reason;
  // Of an amendment: what it replaced.
  std::vector<Attendance> replaced;
  std::optional<common::Document> replaced_minutes;
  int replaced_credit = 0;
};

// `activities/{id}`; what changes with every version.
std::string NameOf(ActivityId id);
std::string EtagOf(const StoredActivity& stored);

enum class CodeUse { kTaken, kUnknown, kUsed, kExpired };

// A write transaction in one partition, which holds the partition's lock row. Inserts and replacements are logged with
// what they add to totals. Not thread-safe.
class ActivityTxn {
 public:
  virtual ~ActivityTxn() = default;
  virtual absl::Time now() const = 0;
  // Idempotency, before anything else: the resource of the same request made before, or nullopt for a new request.
  virtual absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) = 0;
  virtual void Remember(std::string resource) = 0;

  virtual absl::StatusOr<std::optional<StoredActivity>> Find(ActivityId id) = 0;
  virtual absl::StatusOr<StoredActivity> Insert(const Activity& activity, const ActivityStep& step) = 0;
  // After the attendance was written that goes with it.
  virtual absl::StatusOr<StoredActivity> Replace(const StoredActivity& before, const Activity& after,
                                                 const ActivityStep& step) = 0;

  // By member; all, for no members. At most 1000 are asked for.
  virtual absl::StatusOr<std::vector<Attendance>> Attendances(const StoredActivity& activity,
                                                              std::span<const int64_t> members) = 0;
  virtual absl::Status InsertAttendances(const StoredActivity& activity, std::span<const Attendance> rows) = 0;
  // `before` and `after` are of the same members, in the same order.
  virtual absl::Status ReplaceAttendances(const StoredActivity& activity, std::span<const Attendance> before,
                                          std::span<const Attendance> after) = 0;

  // Digests of codes, good until `expire`.
  virtual absl::Status InsertCodes(ActivityId id, std::span<const std::string> digests, absl::Time expire) = 0;
  // Takes a code for a member, once.
  virtual absl::StatusOr<CodeUse> TakeCode(ActivityId id, const std::string& digest, int64_t member) = 0;
};

struct UnitsOfPartition {
  common::PartitionId partition;
  std::vector<common::UnitUid> units;
};

// Where a list stands, the latest first: after this start and, of those, this id.
struct ActivityPosition {
  int64_t start_us = INT64_MAX;
  int64_t id = INT64_MAX;
  friend auto operator<=>(const ActivityPosition&, const ActivityPosition&) = default;
};
ActivityPosition PositionOf(const StoredActivity& stored);

// Which activities a list wants, beside the units: bit n of a mask allows the value n.
struct ActivityFilter {
  uint32_t kinds = ~0u;
  uint32_t states = ~0u;
  absl::Time from = absl::InfinitePast();     // start at or after
  absl::Time until = absl::InfiniteFuture();  // start before
};

// Thread-safe.
class ActivityStore {
 public:
  virtual ~ActivityStore() = default;
  // One transaction in one partition: OK commits durably; an error rolls back and is returned. `body` may run again.
  virtual absl::Status Write(common::PartitionId partition, const common::Call& call,
                             absl::FunctionRef<absl::Status(ActivityTxn&)> body) = 0;
  virtual absl::StatusOr<std::optional<StoredActivity>> Find(ActivityId id, absl::Time deadline) = 0;
  // At most `limit`, the latest first, after `after`, over all partitions. At most 512 units in all.
  virtual absl::StatusOr<std::vector<StoredActivity>> List(std::span<const UnitsOfPartition> units,
                                                           const ActivityFilter& filter, const ActivityPosition& after,
                                                           int limit, absl::Time deadline) = 0;
  // Of members after `after`, by member.
  virtual absl::StatusOr<std::vector<Attendance>> ListAttendances(ActivityId id, int64_t after, int limit,
                                                                  absl::Time deadline) = 0;
  // Steps after the step `after`, oldest first.
  virtual absl::StatusOr<std::vector<ActivityStep>> History(ActivityId id, int64_t after, int limit,
                                                            absl::Time deadline) = 0;
};

}  // namespace ronghe::education
