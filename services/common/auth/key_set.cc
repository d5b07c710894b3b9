#include "services/common/auth/key_set.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "services/common/auth/rhonabwy_ptr.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxKeys = 100;
constexpr size_t kMinRsaBytes = 256;
constexpr size_t kMaxRsaBytes = 1024;

std::string TextOfKey(const Json& object, const char* key) {
  auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A number or point of a key: base64url of `min` to `max` bytes.
bool HasBytes(const Json& key, const char* name, size_t min, size_t max) {
  std::optional<std::string> bytes = DecodeBase64Url(TextOfKey(key, name));
  if (!bytes) return false;
  if (min == max) return bytes->size() == max;
  size_t size = bytes->size() - std::min(bytes->find_first_not_of('\0'), bytes->size());
  return size >= min && size <= max;
}

// What the key consists of, without anything else that stands in it; nullopt where it is none of ours.
std::optional<std::pair<SignatureAlg, Json>> PublicPart(const Json& key) {
  std::string type = TextOfKey(key, "kty");
  std::string curve = TextOfKey(key, "crv");
  if (type == "RSA" && HasBytes(key, "n", kMinRsaBytes, kMaxRsaBytes) && HasBytes(key, "e", 1, 8)) {
    return std::pair(SignatureAlg::kRs256, Json{{"kty", type}, {"n", key["n"]}, {"e", key["e"]}});
  }
  if (type == "EC" && curve == "P-256" && HasBytes(key, "x", 32, 32) && HasBytes(key, "y", 32, 32)) {
    return std::pair(SignatureAlg::kEs256, Json{{"kty", type}, {"crv", curve}, {"x", key["x"]}, {"y", key["y"]}});
  }
  if (type == "OKP" && curve == "Ed25519" && HasBytes(key, "x", 32, 32)) {
    return std::pair(SignatureAlg::kEdDsa, Json{{"kty", type}, {"crv", curve}, {"x", key["x"]}});
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<KeySet> KeySet::Parse(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("keys") || !json["keys"].is_array()) {
    return absl::InvalidArgumentError("not a JWK set");
  }
  KeySet set;
  for (const Json& key : json["keys"]) {
    if (!key.is_object() || set.keys_.size() >= kMaxKeys) continue;
    if (key.contains("use") && key["use"] != "sig") continue;
    std::optional<std::pair<SignatureAlg, Json>> part = PublicPart(key);
    if (!part || (key.contains("alg") && key["alg"] != SignatureAlgName(part->first))) continue;
    Key usable{part->first, std::nullopt, part->second.dump()};
    if (std::string kid = TextOfKey(key, "kid"); !kid.empty()) usable.kid = kid;
    JwkPtr jwk = ImportJwk(usable.jwk);
    if (jwk == nullptr || r_jwk_is_valid(jwk.get()) != RHN_OK) continue;
    set.keys_.push_back(std::move(usable));
  }
  return set;
}

bool KeySet::Verifies(std::string_view token, const ParsedToken& parsed) const {
  jwa_alg expected = r_str_to_jwa_alg(std::string(SignatureAlgName(parsed.alg)).c_str());
  JwsPtr jws;
  for (const Key& key : keys_) {
    if (key.alg != parsed.alg || (parsed.kid && key.kid != parsed.kid)) continue;
    if (jws == nullptr) {
      jws = NewJws();
      if (jws == nullptr || r_jws_advanced_compact_parsen(jws.get(), token.data(), token.size(), R_PARSE_NONE,
                                                          R_FLAG_IGNORE_REMOTE) != RHN_OK) {
        return false;
      }
      if (r_jws_get_alg(jws.get()) != expected) return false;
    }
    JwkPtr jwk = ImportJwk(key.jwk);
    if (jwk != nullptr && r_jws_verify_signature(jws.get(), jwk.get(), R_FLAG_IGNORE_REMOTE) == RHN_OK) return true;
  }
  return false;
}

}  // namespace ronghe::common
