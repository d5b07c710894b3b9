#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/directory/directory.h"

namespace ronghe::organization {

// Where the directory is read from, for its streams. Thread-safe.
class DirectorySource {
 public:
  virtual ~DirectorySource() = default;
  virtual absl::StatusOr<std::string> Incarnation() = 0;
  // Where the feed stands, and the revision of partition 0 there.
  struct Head {
    int64_t position = 0;
    int64_t structure_revision = 0;
  };
  virtual absl::StatusOr<Head> ReadHead(absl::Time deadline) = 0;
  // Everything, of one snapshot, in pieces; the last is complete.
  virtual absl::StatusOr<std::vector<common::DirectoryDelta>> LoadAll(absl::Time deadline) = 0;
  // What follows `position`, complete at its own position; its structure_revision is the one given where no change of
  // partition 0 is in it. OUT_OF_RANGE where the feed no longer has it.
  virtual absl::StatusOr<common::DirectoryDelta> After(int64_t position, int64_t structure_revision,
                                                       absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
