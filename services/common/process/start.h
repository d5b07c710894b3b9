#pragma once

#include <optional>

#include "services/common/config/settings.h"
#include "services/common/process/process.h"

namespace ronghe::common {

// Declares the settings that all processes have: --listen, --probe-listen, --issuer NAME=FILE, --suite-key,
// --token-secret,
// --pool-threads, --pool-queue, --deadline, --drain, --port-file, --time-zone, --log-level and the like.
void AddServeSettings(Settings& settings, ServeConfig& config);

// Reads the settings. The exit code if there is nothing to serve: --help and --version (0), --health-check (0 if the
// process at the listening address says it serves, else 1), a wrong setting (2, said on stderr in one line). Otherwise
// the log begins with the settings in force, secrets hidden:
//
//   if (std::optional<int> exit = Start(settings, config.serve, argc, argv)) return *exit;
std::optional<int> Start(Settings& settings, const ServeConfig& config, int argc, const char* const* argv);

}  // namespace ronghe::common
