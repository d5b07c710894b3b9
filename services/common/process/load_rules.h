#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/common/telemetry/log.h"
#include "services/common/values/text_file.h"

namespace ronghe::common {

// What came of reading the file of a setting (an empty name: what ships with the service). What cannot be used stops
// the start: every fault is in the log and in the error.
template <typename Loaded>
absl::StatusOr<Loaded> LoadedOrFaults(absl::StatusOr<Loaded> loaded, const char* setting, const std::string& file) {
  if (loaded.ok()) return loaded;
  const std::string name = file.empty() ? "(shipped)" : file;
  const std::vector<std::string> faults = FaultsOf(loaded.status());
  for (const std::string& fault : faults) {
    Log(LogLevel::kError, "a file of rules cannot be used", {{"setting", setting}, {"file", name}, {"fault", fault}});
  }
  return absl::InvalidArgumentError(
      fmt::format("{} {}: {}: {}", setting, name,
                  faults.size() == 1 ? "1 fault" : fmt::format("{} faults", faults.size()), fmt::join(faults, "; ")));
}

}  // namespace ronghe::common
