#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/sql/database.h"

namespace ronghe::organization {

// Reads the directory (structure, principals, grants, revoked tokens) out of the store: all of it, or what the feed
// says has changed. Thread-safe.
class DirectoryLoader {
 public:
  // All must outlive it.
  DirectoryLoader(common::sql::Database& database, common::ChangeLog& log, common::Feed& feed,
                  const common::Clock& clock)
      : database_(database), log_(log), feed_(feed), clock_(clock) {}

  // Everything, of one snapshot, in pieces of at most 1,000 units; the first says `reset`, the last `complete`.
  absl::StatusOr<std::vector<common::DirectoryDelta>> LoadAll(absl::Time deadline);
  // What follows `position`, at most 500 changes: complete at its own position, which is `position` where nothing
  // follows. Its structure_revision is the one given where no change of partition 0 is in it. OUT_OF_RANGE where the
  // feed no longer has it: load all.
  absl::StatusOr<std::string> Incarnation() { return log_.Incarnation(); }
  absl::StatusOr<common::Feed::Head> ReadHead(absl::Time deadline);
  absl::StatusOr<common::DirectoryDelta> After(int64_t position, int64_t structure_revision, absl::Time deadline);

 private:
  struct Changed;
  absl::Status ReadChanged(common::sql::Session& session, const Changed& changed, common::DirectoryDelta& delta);

  common::sql::Database& database_;
  common::ChangeLog& log_;
  common::Feed& feed_;
  const common::Clock& clock_;
};

}  // namespace ronghe::organization
