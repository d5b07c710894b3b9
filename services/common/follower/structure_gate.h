#pragma once

#include <functional>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "services/common/directory/directory.h"
#include "services/common/serve/wrapper.h"

namespace ronghe::common {

// For processes with a replica of the directory: a token of organization's structure is covered once the replica has
// it, within the deadline, else UNAVAILABLE, reason NOT_YET_VISIBLE. Other tokens are not this process' to judge.
// `directory` outlives it.
Wrapper::RevisionGate StructureGate(Directory& directory);

// Ready once a complete directory is in.
std::function<absl::Status()> DirectoryReadiness(const Directory& directory);

}  // namespace ronghe::common
