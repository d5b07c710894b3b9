#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"

namespace ronghe::common {

// A reading as it is to be recorded.
struct AuditReading {
  std::string actor;
  std::string action;
  std::string resource;
  std::string purpose;
  UnitUid unit = {};  // of what was read, or searched in
};

// One that was.
struct AuditEntry {
  PartitionId partition;
  int64_t seq = 0;  // from 1
  absl::Time time;
  AuditReading reading;
};

// Which entries a list wants; empty or infinite: all.
struct AuditFilter {
  std::string actor;
  std::string resource;
  absl::Time start = absl::InfinitePast();
  absl::Time end = absl::InfiniteFuture();
};

// How far a chain reached.
struct AuditHead {
  PartitionId partition;
  int64_t seq = 0;
  std::string hash;  // 32 bytes
};

// Numbers as in organization.v1.
enum class AuditFault { kNone = 0, kChanged = 1, kMissing = 2, kCutOff = 3, kHead = 4, kKnownHead = 5 };

// What a walk of a chain found: whether it is whole, and the first entry that does not fit (or is missing).
struct AuditFinding {
  bool intact = false;
  int64_t rows = 0;  // looked at, up to the first fault
  int64_t broken_at = 0;
  AuditFault fault = AuditFault::kNone;
  AuditHead head = {};
};

// Who read what, and why. Thread-safe.
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  // Durable when it returns OK; personal data may be answered only then.
  virtual absl::Status Append(PartitionId partition, const AuditReading& reading, absl::Time deadline) = 0;
  // At most `limit` entries of a chain before entry `before`, newest first.
  virtual absl::StatusOr<std::vector<AuditEntry>> List(PartitionId partition, const AuditFilter& filter, int64_t before,
                                                       int limit, absl::Time deadline) = 0;
  // Walks the chain in pieces, up to the head it had when it began; `known` are heads of this chain from before.
  // CANCELLED once `cancelled` says so.
  virtual absl::StatusOr<AuditFinding> Verify(PartitionId partition, std::span<const AuditHead> known,
                                              absl::Time deadline, const std::function<bool()>& cancelled) = 0;
};

}  // namespace ronghe::common
