#pragma once

#include "services/common/follower/follower.h"

namespace ronghe::education {

// The settings of the service; it has none of its own yet.
using Config = common::FollowerConfig;

inline Config DefaultConfig() {
  return common::DefaultFollowerConfig("education", 7302);
}

}  // namespace ronghe::education
