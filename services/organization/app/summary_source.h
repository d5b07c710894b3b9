#pragma once

#include <span>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"
#include "services/organization/domain/unit_counts.h"

namespace ronghe::organization {

// Own numbers of units, read in one snapshot.
struct OwnCounts {
  absl::flat_hash_map<common::UnitUid, MemberCounts> members;
  int64_t position = 0;            // feed position of the snapshot
  absl::Time time;                 // when it was committed
  int64_t structure_revision = 0;  // revision of partition 0 at that position
};

// Thread-safe.
class SummarySource {
 public:
  virtual ~SummarySource() = default;
  // Member counts of all units whose records lie in these partitions.
  virtual absl::StatusOr<OwnCounts> Read(std::span<const common::PartitionId> partitions, absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
