#pragma once

#include "services/common/vault/key_ring.h"
#include "services/organization/storage/crypto.h"

// What all services share, under the names that this one has always used.
namespace ronghe::organization {

using common::DataKey;
using common::KeyRing;
using common::WrappedKey;

}  // namespace ronghe::organization
