#include "gateway/cli/csv.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"
#include "tests/support/temp_dir.h"

namespace ronghe::gateway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class CsvTest : public ::testing::Test {
 protected:
  std::unique_ptr<TextInput> Open(const std::string& bytes) {
    const std::string path = dir_.File("input.csv");
    std::ofstream(path, std::ios::binary) << bytes;
    std::istringstream none;
    auto input = TextInput::Open(path, none);
    EXPECT_TRUE(input.ok()) << input.status();
    return *std::move(input);
  }
  std::vector<CsvRow> Rows(const std::string& bytes) {
    const auto input = Open(bytes);
    CsvReader reader(*input);
    std::vector<CsvRow> rows;
    while (true) {
      auto row = reader.Next();
      EXPECT_TRUE(row.ok()) << row.status();
      if (!row.ok() || !row->has_value()) return rows;
      rows.push_back(**std::move(row));
    }
  }
  tests::TempDir dir_;
};

TEST_F(CsvTest, ReadsUtf8WithAndWithoutMark) {
  for (const std::string mark : {"", "\xEF\xBB\xBF"}) {
    const auto rows = Rows(mark + "代码,名称\n370783,寿光市\n");
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_THAT(rows[0].cells, ElementsAre("代码", "名称"));
    EXPECT_THAT(rows[1].cells, ElementsAre("370783", "寿光市"));
  }
}

TEST_F(CsvTest, ReadsGb18030AlsoWithFourByteCharacters) {
  // 寿光市, then U+3400, which GB18030 writes with four bytes.
  const auto input = Open("\xCA\xD9\xB9\xE2\xCA\xD0,\x81\x39\xEE\x39\n");
  EXPECT_EQ(input->encoding(), "GB18030");
  CsvReader reader(*input);
  EXPECT_THAT((*reader.Next())->cells, ElementsAre("寿光市", "\xE3\x90\x80"));
}

TEST_F(CsvTest, ReadsUtf16) {
  const std::string bytes(
      "\xFF\xFE"
      "a\0,\0\x7f\x5b\n\0",
      10);
  const auto rows = Rows(bytes);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(rows[0].cells, ElementsAre("a", "\xE5\xAD\xBF"));
}

TEST_F(CsvTest, DecodesAcrossPieces) {
  std::string ascii(64 * 1024 - 1, 'x');
  const auto utf8 = Rows(ascii + "寿光\n");
  EXPECT_TRUE(utf8[0].cells[0].ends_with("x寿光"));
  const auto gb = Rows(ascii + "\xCA\xD9\xB9\xE2\n");
  EXPECT_TRUE(gb[0].cells[0].ends_with("x寿光"));
}

TEST_F(CsvTest, InvalidBytesBecomeReplacementCharacters) {
  const auto rows = Rows(
      "\xEF\xBB\xBF"
      "a\xFF"
      "b\n");
  EXPECT_THAT(rows[0].cells, ElementsAre("a\xEF\xBF\xBD"
                                         "b"));
}

TEST_F(CsvTest, CountsLinesOverQuotedLineEndsAndEmptyLines) {
  const auto rows = Rows("a\r\n\r\n\"b\r\nc\"\r\nd\n\ne");
  ASSERT_THAT(rows, SizeIs(4));
  EXPECT_EQ(rows[0].line, 1);
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_THAT(rows[1].cells, ElementsAre("b\r\nc"));
  EXPECT_EQ(rows[2].line, 5);
  EXPECT_EQ(rows[3].line, 7);
}

TEST_F(CsvTest, QuotesCommasAndDoubledQuotes) {
  EXPECT_THAT(Rows("\"a,b\",\"say \"\"hi\"\"\",\n")[0].cells, ElementsAre("a,b", "say \"hi\"", ""));
}

TEST_F(CsvTest, GoesOnAfterAMalformedRow) {
  const auto rows = Rows("a,b\n\"c\"x,d\ne,f\ng\"h,i\nj,k\n");
  ASSERT_THAT(rows, SizeIs(5));
  EXPECT_FALSE(rows[0].malformed);
  EXPECT_TRUE(rows[1].malformed);
  EXPECT_EQ(rows[1].line, 2);
  EXPECT_THAT(rows[2].cells, ElementsAre("e", "f"));
  EXPECT_EQ(rows[2].line, 3);
  EXPECT_TRUE(rows[3].malformed);
  EXPECT_EQ(rows[3].line, 4);
  EXPECT_EQ(rows[4].line, 5);
}

TEST_F(CsvTest, AQuoteThatIsNeverClosedIsMalformed) {
  const auto rows = Rows("a\n\"b\nc\n");
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_TRUE(rows[1].malformed);
  EXPECT_EQ(rows[1].line, 2);
}

TEST_F(CsvTest, AQuoteThatSwallowsMegabytesEndsTheReading) {
  const auto input = Open("a\n\"" + std::string(3 << 20, 'x'));
  CsvReader reader(*input);
  ASSERT_TRUE(reader.Next().ok());
  const auto row = reader.Next();
  EXPECT_EQ(common::ReasonOf(row.status()), "QUOTE_NOT_CLOSED") << row.status();
}

TEST_F(CsvTest, SeparatesByTabsWhereTheFirstLineDoes) {
  const auto rows = Rows("a\tb\n1,5\t\tc\n");
  EXPECT_THAT(rows[0].cells, ElementsAre("a", "b"));
  EXPECT_THAT(rows[1].cells, ElementsAre("1,5", "", "c"));
}

TEST_F(CsvTest, NoRowsInAnEmptyFile) {
  EXPECT_THAT(Rows(""), SizeIs(0));
  EXPECT_THAT(Rows("\xEF\xBB\xBF\n\n"), SizeIs(0));
}

TEST_F(CsvTest, StandardInputCanBeReadTwice) {
  std::istringstream in("a\n");
  auto input = TextInput::Open("-", in);
  ASSERT_TRUE(input.ok());
  for (int i = 0; i < 2; ++i) {
    std::string text;
    while ((*input)->Read(text)) {
    }
    EXPECT_EQ(text, "a\n");
    (*input)->Rewind();
  }
}

TEST_F(CsvTest, AMissingFileIsNamed) {
  std::istringstream none;
  const auto input = TextInput::Open(dir_.File("nothing"), none);
  EXPECT_EQ(common::ReasonOf(input.status()), "FILE_UNREADABLE");
  EXPECT_NE(std::string(input.status().message()).find("nothing"), std::string::npos) << input.status();
}

TEST(CsvCellTest, NeutralisesFormulas) {
  EXPECT_EQ(SafeCsvCell("=1+1"), "'=1+1");
  EXPECT_EQ(SafeCsvCell("@x,y"), "\"'@x,y\"");
  EXPECT_EQ(SafeCsvCell("寿光"), "寿光");
  EXPECT_EQ(CsvCell("say \"hi\""), "\"say \"\"hi\"\"\"");
}

}  // namespace
}  // namespace ronghe::gateway::cli
