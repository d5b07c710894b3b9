#include "gateway/cli/row_source.h"

#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ronghe/organization/v1/member.pb.h"
#include "ronghe/organization/v1/unit.pb.h"
#include "ronghe/rectification/v1/ledger.pb.h"
#include "tests/support/temp_dir.h"

namespace ronghe::gateway::cli {
namespace {

using organization::v1::Member;
using organization::v1::Unit;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Reasons(const absl::Status& status) {
  std::vector<std::string> reasons;
  for (const auto& violation : common::ViolationsOf(status)) reasons.push_back(violation.reason);
  return reasons;
}

class RowSourceTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<RowSource>> Open(const std::string& bytes, const std::string& name = "rows.csv",
                                                  const google::protobuf::Message& type = Unit::default_instance()) {
    const std::string path = dir_.File(name);
    std::ofstream(path, std::ios::binary) << bytes;
    std::istringstream none;
    return RowSource::Open(path, "", type, none, columns_);
  }
  std::vector<RowSource::Row> All(RowSource& source) {
    std::vector<RowSource::Row> rows;
    while (true) {
      auto row = source.Next();
      EXPECT_TRUE(row.ok()) << row.status();
      if (!row.ok() || !row->has_value()) return rows;
      rows.push_back(**std::move(row));
    }
  }
  tests::TempDir dir_;
  std::vector<std::string> columns_;
};

TEST_F(RowSourceTest, OtherTitlesAreMappedToFields) {
  columns_ = {"单位编号=code", "名称=title"};
  for (const auto& [name, bytes] : std::map<std::string, std::string>{
           {"rows.csv", "单位编号,名称,level,kind\n370783,寿光市委,LEVEL_COUNTY,UNIT_KIND_COMMITTEE\n"},
           {"rows.ndjson",
            "{\"单位编号\": \"370783\", \"名称\": \"寿光市委\", "
            "\"level\": \"LEVEL_COUNTY\", \"kind\": \"UNIT_KIND_COMMITTEE\"}\n"}}) {
    auto source = Open(bytes, name);
    ASSERT_TRUE(source.ok()) << name << source.status();
    const auto rows = All(**source);
    ASSERT_EQ(rows.size(), 1u) << name;
    EXPECT_TRUE(rows[0].violations.empty()) << name;
    const auto& unit = static_cast<const Unit&>(*rows[0].message);
    EXPECT_EQ(unit.code() + unit.title(), "370783寿光市委") << name;
  }
  EXPECT_THAT(Reasons(Open("单位编号,别名\n370783,x\n").status()), Contains("UNKNOWN_COLUMN"));
  for (const char* bad : {"code", "=code", "单位编号="}) {
    columns_ = {bad};
    EXPECT_THAT(Reasons(Open("code\n370783\n").status()), Contains("BAD_COLUMN")) << bad;
  }
}

// A problem with its history.
TEST_F(RowSourceTest, ObjectsMayHoldListsOfObjects) {
  const auto read = [&](const std::string& steps) {
    auto source = Open("{\"unit\": \"B1\", \"steps\": " + steps + "}\n", "rows.ndjson",
                       rectification::v1::LedgerEntry::default_instance());
    EXPECT_TRUE(source.ok()) << source.status();
    return std::move(All(**source).at(0));
  };
  const RowSource::Row good = read(
      "[{\"event\": \"REGISTER\", \"date\": \"2026-03-02\"}, {\"event\": \"ASSIGN\", \"date\": {\"year\": 2026, "
      "\"month\": 3, \"day\": 9}}]");
  EXPECT_TRUE(good.violations.empty());
  const auto& entry = static_cast<const rectification::v1::LedgerEntry&>(*good.message);
  EXPECT_EQ(entry.unit(), "units/B1");
  ASSERT_EQ(entry.steps_size(), 2);
  EXPECT_EQ(entry.steps(0).event(), rectification::v1::PROBLEM_EVENT_REGISTER);
  EXPECT_EQ(entry.steps(1).date().day(), 9);
  const RowSource::Row bad = read("[{\"event\": \"REGISTER\", \"day\": 3}, 7, {\"date\": true}]");
  std::vector<std::string> fields;
  for (const common::Violation& one : bad.violations.list()) fields.push_back(one.field);
  EXPECT_THAT(fields, testing::UnorderedElementsAre("steps[0].day", "steps[1]", "steps[2].date"));
}

TEST_F(RowSourceTest, HeadersInEitherLanguageOrAsFieldNames) {
  for (const char* header :
       {"组织代码,组织名称,层级,类别,上级组织", "code,title,level,kind,parent", "Code, TITLE ,level*,Kind,parent"}) {
    auto source = Open(std::string(header) + "\n370783,寿光市委,县,党委,3707\n");
    ASSERT_TRUE(source.ok()) << source.status();
    const auto rows = All(**source);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_TRUE(rows[0].violations.empty());
    EXPECT_EQ(rows[0].line, 2);
    const auto& unit = static_cast<const Unit&>(*rows[0].message);
    EXPECT_EQ(unit.code(), "370783");
    EXPECT_EQ(unit.parent(), "units/3707");
    EXPECT_EQ(unit.kind(), organization::v1::UNIT_KIND_COMMITTEE);
  }
}

TEST_F(RowSourceTest, NamesEveryFaultOfTheHeaderAtOnce) {
  const auto source = Open("code,colour,code,title\n1,2,3,4\n");
  EXPECT_THAT(Reasons(source.status()),
              ::testing::IsSupersetOf({"UNKNOWN_COLUMN", "DUPLICATE_COLUMN", "MISSING_COLUMN"}));
  EXPECT_THAT(std::string(source.status().message()), HasSubstr("colour"));
}

TEST_F(RowSourceTest, ColumnsThatOnlyTheServerSetsAreIgnored) {
  auto source = Open("code,title,level,kind,state,etag\nA1,x,县,党委,正常,abc\n");
  ASSERT_TRUE(source.ok()) << source.status();
  const auto rows = All(**source);
  EXPECT_TRUE(rows[0].violations.empty());
  EXPECT_EQ(static_cast<const Unit&>(*rows[0].message).etag(), "");
}

TEST_F(RowSourceTest, EveryFaultOfARowWithItsLine) {
  auto source = Open("code,title,level,kind,established_date\nA1,x,planet,党委,yesterday,more\nA2,y,县,党委,\n");
  ASSERT_TRUE(source.ok()) << source.status();
  const auto rows = All(**source);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].line, 2);
  EXPECT_EQ(rows[0].violations.list().size(), 3u);
  EXPECT_TRUE(rows[1].violations.empty());
}

TEST_F(RowSourceTest, BytesThatAreNoTextAreRefused) {
  auto source = Open(
      "\xEF\xBB\xBF"
      "code,title,level,kind\nA1,\xFF\xFE,县,党委\n");
  ASSERT_TRUE(source.ok()) << source.status();
  const auto rows = All(**source);
  ASSERT_EQ(rows[0].violations.list().size(), 1u);
  EXPECT_EQ(rows[0].violations.list()[0].reason, "BAD_ENCODING");
}

TEST_F(RowSourceTest, PersonalValuesAreNotRepeatedInFaults) {
  auto source = Open(
      "unit,full_name,sex,birth_date,identity_number,status,join_date\n1,王某某,男,19x0,370783,正式党员,2000-01-01\n",
      "members.csv", Member::default_instance());
  ASSERT_TRUE(source.ok()) << source.status();
  const auto rows = All(**source);
  ASSERT_EQ(rows[0].violations.list().size(), 1u);
  EXPECT_THAT(rows[0].violations.list()[0].text.en, Not(HasSubstr("19x0")));
  EXPECT_THAT(rows[0].violations.list()[0].text.zh, Not(HasSubstr("19x0")));
}

TEST_F(RowSourceTest, GuardsAgainstFormulasAreTakenOff) {
  auto source = Open("code,title,level,kind\nA1,'=x,县,党委\n");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(static_cast<const Unit&>(*All(**source)[0].message).title(), "=x");
}

TEST_F(RowSourceTest, ReadsAgainFromTheBeginning) {
  auto source = Open("code,title,level,kind\nA1,x,县,党委\n");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(All(**source).size(), 1u);
  ASSERT_TRUE((*source)->Rewind().ok());
  EXPECT_EQ(All(**source).size(), 1u);
}

TEST_F(RowSourceTest, ReadsNdjson) {
  auto source = Open(
      "{\"code\":\"A1\",\"title\":\"x\",\"level\":\"LEVEL_COUNTY\",\"kind\":\"党委\","
      "\"establishedDate\":{\"year\":1950,\"month\":2,\"day\":3},\"state\":\"UNIT_STATE_ACTIVE\"}\n"
      "\n"
      "{\"code\":\n"
      "{\"colour\":1}\n"
      "[1]",
      "rows.ndjson");
  ASSERT_TRUE(source.ok()) << source.status();
  const auto rows = All(**source);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_TRUE(rows[0].violations.empty());
  EXPECT_EQ(static_cast<const Unit&>(*rows[0].message).established_date().day(), 3);
  EXPECT_EQ(rows[1].line, 3);
  EXPECT_EQ(rows[1].violations.list()[0].reason, "BAD_JSON");
  EXPECT_EQ(rows[2].violations.list()[0].reason, "UNKNOWN_FIELD");
  EXPECT_EQ(rows[3].line, 5);
}

TEST_F(RowSourceTest, AnEmptyFileIsAFault) {
  EXPECT_THAT(Reasons(Open("").status()), Contains("EMPTY_FILE"));
}

}  // namespace
}  // namespace ronghe::gateway::cli
