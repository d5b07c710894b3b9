#include "services/common/values/utf8.h"

#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

TEST(Utf8Test, TellsGoodFromBad) {
  for (const char* good : {"", "abc", "支部", "é", "😀", "\xf4\x8f\xbf\xbf", "\xee\x80\x80"}) {
    EXPECT_TRUE(IsCleanUtf8(good)) << good;
  }
  // Continuation alone, overlong, surrogate, beyond the last character, cut off.
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe6\x94", "\xff", "a\xe6"}) {
    EXPECT_FALSE(IsCleanUtf8(bad));
  }
  EXPECT_FALSE(IsCleanUtf8(std::string_view("a\0b", 3)));
}

TEST(Utf8Test, CleansAndCutsAtCharacters) {
  EXPECT_EQ(CleanUtf8("支部", 100), "支部");
  EXPECT_EQ(CleanUtf8("a\xff"
                      "b\xe6",
                      100),
            "a?b?");
  EXPECT_EQ(CleanUtf8("支部", 6), "支部");
  EXPECT_EQ(CleanUtf8("支部委员会", 9), "支部…");
  EXPECT_EQ(CleanUtf8("支部委员会", 10), "支部…");
  EXPECT_EQ(CleanUtf8("abcdef", 5), "ab…");
  EXPECT_EQ(CleanUtf8("abcdef", 2), "");
  for (size_t max = 0; max < 40; ++max) {
    std::string cut = CleanUtf8("混合 mixed 文本 \xfe text 结束", max);
    EXPECT_LE(cut.size(), max);
    EXPECT_TRUE(IsCleanUtf8(cut));
  }
}

}  // namespace
}  // namespace ronghe::common
