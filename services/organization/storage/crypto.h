#pragma once

#include "services/common/vault/crypto.h"

// What all services share, under the names that this one has always used.
namespace ronghe::organization {

using common::AesGcmOpen;
using common::AesGcmSeal;
using common::Hex;
using common::HkdfSha256;
using common::HmacSha256;
using common::kAesKeySize;
using common::kGcmNonceSize;
using common::kGcmTagSize;
using common::Secret;
using common::Sha256;

}  // namespace ronghe::organization
