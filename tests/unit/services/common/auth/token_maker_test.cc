#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "services/common/auth/auth.h"
#include "services/common/auth/verified_cache.h"
#include "services/common/values/status.h"
#include "tests/support/fake_clock.h"
#include "tests/support/identity.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

class TokenMakerTest : public ::testing::Test {
 protected:
  int ModeOf(const std::string& file) {
    struct stat status {};
    EXPECT_EQ(stat(file.c_str(), &status), 0);
    return status.st_mode & 0777;
  }

  tests::TempDir dir_;
  tests::FakeClock clock_;
  tests::SeededRandom random_;
  std::string private_ = dir_.File("suite.jwk");
  std::string public_ = dir_.File("suite.jwks");
};

TEST_F(TokenMakerTest, MakesTokensThatVerify) {
  ASSERT_TRUE(TokenMaker::CreateKey(private_, public_).ok());
  EXPECT_EQ(ModeOf(private_), 0600);
  EXPECT_EQ(ModeOf(public_), 0644);
  std::ifstream file(public_);
  EXPECT_EQ(nlohmann::json::parse(file)["keys"][0].count("d"), 0u) << "the private part is out";
  auto maker = TokenMaker::Load(private_, clock_, random_);
  ASSERT_TRUE(maker.ok()) << maker.status();
  auto verifier = TokenVerifier::Create({{std::string(kSuiteIssuer), public_}}, clock_);
  ASSERT_TRUE(verifier.ok()) << verifier.status();
  auto token = (*maker)->Make(kSuiteIssuer, "education", absl::Minutes(5));
  ASSERT_TRUE(token.ok()) << token.status();
  auto claims = (*verifier)->Verify(*token);
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->subject, "education");
  EXPECT_EQ(claims->issuer, kSuiteIssuer);
  EXPECT_EQ(claims->expire, clock_.Now() + absl::Minutes(5));
  auto again = (*verifier)->Verify(*(*maker)->Make(kSuiteIssuer, "education", absl::Minutes(5)));
  EXPECT_NE(again->jti, claims->jti);
}

TEST_F(TokenMakerTest, ANewKeyReplacesTheOldOne) {
  ASSERT_TRUE(TokenMaker::CreateKey(private_, public_).ok());
  auto old_maker = TokenMaker::Load(private_, clock_, random_);
  ASSERT_TRUE(TokenMaker::CreateKey(private_, public_).ok());
  auto verifier = TokenVerifier::Create({{std::string(kSuiteIssuer), public_}}, clock_);
  EXPECT_EQ(ReasonOf((*verifier)->Verify(*(*old_maker)->Make(kSuiteIssuer, "x", absl::Hours(1))).status()),
            "TOKEN_SIGNATURE");
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir_.path())) ++files;
  EXPECT_EQ(files, 2u) << "something was left behind";
}

TEST_F(TokenMakerTest, FailsWhereItCannotWrite) {
  EXPECT_FALSE(TokenMaker::CreateKey(dir_.File("none/suite.jwk"), dir_.File("none/suite.jwks")).ok());
}

TEST_F(TokenMakerTest, RefusesWhatIsNoPrivateKey) {
  EXPECT_FALSE(TokenMaker::Load(private_, clock_, random_).ok());
  ASSERT_TRUE(TokenMaker::CreateKey(private_, public_).ok());
  EXPECT_FALSE(TokenMaker::Load(public_, clock_, random_).ok());
  tests::TestIssuer issuer("x", dir_.File("x.jwks"));
  for (const std::string& text : {std::string(), std::string("{}"), std::string("[1]"), issuer.Jwk().dump(),
                                  std::string(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"})")}) {
    std::ofstream(private_, std::ios::trunc) << text;
    EXPECT_FALSE(TokenMaker::Load(private_, clock_, random_).ok()) << text;
  }
}

TEST(VerifiedCacheTest, IsBounded) {
  VerifiedCache cache(160);
  absl::Time now = absl::FromUnixSeconds(1'000);
  VerifiedCache::Entry entry;
  entry.claims.expire = now + absl::Hours(1);
  for (int i = 0; i < 5'000; ++i) cache.Put(DigestOf(std::to_string(i)), entry, now);
  EXPECT_LE(cache.size(), 160u);
  cache.Put(DigestOf("last"), entry, now);
  EXPECT_TRUE(cache.Find(DigestOf("last")).has_value());
  EXPECT_FALSE(cache.Find(DigestOf("never")).has_value());
}

TEST(VerifiedCacheTest, ExpiredOnesGoFirst) {
  VerifiedCache cache(16);
  absl::Time now = absl::FromUnixSeconds(1'000);
  VerifiedCache::Entry entry;
  entry.claims.expire = now + absl::Seconds(1);
  for (int i = 0; i < 200; ++i) cache.Put(DigestOf(std::to_string(i)), entry, now);
  entry.claims.expire = now + absl::Hours(1);
  for (int i = 1'000; i < 1'200; ++i) cache.Put(DigestOf(std::to_string(i)), entry, now + absl::Seconds(2));
  for (int i = 0; i < 200; ++i) EXPECT_FALSE(cache.Find(DigestOf(std::to_string(i))).has_value());
}

}  // namespace
}  // namespace ronghe::common
