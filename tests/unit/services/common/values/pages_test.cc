#include "services/common/values/pages.h"

#include <gtest/gtest.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

const TokenSigner& Signer() {
  static const TokenSigner signer("0123456789abcdef");
  return signer;
}

TEST(PageSizeTest, DefaultsCapsAndRefuses) {
  EXPECT_EQ(*PageSize(0), kDefaultPageSize);
  EXPECT_EQ(*PageSize(7), 7);
  EXPECT_EQ(*PageSize(1'000'000), kMaxPageSize);
  auto negative = PageSize(-1);
  ASSERT_EQ(ViolationsOf(negative.status()).size(), 1u);
  EXPECT_EQ(ViolationsOf(negative.status())[0].field, "page_size");
}

TEST(TokenTest, ComesBackAndNothingElseDoes) {
  for (const std::string& content :
       {std::string(), std::string("x"), std::string("\0\xff/+", 4), std::string(2000, 'y')}) {
    std::string token = Signer().Sign("page", content);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_EQ(*Signer().Verify("page", token, "f"), content);
    EXPECT_FALSE(Signer().Verify("pagex", token, "f").ok());
    EXPECT_FALSE(TokenSigner("another secret!!").Verify("page", token, "f").ok());
    EXPECT_FALSE(Signer().Verify("page", token + "A", "f").ok());
  }
}

TEST(TokenTest, EveryChangedCharacterIsNoticed) {
  std::string token = Signer().Sign("resume", "position 12");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    auto read = Signer().Verify("resume", changed, "resume_token");
    // The last character may hold unused bits.
    if (read.ok()) {
      EXPECT_EQ(*read, "position 12");
      continue;
    }
    EXPECT_EQ(ReasonOf(read.status()), "BAD_TOKEN");
    EXPECT_EQ(ViolationsOf(read.status())[0].field, "resume_token");
  }
}

TEST(TokenTest, RubbishIsRefused) {
  for (const std::string& token : {std::string("x"), std::string("%%%"), std::string(100'000, 'A'),
                                   std::string("\0", 1), std::string("支部"), std::string(22, 'A')}) {
    EXPECT_EQ(ReasonOf(Signer().Verify("page", token, "f").status()), "BAD_TOKEN");
  }
}

TEST(TokenTest, PurposeAndContentCannotBeSplitOtherwise) {
  EXPECT_FALSE(Signer().Verify("a", Signer().Sign("ab", "c"), "f").ok());
  EXPECT_FALSE(Signer().Verify("ab", Signer().Sign("a", "bc"), "f").ok());
}

TEST(PageTokenTest, IsTiedToItsQuery) {
  std::string token = MakePageToken(Signer(), "parent=units/1", "37:5");
  EXPECT_EQ(*ReadPageToken(Signer(), "parent=units/1", token), "37:5");
  EXPECT_EQ(*ReadPageToken(Signer(), "anything", ""), "");
  auto other = ReadPageToken(Signer(), "parent=units/2", token);
  EXPECT_EQ(ReasonOf(other.status()), "OTHER_QUERY");
  EXPECT_EQ(ViolationsOf(other.status())[0].field, "page_token");
  EXPECT_EQ(ReasonOf(ReadPageToken(Signer(), "q", "nonsense").status()), "BAD_TOKEN");
  EXPECT_EQ(ReasonOf(ReadPageToken(Signer(), "q", Signer().Sign("page", "short")).status()), "BAD_TOKEN");
}

TEST(RevisionTokenTest, ComesBack) {
  RevisionToken token{"organization", "c0ffee", 65'001, 123'456'789'012};
  auto read = ReadRevisionToken(Signer(), MakeRevisionToken(Signer(), token), "min_revision");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->service, token.service);
  EXPECT_EQ(read->incarnation, token.incarnation);
  EXPECT_EQ(read->partition, token.partition);
  EXPECT_EQ(read->revision, token.revision);
  for (const char* content : {"", "a\nb\n1", "a\nb\n1\n2\n3", "a\nb\nx\n2", "a\nb\n1\n2x"}) {
    EXPECT_FALSE(ReadRevisionToken(Signer(), Signer().Sign("revision", content), "min_revision").ok()) << content;
  }
}

}  // namespace
}  // namespace ronghe::common
