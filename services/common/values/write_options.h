#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/civil_time.h>

#include "services/common/values/call.h"
#include "services/common/values/status.h"

namespace ronghe::common {

// What is common to writes.
struct WriteOptions {
  RequestKey key;
  std::optional<absl::CivilDay> effective;  // default: today
  std::string etag;                         // if set, must be current
  bool validate_only = false;
  // What the form of the request got wrong: reported together with everything else.
  std::vector<Violation> faults;
};
// What is wrong already.
inline Violations StartWith(const WriteOptions& options) {
  Violations violations;
  for (const Violation& fault : options.faults) violations.Add(fault.field, fault.reason, fault.text);
  return violations;
}

// ABORTED, reason ETAG_MISMATCH, where an etag was sent and is not the current one.
inline absl::Status CheckEtag(std::string_view current, std::string_view sent) {
  if (sent.empty() || sent == current) return absl::OkStatus();
  return Aborted("ETAG_MISMATCH", {"it has changed since it was read; read it again, then write",
                                   "该记录在读取之后已被修改，请重新读取"});
}

}  // namespace ronghe::common
