#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "services/common/auth/auth.h"
#include "services/common/values/status.h"
#include "tests/support/fake_clock.h"
#include "tests/support/identity.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/services/common/auth/pyjwt_tokens.h"

namespace ronghe::common {
namespace {

using nlohmann::json;
using tests::Base64Url;
using tests::TestIssuer;
using Kind = TestIssuer::Kind;

std::unique_ptr<TokenVerifier> MakeVerifier(std::vector<TrustedIssuer> issuers, const Clock& clock) {
  auto verifier = TokenVerifier::Create(std::move(issuers), clock);
  EXPECT_TRUE(verifier.ok()) << verifier.status();
  return verifier.ok() ? *std::move(verifier) : nullptr;
}

class TokenVerifierTest : public ::testing::Test {
 protected:
  absl::Time now() const { return clock_.Now(); }
  // Empty for a token that was accepted.
  std::string ReasonFor(std::string_view token) {
    absl::StatusOr<Claims> claims = verifier_->Verify(token);
    if (claims.ok()) return "";
    EXPECT_EQ(claims.status().code(), absl::StatusCode::kUnauthenticated) << claims.status();
    bool leaks = token.size() > 20 && claims.status().ToString().find(token) != std::string::npos;
    EXPECT_FALSE(leaks) << "token in the message";
    return ReasonOf(claims.status());
  }
  // Of a token that is good but for what `change` does to its claims.
  std::string ReasonWith(const json& change) {
    json claims = issuer_.Claims("li", now());
    claims.merge_patch(change);
    return ReasonFor(issuer_.Sign(claims));
  }
  int64_t In(absl::Duration after) { return absl::ToUnixSeconds(now() + after); }

  tests::TempDir dir_;
  tests::FakeClock clock_;
  TestIssuer issuer_{"https://idp.test", dir_.File("idp.jwks")};
  TestIssuer other_{"https://other.test", dir_.File("other.jwks")};
  std::unique_ptr<TokenVerifier> verifier_ = MakeVerifier({issuer_.trusted(), other_.trusted()}, clock_);
};

TEST_F(TokenVerifierTest, AcceptsEachAlgorithm) {
  for (Kind kind : {Kind::kRsa, Kind::kP256, Kind::kEd25519}) {
    TestIssuer issuer("https://third.test", dir_.File("third.jwks"), kind);
    auto verifier = MakeVerifier({issuer.trusted()}, clock_);
    json wanted = issuer.Claims("li", now());
    absl::StatusOr<Claims> claims = verifier->Verify(issuer.Sign(wanted));
    ASSERT_TRUE(claims.ok()) << issuer.alg() << ": " << claims.status();
    EXPECT_EQ(claims->issuer, "https://third.test");
    EXPECT_EQ(claims->subject, "li");
    EXPECT_EQ(claims->jti, wanted["jti"]);
    EXPECT_EQ(claims->expire, now() + absl::Hours(1));
  }
}

TEST_F(TokenVerifierTest, AcceptsTokensOfAnotherImplementation) {
  std::ofstream(dir_.File("pyjwt.jwks")) << tests::kPyJwtKeys;
  auto verifier = MakeVerifier({{"https://idp.example", dir_.File("pyjwt.jwks")}}, clock_);
  clock_.Set(absl::FromUnixSeconds(1'794'790'800));
  for (const char* token : {tests::kPyJwtRs256, tests::kPyJwtEs256, tests::kPyJwtEddsa}) {
    absl::StatusOr<Claims> claims = verifier->Verify(token);
    ASSERT_TRUE(claims.ok()) << claims.status();
    EXPECT_EQ(claims->subject, "u-1024");
  }
}

TEST_F(TokenVerifierTest, RefusesBadTimes) {
  EXPECT_EQ(ReasonWith(json::object()), "");
  EXPECT_EQ(ReasonWith({{"exp", In(absl::ZeroDuration())}}), "TOKEN_EXPIRED");
  EXPECT_EQ(ReasonWith({{"exp", In(absl::Seconds(1))}}), "");
  EXPECT_EQ(ReasonWith({{"exp", In(-absl::Hours(1))}}), "TOKEN_EXPIRED");
  EXPECT_EQ(ReasonWith({{"nbf", In(absl::Seconds(60))}}), "");
  EXPECT_EQ(ReasonWith({{"nbf", In(absl::Seconds(62))}}), "TOKEN_NOT_YET_VALID");
  EXPECT_EQ(ReasonWith({{"iat", In(absl::Seconds(62))}}), "TOKEN_NOT_YET_VALID");
  EXPECT_EQ(ReasonWith({{"exp", In(absl::Hours(24))}}), "");
  EXPECT_EQ(ReasonWith({{"exp", In(absl::Hours(24) + absl::Seconds(1))}}), "TOKEN_LIFETIME");
  EXPECT_EQ(ReasonWith({{"iat", nullptr}, {"exp", In(absl::Hours(25))}}), "TOKEN_LIFETIME");
  EXPECT_EQ(ReasonWith({{"iat", In(-absl::Hours(23))}, {"exp", In(absl::Hours(2))}}), "TOKEN_LIFETIME");
  EXPECT_EQ(ReasonWith({{"iat", nullptr}}), "");
  EXPECT_EQ(ReasonWith({{"exp", static_cast<double>(In(absl::Hours(1))) + 0.5}}), "");
}

TEST_F(TokenVerifierTest, RefusesAnotherAudience) {
  EXPECT_EQ(ReasonWith({{"aud", "ronghe2"}}), "TOKEN_AUDIENCE");
  EXPECT_EQ(ReasonWith({{"aud", nullptr}}), "TOKEN_AUDIENCE");
  EXPECT_EQ(ReasonWith({{"aud", json::array()}}), "TOKEN_AUDIENCE");
  EXPECT_EQ(ReasonWith({{"aud", {"a", "b"}}}), "TOKEN_AUDIENCE");
  EXPECT_EQ(ReasonWith({{"aud", {"a", "ronghe"}}}), "");
  EXPECT_EQ(ReasonWith({{"aud", 7}}), "TOKEN_MALFORMED");
  EXPECT_EQ(ReasonWith({{"aud", {"ronghe", 7}}}), "TOKEN_MALFORMED");
}

TEST_F(TokenVerifierTest, RefusesMissingAndWrongClaims) {
  for (const char* claim : {"iss", "sub", "jti", "exp"}) {
    SCOPED_TRACE(claim);
    EXPECT_EQ(ReasonWith({{claim, nullptr}}), "TOKEN_MALFORMED");
    EXPECT_EQ(ReasonWith({{claim, json::array({1})}}), "TOKEN_MALFORMED");
    EXPECT_EQ(ReasonWith({{claim, ""}}), "TOKEN_MALFORMED");
    EXPECT_EQ(ReasonWith({{claim, true}}), "TOKEN_MALFORMED");
  }
  EXPECT_EQ(ReasonWith({{"jti", std::string(129, 'j')}}), "TOKEN_MALFORMED");
  EXPECT_EQ(ReasonWith({{"sub", std::string(801, 's')}}), "TOKEN_MALFORMED");
  EXPECT_EQ(ReasonWith({{"sub", std::string("a\0b", 3)}}), "TOKEN_MALFORMED");
  EXPECT_EQ(ReasonWith({{"exp", -1}}), "TOKEN_MALFORMED");
  EXPECT_EQ(ReasonWith({{"exp", 1e300}}), "TOKEN_MALFORMED");
  EXPECT_EQ(ReasonWith({{"nbf", "now"}}), "TOKEN_MALFORMED");
}

TEST_F(TokenVerifierTest, KeysOfOneIssuerDoNotVouchForAnother) {
  json claims = issuer_.Claims("li", now());
  EXPECT_EQ(ReasonFor(other_.Sign(claims)), "TOKEN_SIGNATURE");
  claims["iss"] = "https://unknown.test";
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims)), "TOKEN_ISSUER");
  claims["iss"] = std::string(kSuiteIssuer);
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims)), "TOKEN_ISSUER");
}

TEST_F(TokenVerifierTest, ChoosesTheKeyByKid) {
  json claims = issuer_.Claims("li", now());
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims, {{"kid", nullptr}})), "");
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims, {{"kid", "key-2"}})), "TOKEN_SIGNATURE");
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims, {{"kid", 7}})), "TOKEN_MALFORMED");
  TestIssuer second("https://idp.test", dir_.File("second.jwks"), Kind::kP256, "key-2");
  TestIssuer rsa("https://idp.test", dir_.File("rsa.jwks"), Kind::kRsa, "key-3");
  TestIssuer::WriteJwks(dir_.File("idp.jwks"), {issuer_.Jwk(), second.Jwk(), rsa.Jwk()});
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(second.Sign(claims)), "");
  EXPECT_EQ(ReasonFor(rsa.Sign(claims)), "");
  EXPECT_EQ(ReasonFor(second.Sign(claims, {{"kid", "key-1"}})), "TOKEN_SIGNATURE");
  EXPECT_EQ(ReasonFor(second.Sign(claims, {{"kid", nullptr}})), "");
  EXPECT_EQ(ReasonFor(second.Sign(claims, {{"alg", "RS256"}, {"kid", nullptr}})), "TOKEN_SIGNATURE");
}

TEST_F(TokenVerifierTest, RefusesOtherAlgorithms) {
  json claims = issuer_.Claims("li", now());
  for (const char* alg : {"none", "None", "HS256", "HS512", "RS512", "PS256", "ES384", "ES256K", "", "es256"}) {
    EXPECT_EQ(ReasonFor(issuer_.Sign(claims, {{"alg", alg}})), "TOKEN_MALFORMED") << alg;
  }
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims, {{"alg", nullptr}})), "TOKEN_MALFORMED");
  std::string unsigned_token = Base64Url(R"({"alg":"none"})") + "." + Base64Url(claims.dump()) + ".";
  EXPECT_EQ(ReasonFor(unsigned_token), "TOKEN_MALFORMED");
}

// The classic: the verifier is made to take a public key for a shared secret.
TEST_F(TokenVerifierTest, RefusesHmacWithThePublicKey) {
  TestIssuer rsa("https://rsa.test", dir_.File("rsa.jwks"), Kind::kRsa);
  auto verifier = MakeVerifier({rsa.trusted()}, clock_);
  std::string text = Base64Url(R"({"alg":"HS256","kid":"key-1"})") + "." + Base64Url(rsa.Claims("li", now()).dump());
  for (const std::string& secret : {rsa.Jwk()["n"].get<std::string>(), rsa.Jwk().dump()}) {
    unsigned char mac[32];
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, nullptr);
    std::string token = text + "." + Base64Url({reinterpret_cast<char*>(mac), sizeof mac});
    EXPECT_FALSE(verifier->Verify(token).ok());
  }
}

TEST_F(TokenVerifierTest, NeverTakesAKeyFromTheToken) {
  TestIssuer stranger("https://idp.test", dir_.File("stranger.jwks"), Kind::kP256, "key-1");
  json claims = issuer_.Claims("li", now());
  for (json header : {json{{"jwk", stranger.Jwk()}}, json{{"jku", "file://" + dir_.File("stranger.jwks")}},
                      json{{"x5u", "https://127.0.0.1:1/cert"}}, json{{"jwk", stranger.Jwk()}, {"kid", nullptr}}}) {
    EXPECT_EQ(ReasonFor(stranger.Sign(claims, header)), "TOKEN_SIGNATURE") << header;
    // They do no harm to a good token, for they are not looked at.
    EXPECT_EQ(ReasonFor(issuer_.Sign(claims, header)), "") << header;
  }
}

TEST_F(TokenVerifierTest, RefusesExtensions) {
  json claims = issuer_.Claims("li", now());
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims, {{"crit", {"x"}}})), "TOKEN_MALFORMED");
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims, {{"zip", "DEF"}})), "TOKEN_MALFORMED");
  EXPECT_EQ(ReasonFor(issuer_.Sign(claims, {{"b64", false}})), "TOKEN_MALFORMED");
}

TEST_F(TokenVerifierTest, RefusesGarbage) {
  EXPECT_EQ(ReasonFor(""), "TOKEN_MISSING");
  std::string token = issuer_.Token("li", now());
  std::string deep(3000, '[');
  for (const std::string& bad :
       {std::string("x"), std::string("."), std::string(".."), std::string("..."), token + ".", token + ".x",
        "." + token, token + "=", token + " ", " " + token, token + "\n", token.substr(0, token.rfind('.')),
        token.substr(0, token.rfind('.') + 1), std::string(9000, 'a'), std::string(100, '\0'),
        Base64Url(deep) + "." + Base64Url(deep) + ".aaaa", Base64Url("{}") + "." + Base64Url("{}") + ".aaaa",
        Base64Url("null") + "." + Base64Url("[]") + ".aaaa",
        Base64Url("\xff\xfe{}") + "." + Base64Url("{}") + ".aaaa"}) {
    EXPECT_EQ(ReasonFor(bad), "TOKEN_MALFORMED") << bad.substr(0, 60);
  }
  json big = issuer_.Claims("li", now());
  big["x"] = std::string(9000, 'x');
  EXPECT_EQ(ReasonFor(issuer_.Sign(big)), "TOKEN_MALFORMED");
}

TEST_F(TokenVerifierTest, NoMutationIsAccepted) {
  std::vector<std::string> good;
  std::vector<TrustedIssuer> trusted;
  std::vector<TestIssuer> issuers;
  for (Kind kind : {Kind::kRsa, Kind::kP256, Kind::kEd25519}) {
    std::string name = fmt::format("https://{}.test", static_cast<int>(kind));
    issuers.emplace_back(name, dir_.File(fmt::format("{}.jwks", static_cast<int>(kind))), kind);
    good.push_back(issuers.back().Token("li", now()));
    trusted.push_back(issuers.back().trusted());
  }
  verifier_ = MakeVerifier(trusted, clock_);
  for (const std::string& token : good) ASSERT_EQ(ReasonFor(token), "");
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ {}\"";
  tests::SeededRandom random(20261116);
  for (int i = 0; i < 10'000; ++i) {
    const std::string& origin = good[random.Below(good.size())];
    std::string token = origin;
    for (uint64_t edits = 1 + random.Below(3); edits > 0; --edits) {
      size_t at = random.Below(token.size());
      switch (random.Below(5)) {
        case 0:
          token[at] = kLetters[random.Below(kLetters.size())];
          break;
        case 1:
          token[at] = static_cast<char>(random.Below(256));
          break;
        case 2:
          token.erase(at, 1 + random.Below(4));
          break;
        case 3:
          token.insert(at, 1, kLetters[random.Below(kLetters.size())]);
          break;
        default: {
          // A piece of another token.
          const std::string& other = good[random.Below(good.size())];
          token = token.substr(0, at) + other.substr(std::min(at, other.size()));
        }
      }
      if (token.empty()) token = "x";
    }
    if (std::find(good.begin(), good.end(), token) != good.end()) continue;
    ASSERT_FALSE(verifier_->Verify(token).ok()) << token;
  }
}

TEST_F(TokenVerifierTest, RememberedTokensExpire) {
  std::string token = issuer_.Token("li", now());
  EXPECT_EQ(ReasonFor(token), "");
  EXPECT_EQ(ReasonFor(token), "");
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(ReasonFor(token), "TOKEN_EXPIRED");
  EXPECT_EQ(ReasonFor(token), "TOKEN_EXPIRED");
}

TEST_F(TokenVerifierTest, KeysRotate) {
  std::string before = issuer_.Token("li", now());
  EXPECT_EQ(ReasonFor(before), "");
  TestIssuer next("https://idp.test", dir_.File("next.jwks"), Kind::kEd25519, "key-2");
  std::string after = next.Token("li", now());
  EXPECT_EQ(ReasonFor(after), "TOKEN_SIGNATURE");
  TestIssuer::WriteJwks(dir_.File("idp.jwks"), {issuer_.Jwk(), next.Jwk()});
  clock_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(ReasonFor(after), "TOKEN_SIGNATURE") << "looked at the file within the second";
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(after), "");
  EXPECT_EQ(ReasonFor(before), "");
  // Withdrawn: also what had been verified before.
  TestIssuer::WriteJwks(dir_.File("idp.jwks"), {next.Jwk()});
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(before), "TOKEN_SIGNATURE");
  EXPECT_EQ(ReasonFor(after), "");
  TestIssuer::WriteJwks(dir_.File("idp.jwks"), {});
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(after), "TOKEN_SIGNATURE");
}

TEST_F(TokenVerifierTest, LastGoodKeysStayWhenTheFileIsBroken) {
  std::string file = dir_.File("idp.jwks");
  std::string token = issuer_.Token("li", now());
  std::ofstream(file, std::ios::trunc) << "{\"keys\": [";
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(token), "");
  std::remove(file.c_str());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(issuer_.Token("wang", now())), "");
  TestIssuer next("https://idp.test", dir_.File("next.jwks"));
  TestIssuer::WriteJwks(file, {next.Jwk()});
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(token), "TOKEN_SIGNATURE");
  EXPECT_EQ(ReasonFor(next.Token("li", now())), "");
}

TEST_F(TokenVerifierTest, UnusableKeysAreLeftOut) {
  json weak = issuer_.Jwk();
  weak["crv"] = "P-384";
  json secret{{"kty", "oct"}, {"k", "AAAA"}, {"kid", "s"}};
  json encryption = issuer_.Jwk();
  encryption["use"] = "enc";
  json wrong_alg = issuer_.Jwk();
  wrong_alg["alg"] = "ES512";
  json off_curve = issuer_.Jwk();
  off_curve["y"] = off_curve["x"];
  json pointed{{"kty", "RSA"}, {"x5u", "https://127.0.0.1:1/"}, {"kid", "p"}};
  std::string file = dir_.File("odd.jwks");
  std::vector<json> odd{weak, secret, encryption, wrong_alg, pointed, 7, "key", nullptr};
  TestIssuer::WriteJwks(file, odd);
  auto none = TokenVerifier::Create({{"https://idp.test", file}}, clock_);
  EXPECT_EQ(none.status().code(), absl::StatusCode::kFailedPrecondition);
  odd.push_back(issuer_.Jwk());
  TestIssuer::WriteJwks(file, odd);
  verifier_ = MakeVerifier({{"https://idp.test", file}}, clock_);
  EXPECT_EQ(ReasonFor(issuer_.Token("li", now())), "");
  TestIssuer::WriteJwks(file, {off_curve});
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonFor(issuer_.Token("li", now())), "TOKEN_SIGNATURE");
}

TEST_F(TokenVerifierTest, BadFilesStopTheStart) {
  std::string file = dir_.File("bad.jwks");
  EXPECT_FALSE(TokenVerifier::Create({{"a", file}}, clock_).ok());
  for (const char* text : {"", "x", "[]", "{}", R"({"keys":1})", R"({"keys":[]})"}) {
    std::ofstream(file, std::ios::trunc) << text;
    absl::Status status = TokenVerifier::Create({{"a", file}}, clock_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << text;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(file));
  }
  EXPECT_FALSE(TokenVerifier::Create({issuer_.trusted(), issuer_.trusted()}, clock_).ok());
}

}  // namespace
}  // namespace ronghe::common
