#pragma once

#include "services/common/values/write_options.h"

// What all services share, under the names that this one has always used.
namespace ronghe::organization {

using common::CheckEtag;
using common::StartWith;
using common::WriteOptions;

}  // namespace ronghe::organization
