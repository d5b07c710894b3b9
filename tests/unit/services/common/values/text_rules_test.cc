#include "services/common/values/text_rules.h"

#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

std::string ReasonFor(std::string_view text, size_t min = 1, size_t max = 5) {
  Violations violations;
  CheckText({"title", min, max}, text, violations);
  if (violations.empty()) return "";
  EXPECT_EQ(violations.list()[0].field, "title");
  EXPECT_FALSE(violations.list()[0].text.zh.empty());
  return violations.list()[0].reason;
}

TEST(TextRulesTest, CountsCharactersNotBytes) {
  EXPECT_EQ(CountCharacters("党支部"), 3);
  EXPECT_EQ(CountCharacters("😀a"), 2);
  EXPECT_EQ(CountCharacters(""), 0);
  EXPECT_EQ(ReasonFor("党支部委员"), "");
  EXPECT_EQ(ReasonFor("党支部委员会"), "TOO_LONG");
}

TEST(TextRulesTest, RefusesWhatIsNoText) {
  EXPECT_EQ(CountCharacters("\xff"), -1);
  EXPECT_EQ(CountCharacters("\xc0\x80"), -1);          // overlong
  EXPECT_EQ(CountCharacters("\xed\xa0\x80"), -1);      // surrogate
  EXPECT_EQ(CountCharacters("\xf4\x90\x80\x80"), -1);  // beyond Unicode
  EXPECT_EQ(CountCharacters("\xe5\x85"), -1);          // cut off
  EXPECT_EQ(ReasonFor("\xff"), "NOT_UTF8");
  EXPECT_EQ(ReasonFor("a\tb"), "CONTROL_CHARACTER");
  EXPECT_EQ(ReasonFor("a\x7f"), "CONTROL_CHARACTER");
  EXPECT_EQ(ReasonFor("a\xc2\x85"), "CONTROL_CHARACTER");  // U+0085
  EXPECT_EQ(ReasonFor(std::string_view("a\0b", 3)), "CONTROL_CHARACTER");
  EXPECT_EQ(ReasonFor("a\xc2\xa0"), "");  // U+00A0 is a blank
}

TEST(TextRulesTest, BlanksAreNoRequiredText) {
  EXPECT_EQ(ReasonFor(""), "REQUIRED");
  EXPECT_EQ(ReasonFor("  \u3000"), "REQUIRED");
  EXPECT_EQ(ReasonFor("", 0), "");
}

TEST(TextRulesTest, KnowsUuids) {
  EXPECT_TRUE(IsUuid("123e4567-e89b-12d3-a456-426614174000"));
  EXPECT_TRUE(IsUuid("123E4567-E89B-12D3-A456-426614174000"));
  EXPECT_FALSE(IsUuid(""));
  EXPECT_FALSE(IsUuid("123e4567e89b12d3a456426614174000"));
  EXPECT_FALSE(IsUuid("123e4567-e89b-12d3-a456-42661417400g"));
  EXPECT_FALSE(IsUuid("123e4567-e89b-12d3-a456-4266141740001"));
}

}  // namespace
}  // namespace ronghe::common
