#include "gateway/cli/table.h"

#include <gtest/gtest.h>

#include "gateway/cli/width.h"

namespace ronghe::gateway::cli {
namespace {

TEST(WidthTest, WideCharactersTakeTwoColumns) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("寿光市"), 6);
  EXPECT_EQ(DisplayWidth("\uFF08全角\uFF09"), 8);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);     // combining accent
  EXPECT_EQ(DisplayWidth("\U00020000"), 2);  // beyond the first plane
  EXPECT_EQ(DisplayWidth("a\u200Bb"), 2);    // zero-width space
  EXPECT_EQ(DisplayWidth("\xFF\xFE"), 2);    // no UTF-8
}

TEST(WidthTest, ShortensByColumns) {
  EXPECT_EQ(Shorten("寿光市", 6), "寿光市");
  EXPECT_EQ(Shorten("寿光市委", 6), "寿光…");
  EXPECT_EQ(Shorten("abc", 2), "a…");
}

TEST(WidthTest, ControlCharactersAreMadeHarmless) {
  EXPECT_EQ(Printable("a\x1b[31mb"), "a\uFFFD[31mb");
  EXPECT_EQ(Printable("a\nb"), "a\uFFFDb");
  EXPECT_EQ(Printable("a\u202Eb"), "a\uFFFDb");
}

TEST(TableTest, AlignsMixedWidths) {
  Table table({{"组织"}, {"code"}, {"党员", true}});
  table.AddRow({"寿光市", "370783", "60,123"});
  table.AddRow({"  abc", "1", "7"});
  table.AddRow({"short"});
  EXPECT_EQ(table.Render(),
            "组织    code      党员\n"
            "──────  ──────  ──────\n"
            "寿光市  370783  60,123\n"
            "  abc   1            7\n"
            "short\n");
}

TEST(TableTest, NamesCannotSteerTheTerminal) {
  Table table({{"name"}});
  table.AddRow({"\x1b]0;evil\x07"});
  EXPECT_EQ(table.Render().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace ronghe::gateway::cli
