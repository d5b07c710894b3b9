#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>

#include "services/common/values/status.h"

namespace ronghe::organization {

// What every state machine says of a transition that its table does not have.
struct RefusedTransition {
  std::string reason;
  std::string resource;                    // name
  common::Text state;                      // "probationary"
  common::Text event;                      // "confirm"
  common::Text why = {};                   // "the probation lasts until 2027-01-01"; may be empty
  std::vector<common::Text> allowed = {};  // events
};
// FAILED_PRECONDITION naming state, event, why, and what would be allowed.
absl::Status RefuseTransition(const RefusedTransition& refused);

}  // namespace ronghe::organization
