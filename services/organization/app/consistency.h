#pragma once

#include <string>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"

namespace ronghe::organization {

// How far this process' view of its own store reaches. Thread-safe.
class Consistency {
 public:
  virtual ~Consistency() = default;
  // Identifies this history; changes at every restore.
  virtual absl::StatusOr<std::string> Incarnation() = 0;
  // The committed revision of a partition.
  virtual absl::StatusOr<int64_t> Revision(common::PartitionId partition, absl::Time deadline) = 0;
  // Publishes what is committed and waits until the tree in memory holds the structure's `revision`; false at the
  // deadline.
  virtual bool WaitForStructure(int64_t revision, absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
