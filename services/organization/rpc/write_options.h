#pragma once

#include <string>

#include "services/organization/app/unit_app.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {

// What a write's request says beside its content: `request_id`, and the etag from wherever the request has it.
template <typename Request>
WriteOptions OptionsOf(const common::Call& call, const Request& request, const std::string& etag) {
  common::Violations violations;
  WriteOptions options;
  options.key = KeyOf(call, request.request_id(), request, violations);
  options.faults = violations.list();
  options.etag = etag;
  return options;
}

}  // namespace ronghe::organization
