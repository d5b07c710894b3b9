#pragma once

#include "services/common/values/wire.h"

// What all services share, under the names that this one has always used.
namespace ronghe::organization {

using common::KeyOf;
using common::ReadDate;
using common::ReadTime;
using common::WriteDate;

}  // namespace ronghe::organization
