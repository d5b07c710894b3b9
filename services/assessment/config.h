#pragma once

#include "services/common/follower/follower.h"

namespace ronghe::assessment {

// The settings of the service; it has none of its own yet.
using Config = common::FollowerConfig;

inline Config DefaultConfig() {
  return common::DefaultFollowerConfig("assessment", 7304);
}

}  // namespace ronghe::assessment
