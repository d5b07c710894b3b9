#pragma once

#include "services/common/values/transition.h"

// What all services share, under the names that this one has always used.
namespace ronghe::organization {

using common::NextState;
using common::RefusedTransition;
using common::RefuseTransition;
using common::Transition;

}  // namespace ronghe::organization
