#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/time/time.h>
#include <nlohmann/json.hpp>

#include "services/common/auth/auth.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {

// Base64url without padding.
std::string Base64Url(std::string_view bytes);

// An issuer with a key of its own, whose public half lies in a JWK set file, and the tokens it signs. Tokens are made
// with OpenSSL, not with the library that verifies them. What goes wrong ends the test program.
class TestIssuer {
 public:
  enum class Kind { kRsa, kP256, kEd25519 };

  // The set appears at `jwks_file`.
  TestIssuer(std::string name, std::string jwks_file, Kind kind = Kind::kP256, std::string kid = "key-1");
  ~TestIssuer();
  TestIssuer(TestIssuer&&) noexcept;

  common::TrustedIssuer trusted() const { return {name_, jwks_file_}; }
  const std::string& name() const { return name_; }
  std::string alg() const;
  std::string kid() const { return kid_; }
  // The public key as a JWK.
  nlohmann::json Jwk() const;
  // Writes a set of these keys.
  static void WriteJwks(const std::string& file, const std::vector<nlohmann::json>& keys);

  // Claims of a good token that is valid for an hour from `now`; the jti differs each time.
  nlohmann::json Claims(std::string_view subject, absl::Time now) const;
  // Signed as they are. `header`: more or other members; null removes one.
  std::string Sign(const nlohmann::json& claims, const nlohmann::json& header = nlohmann::json::object()) const;
  std::string Token(std::string_view subject, absl::Time now) const { return Sign(Claims(subject, now)); }
  // The signature of any text, in the form JWS wants it.
  std::string SignatureOf(std::string_view text) const;

 private:
  struct Key;
  std::string name_;
  std::string jwks_file_;
  Kind kind_;
  std::string kid_;
  std::unique_ptr<Key> key_;
};

// What a process under test needs to know callers: the suite's key, one issuer of users (`https://users.test`), and
// their files in a folder of their own.
//
//   tests::Identity identity;                       // or Identity(clock)
//   config.issuers = identity.issuers();
//   config.suite_key_file = identity.suite_key_file();
//   context.AddMetadata("authorization", identity.UserBearer("li"));
class Identity {
 public:
  Identity();  // the system's clock
  explicit Identity(const common::Clock& clock);

  std::vector<common::TrustedIssuer> issuers() const { return {suite_.trusted(), users_.trusted()}; }
  const TestIssuer& users() const { return users_; }
  const std::string& user_issuer() const { return users_.name(); }
  // A private JWK for common::TokenMaker.
  const std::string& suite_key_file() const { return suite_key_file_; }
  // At least 16 bytes, for common::TokenSigner.
  const std::string& token_secret_file() const { return token_secret_file_; }

  std::string UserToken(std::string_view subject) const { return users_.Token(subject, clock_->Now()); }
  std::string UserBearer(std::string_view subject) const { return "Bearer " + UserToken(subject); }
  std::string ServiceToken(std::string_view service) const;
  std::string ServiceBearer(std::string_view service) const { return "Bearer " + ServiceToken(service); }

 private:
  explicit Identity(const common::Clock* clock);  // null: the system's

  struct Suite {
    std::string jwks_file;
    common::TrustedIssuer trusted() const { return {std::string(common::kSuiteIssuer), jwks_file}; }
  };

  TempDir dir_;
  common::SystemClock system_clock_;
  mutable common::SystemRandom random_;
  const common::Clock* clock_;
  std::string suite_key_file_;
  std::string token_secret_file_;
  Suite suite_;
  std::unique_ptr<common::TokenMaker> maker_;
  TestIssuer users_;
};

}  // namespace ronghe::tests
