#pragma once

#include <string>

#include "services/common/values/status.h"
#include "services/common/values/wire.h"
#include "services/common/values/write_options.h"

namespace ronghe::rectification {

// What a write's request says beside its content; `violations` is what was already found wrong with its form.
template <typename Request>
common::WriteOptions OptionsOf(const common::Call& call, const Request& request, const std::string& etag,
                               common::Violations violations = {}) {
  common::WriteOptions options;
  options.key = common::KeyOf(call, request.request_id(), request, violations);
  options.etag = etag;
  options.validate_only = request.validate_only();
  options.faults = violations.list();
  return options;
}

}  // namespace ronghe::rectification
