#pragma once

#include <string>

#include <absl/status/status.h>
#include <absl/time/time.h>

namespace ronghe::common {

// OK if the health service at `listen` (`0.0.0.0:7301` means this machine) says that `service` serves; else UNAVAILABLE
// with what it said.
absl::Status CheckHealth(const std::string& listen, const std::string& service, absl::Duration patience);

}  // namespace ronghe::common
