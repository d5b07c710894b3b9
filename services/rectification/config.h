#pragma once

#include "services/common/follower/follower.h"

namespace ronghe::rectification {

// The settings of the service; it has none of its own yet.
using Config = common::FollowerConfig;

inline Config DefaultConfig() {
  return common::DefaultFollowerConfig("rectification", 7303);
}

}  // namespace ronghe::rectification
