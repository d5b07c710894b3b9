#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "services/common/auth/auth.h"
#include "services/common/auth/jwt.h"
#include "services/common/auth/key_file.h"
#include "services/common/auth/rhonabwy_ptr.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using Json = nlohmann::json;

constexpr int kPrivateMode = 0600;
constexpr int kPublicMode = 0644;

// The algorithm a private key signs with; empty for a key of another type or without its private part.
std::string AlgOf(const Json& key) {
  auto is = [&](const char* name, const char* value) { return key.contains(name) && key[name] == value; };
  if (!key.is_object() || !key.contains("d")) return "";
  if (is("kty", "EC") && is("crv", "P-256")) return "ES256";
  if (is("kty", "RSA")) return "RS256";
  if (is("kty", "OKP") && is("crv", "Ed25519")) return "EdDSA";
  return "";
}

class JwkTokenMaker final : public TokenMaker {
 public:
  JwkTokenMaker(std::string jwk, std::string alg, std::string kid, const Clock& clock, Random& random)
      : jwk_(std::move(jwk)), alg_(std::move(alg)), kid_(std::move(kid)), clock_(clock), random_(random) {}

  absl::StatusOr<std::string> Make(std::string_view issuer, std::string_view subject, absl::Duration lifetime) override;

 private:
  const std::string jwk_;
  const std::string alg_;
  const std::string kid_;
  const Clock& clock_;
  Random& random_;
};

absl::StatusOr<std::string> JwkTokenMaker::Make(std::string_view issuer, std::string_view subject,
                                                absl::Duration lifetime) {
  int64_t now = absl::ToUnixSeconds(clock_.Now());
  Json claims{{"iss", issuer},
              {"sub", subject},
              {"aud", kAudience},
              {"iat", now},
              {"exp", now + absl::ToInt64Seconds(lifetime)},
              {"jti", random_.Uuid()}};
  std::string payload = claims.dump(-1, ' ', false, Json::error_handler_t::replace);
  JwsPtr jws = NewJws();
  JwkPtr jwk = ImportJwk(jwk_);
  if (jws == nullptr || jwk == nullptr) return Internal("signing key cannot be used");
  int result = r_jws_set_alg(jws.get(), r_str_to_jwa_alg(alg_.c_str()));
  result |= r_jws_set_header_str_value(jws.get(), "typ", "JWT");
  if (!kid_.empty()) result |= r_jws_set_header_str_value(jws.get(), "kid", kid_.c_str());
  result |= r_jws_set_payload(jws.get(), reinterpret_cast<const unsigned char*>(payload.data()), payload.size());
  if (result != RHN_OK) return Internal("token cannot be built");
  RhonabwyText text(r_jws_serialize(jws.get(), jwk.get(), R_FLAG_IGNORE_REMOTE));
  if (text == nullptr) return Internal("token cannot be signed");
  return std::string(text.get());
}

absl::StatusOr<Json> Export(jwk_t* jwk) {
  RhonabwyText text(r_jwk_export_to_json_str(jwk, 0));
  Json json = text == nullptr ? Json() : Json::parse(text.get(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Internal("key cannot be exported");
  json["alg"] = "ES256";
  json["use"] = "sig";
  return json;
}

// The library leaves out leading zeros, which RFC 7518 (6.2.1.2) wants: such a key, one in a hundred, is made anew.
bool IsFull(const Json& key) {
  constexpr size_t kChars = 43;  // 32 bytes in base64url
  for (const char* part : {"x", "y", "d"}) {
    if (key.contains(part) && key[part].get_ref<const std::string&>().size() != kChars) return false;
  }
  return true;
}

struct KeyPair {
  Json private_key;
  Json public_key;
};

absl::StatusOr<KeyPair> GenerateKeyPair() {
  jwk_t* private_key = nullptr;
  jwk_t* public_key = nullptr;
  r_jwk_init(&private_key);
  r_jwk_init(&public_key);
  JwkPtr private_owner(private_key);
  JwkPtr public_owner(public_key);
  // Without a kid given, the library names the key by its thumbprint.
  if (r_jwk_generate_key_pair(private_key, public_key, R_KEY_TYPE_EC, 256, nullptr) != RHN_OK) {
    return Internal("key pair cannot be made");
  }
  KeyPair pair;
  RONGHE_ASSIGN_OR_RETURN(pair.private_key, Export(private_key));
  RONGHE_ASSIGN_OR_RETURN(pair.public_key, Export(public_key));
  return pair;
}

}  // namespace

absl::Status TokenMaker::CreateKey(const std::string& private_file, const std::string& jwks_file) {
  InitRhonabwy();
  KeyPair pair;
  do {
    RONGHE_ASSIGN_OR_RETURN(pair, GenerateKeyPair());
  } while (!IsFull(pair.private_key));
  // The public set first: a private key never stands without it.
  RONGHE_RETURN_IF_ERROR(
      WriteFileAtomically(jwks_file, Json{{"keys", Json::array({pair.public_key})}}.dump(2) + "\n", kPublicMode));
  return WriteFileAtomically(private_file, pair.private_key.dump(2) + "\n", kPrivateMode);
}

absl::StatusOr<std::unique_ptr<TokenMaker>> TokenMaker::Load(const std::string& private_file, const Clock& clock,
                                                             Random& random) {
  RONGHE_ASSIGN_OR_RETURN(std::string text, ReadSmallFile(private_file));
  Json key = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::string alg = key.is_object() ? AlgOf(key) : "";
  if (alg.empty() || ImportJwk(text) == nullptr) {
    return absl::FailedPreconditionError(fmt::format("{} is no private JWK for ES256, RS256 or EdDSA", private_file));
  }
  std::string kid = key.contains("kid") && key["kid"].is_string() ? key["kid"].get<std::string>() : "";
  auto maker = std::make_unique<JwkTokenMaker>(std::move(text), std::move(alg), std::move(kid), clock, random);
  // A key that cannot sign is found now and not with the first call.
  RONGHE_RETURN_IF_ERROR(maker->Make(kSuiteIssuer, "start", absl::Seconds(1)).status());
  return maker;
}

}  // namespace ronghe::common
