#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/time/civil_time.h>

#include "services/common/values/call.h"
#include "services/common/values/status.h"

namespace ronghe::organization {

// What is common to writes.
struct WriteOptions {
  common::RequestKey key;
  std::optional<absl::CivilDay> effective;  // default: today
  std::string etag;                         // if set, must be current
  bool validate_only = false;
  // What the form of the request got wrong: reported together with everything else.
  std::vector<common::Violation> faults;
};
// What is wrong already.
inline common::Violations StartWith(const WriteOptions& options) {
  common::Violations violations;
  for (const common::Violation& fault : options.faults) violations.Add(fault.field, fault.reason, fault.text);
  return violations;
}

}  // namespace ronghe::organization
