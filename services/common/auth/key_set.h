#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/auth/jwt.h"

namespace ronghe::common {

// The public keys of one issuer. Immutable.
class KeySet {
 public:
  // Takes the usable keys of a JWK set: RSA of 2,048 to 8,192 bits, P-256, Ed25519; for signatures. Others are left
  // out, also keys that are only pointed at (x5u): nothing is ever fetched. INVALID_ARGUMENT where the text is no JWK
  // set.
  static absl::StatusOr<KeySet> Parse(std::string_view json);

  bool empty() const { return keys_.empty(); }
  // Whether a key of this set made the signature of `token`: the one named by its kid, or without a kid any that fits
  // its alg.
  bool Verifies(std::string_view token, const ParsedToken& parsed) const;

 private:
  struct Key {
    SignatureAlg alg;
    std::optional<std::string> kid;
    std::string jwk;  // only what a public key consists of
  };
  std::vector<Key> keys_;
};

}  // namespace ronghe::common
