#include "tests/support/identity.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

namespace ronghe::tests {
namespace {

using nlohmann::json;

// A test whose ground is missing cannot go on.
void Must(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "tests/support/identity: %s failed\n", what);
  std::abort();
}

void WriteFile(const std::string& path, std::string_view content) {
  // Beside and renamed: whoever reads at this moment sees the one or the other.
  std::string temporary = path + ".new";
  {
    std::ofstream file(temporary, std::ios::binary);
    file << content;
    Must(file.good(), "writing a file");
  }
  Must(std::rename(temporary.c_str(), path.c_str()) == 0, "renaming a file");
}

std::string BigNumber(const EVP_PKEY* key, const char* name, int size) {
  BIGNUM* number = nullptr;
  Must(EVP_PKEY_get_bn_param(key, name, &number) == 1, name);
  std::string bytes(static_cast<size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  BN_free(number);
  return bytes;
}

// ECDSA signatures are DER in OpenSSL and two numbers of 32 bytes in JWS.
std::string ToJose(const std::string& der) {
  const auto* in = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()));
  Must(signature != nullptr, "d2i_ECDSA_SIG");
  std::string bytes(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32);
  ECDSA_SIG_free(signature);
  return bytes;
}

}  // namespace

std::string Base64Url(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (unsigned char c : bytes) {
    bits = bits << 8 | c;
    for (count += 8; count >= 6; count -= 6) text.push_back(kDigits[bits >> (count - 6) & 63]);
  }
  if (count > 0) text.push_back(kDigits[bits << (6 - count) & 63]);
  return text;
}

struct TestIssuer::Key {
  EVP_PKEY* pkey = nullptr;
  ~Key() { EVP_PKEY_free(pkey); }
};

TestIssuer::TestIssuer(std::string name, std::string jwks_file, Kind kind, std::string kid)
    : name_(std::move(name)),
      jwks_file_(std::move(jwks_file)),
      kind_(kind),
      kid_(std::move(kid)),
      key_(std::make_unique<Key>()) {
  switch (kind_) {
    case Kind::kRsa:
      key_->pkey = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048});
      break;
    case Kind::kP256:
      key_->pkey = EVP_EC_gen("P-256");
      break;
    case Kind::kEd25519:
      key_->pkey = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
      break;
  }
  Must(key_->pkey != nullptr, "key generation");
  WriteJwks(jwks_file_, {Jwk()});
}

TestIssuer::~TestIssuer() = default;
TestIssuer::TestIssuer(TestIssuer&&) noexcept = default;

std::string TestIssuer::alg() const {
  if (kind_ == Kind::kRsa) return "RS256";
  return kind_ == Kind::kP256 ? "ES256" : "EdDSA";
}

json TestIssuer::Jwk() const {
  json jwk{{"use", "sig"}, {"alg", alg()}};
  if (!kid_.empty()) jwk["kid"] = kid_;
  const EVP_PKEY* key = key_->pkey;
  if (kind_ == Kind::kRsa) {
    jwk["kty"] = "RSA";
    jwk["n"] = Base64Url(BigNumber(key, OSSL_PKEY_PARAM_RSA_N, 0));
    jwk["e"] = Base64Url(BigNumber(key, OSSL_PKEY_PARAM_RSA_E, 0));
  } else if (kind_ == Kind::kP256) {
    jwk["kty"] = "EC";
    jwk["crv"] = "P-256";
    jwk["x"] = Base64Url(BigNumber(key, OSSL_PKEY_PARAM_EC_PUB_X, 32));
    jwk["y"] = Base64Url(BigNumber(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
  } else {
    std::string bytes(32, '\0');
    size_t size = bytes.size();
    Must(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size) == 1, "raw key");
    jwk["kty"] = "OKP";
    jwk["crv"] = "Ed25519";
    jwk["x"] = Base64Url(bytes);
  }
  return jwk;
}

void TestIssuer::WriteJwks(const std::string& file, const std::vector<json>& keys) {
  WriteFile(file, json{{"keys", keys}}.dump());
}

json TestIssuer::Claims(std::string_view subject, absl::Time now) const {
  static std::atomic<int> made{0};
  int64_t seconds = absl::ToUnixSeconds(now);
  return json{{"iss", name_},   {"sub", subject},        {"aud", "ronghe"},
              {"iat", seconds}, {"exp", seconds + 3600}, {"jti", fmt::format("jti-{}", ++made)}};
}

std::string TestIssuer::Sign(const json& claims, const json& header) const {
  json whole{{"alg", alg()}, {"typ", "JWT"}};
  if (!kid_.empty()) whole["kid"] = kid_;
  whole.merge_patch(header);
  std::string text = Base64Url(whole.dump()) + "." + Base64Url(claims.dump());
  return text + "." + Base64Url(SignatureOf(text));
}

std::string TestIssuer::SignatureOf(std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* digest = kind_ == Kind::kEd25519 ? nullptr : EVP_sha256();
  Must(EVP_DigestSignInit(context, nullptr, digest, nullptr, key_->pkey) == 1, "EVP_DigestSignInit");
  std::string signature(512, '\0');
  size_t size = signature.size();
  Must(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                      reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1,
       "EVP_DigestSign");
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return kind_ == Kind::kP256 ? ToJose(signature) : signature;
}

Identity::Identity() : Identity(nullptr) {}
Identity::Identity(const common::Clock& clock) : Identity(&clock) {}

Identity::Identity(const common::Clock* clock)
    : clock_(clock != nullptr ? clock : &system_clock_),
      suite_key_file_(dir_.File("suite.jwk")),
      token_secret_file_(dir_.File("token.secret")),
      suite_{dir_.File("suite.jwks")},
      users_("https://users.test", dir_.File("users.jwks")) {
  Must(common::TokenMaker::CreateKey(suite_key_file_, suite_.jwks_file).ok(), "TokenMaker::CreateKey");
  auto maker = common::TokenMaker::Load(suite_key_file_, *clock_, random_);
  Must(maker.ok(), "TokenMaker::Load");
  maker_ = *std::move(maker);
  WriteFile(token_secret_file_, "0123456789abcdef0123456789abcdef");
}

std::string Identity::ServiceToken(std::string_view service) const {
  absl::StatusOr<std::string> token = maker_->Make(common::kSuiteIssuer, service, absl::Hours(1));
  Must(token.ok(), "TokenMaker::Make");
  return *std::move(token);
}

}  // namespace ronghe::tests
