#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace ronghe::common {

inline constexpr size_t kMaxTokenBytes = 8 * 1024;

// The signatures we accept.
enum class SignatureAlg { kRs256, kEs256, kEdDsa };
std::optional<SignatureAlg> ParseSignatureAlg(std::string_view name);
std::string_view SignatureAlgName(SignatureAlg alg);

// Base64url without padding, in its one canonical form; nullopt for anything else.
std::optional<std::string> DecodeBase64Url(std::string_view text);

// A token taken apart; nothing in it is to be believed before its signature is verified.
struct ParsedToken {
  SignatureAlg alg = SignatureAlg::kRs256;
  std::optional<std::string> kid;
  std::string issuer;
  std::string subject;
  std::string jti;
  double expire = 0;  // seconds since 1970, as the other times
  std::optional<double> not_before;
  std::optional<double> issued;
  std::vector<std::string> audience;
};

// UNAUTHENTICATED, reason TOKEN_MISSING for an empty text, else TOKEN_MALFORMED for what is not a JWS in compact form
// with one of our algorithms, without critical extensions, and with iss, sub, jti and exp of the right types and sizes.
absl::StatusOr<ParsedToken> ParseToken(std::string_view token);

}  // namespace ronghe::common
