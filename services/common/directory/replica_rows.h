#pragma once

#include <span>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/directory/directory.h"
#include "services/common/sql/database.h"

// The rows of the replica. All within the caller's transaction.
namespace ronghe::common {

// Everything stored, as a complete transfer; `incarnation` is empty where nothing is.
absl::StatusOr<DirectoryDelta> ReadReplica(sql::Session& session);

// `added` must not be there yet, `changed` may be.
absl::Status WriteUnits(sql::Session& session, std::span<const DirectoryUnit> added,
                        std::span<const DirectoryUnit> changed, std::span<const DirectoryUnit> forgotten);
// New and changed principals, grants and tokens; revoked grants go, and so do tokens that expired before `now`.
absl::Status WriteAccess(sql::Session& session, const DirectoryDelta& delta, absl::Time now);
// These and no others.
absl::Status ReplaceAccess(sql::Session& session, const DirectoryDelta& delta);
absl::Status WriteState(sql::Session& session, const DirectoryDelta& delta);

}  // namespace ronghe::common
