#include "gateway/cli/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/cli/row_mapper.h"
#include "ronghe/organization/v1/metrics.pb.h"
#include "ronghe/organization/v1/unit.pb.h"

namespace ronghe::gateway::cli {
namespace {

using organization::v1::OrganizationMetrics;
using organization::v1::Unit;

TEST(LabelsTest, ComeFromTheProtos) {
  const auto* level = Unit::descriptor()->FindFieldByName("level");
  EXPECT_EQ(LabelOf(level, Language::kChinese), "层级");
  EXPECT_EQ(LabelOf(level, Language::kEnglish), "level");
  const auto* county = level->enum_type()->FindValueByName("LEVEL_COUNTY");
  EXPECT_EQ(LabelOf(county, Language::kChinese), "县");
  EXPECT_EQ(ShortNameOf(county), "COUNTY");
  EXPECT_EQ(LabelOf(level->enum_type()->FindValueByNumber(0), Language::kChinese), "");
}

TEST(LabelsTest, MetricsShownByDefaultOrAll) {
  const auto usual = MetricColumns(OrganizationMetrics::descriptor(), Language::kChinese, false);
  const auto all = MetricColumns(OrganizationMetrics::descriptor(), Language::kEnglish, true);
  ASSERT_FALSE(usual.empty());
  EXPECT_EQ(usual.front().label, "组织");
  EXPECT_LT(usual.size(), all.size());
  EXPECT_EQ(static_cast<int>(all.size()), OrganizationMetrics::descriptor()->field_count());
}

TEST(LabelsTest, Thousands) {
  EXPECT_EQ(Thousands(0), "0");
  EXPECT_EQ(Thousands(999), "999");
  EXPECT_EQ(Thousands(1000), "1,000");
  EXPECT_EQ(Thousands(-1234567), "-1,234,567");
  EXPECT_EQ(Thousands(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(LabelsTest, UnitsByNameOrCode) {
  EXPECT_EQ(UnitName("370783"), "units/370783");
  EXPECT_EQ(UnitName("units/370783"), "units/370783");
  EXPECT_EQ(UnitName("-"), "units/-");
  EXPECT_EQ(CodeOf("units/370783"), "370783");
}

TEST(SetFieldTest, EnumsByLabelNameAndShortName) {
  for (const char* text : {"县", "county", "COUNTY", "LEVEL_COUNTY", " 县 "}) {
    Unit unit;
    common::Violations violations;
    SetField(unit, Unit::descriptor()->FindFieldByName("level"), text, violations);
    EXPECT_TRUE(violations.empty()) << text;
    EXPECT_EQ(unit.level(), organization::v1::LEVEL_COUNTY) << text;
  }
  Unit unit;
  common::Violations violations;
  SetField(unit, Unit::descriptor()->FindFieldByName("level"), "planet", violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].reason, "UNKNOWN_VALUE");
  EXPECT_THAT(violations.list()[0].text.zh, ::testing::HasSubstr("乡镇"));
}

TEST(SetFieldTest, DatesInTheUsualForms) {
  const auto* field = Unit::descriptor()->FindFieldByName("established_date");
  for (const char* text : {"1949-10-01", "1949/10/1", "1949.10.1", "19491001", "1949年10月1日"}) {
    Unit unit;
    common::Violations violations;
    SetField(unit, field, text, violations);
    EXPECT_TRUE(violations.empty()) << text;
    EXPECT_EQ(DisplayValue(unit, field, Language::kEnglish), "1949-10-01") << text;
  }
  for (const char* text :
       {"1949-13-01", "1949-02-30", "49-1-1", "today", "1949-10", "1949-10-01x", "0000-01-01", "-"}) {
    Unit unit;
    common::Violations violations;
    SetField(unit, field, text, violations);
    ASSERT_EQ(violations.list().size(), 1u) << text;
    EXPECT_EQ(violations.list()[0].reason, "BAD_DATE") << text;
    EXPECT_FALSE(unit.has_established_date());
  }
}

}  // namespace
}  // namespace ronghe::gateway::cli
