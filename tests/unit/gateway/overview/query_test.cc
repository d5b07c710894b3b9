#include "gateway/overview/query.h"

#include <gmock/gmock.h>

#include "gateway/overview/catalog.h"

namespace ronghe::tests {
namespace {

using gateway::ReadList;
using gateway::ReadSpan;
using gateway::ReadSpans;
using gateway::Sensitivity;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr common::MonthNumber kNow = 202611;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const common::Violation& violation : common::ViolationsOf(status)) {
    fields.push_back(violation.field + " " + violation.reason);
    EXPECT_THAT(violation.text.zh, Not(IsEmpty()));
    EXPECT_THAT(violation.text.en, Not(IsEmpty()));
  }
  return fields;
}

TEST(QueryTest, PeriodsAndTheirDefault) {
  gateway::v1::GetOverviewRequest request;
  EXPECT_EQ(ReadSpan(request, kNow)->text, "2026-11");
  EXPECT_EQ(ReadSpan(request, kNow)->structure, common::v1::STRUCTURE_THEN);
  request.set_period("2026-Q4");  // has begun
  EXPECT_EQ(ReadSpan(request, kNow)->period, (common::Period{202610, 202612}));
  request.set_period("2026-12");
  EXPECT_THAT(FieldsOf(ReadSpan(request, kNow).status()), ElementsAre("period IN_FUTURE"));
  for (const char* bad : {"26-11", "2026-13", "2026-Q5", "November", "2026-11-01", " 2026"}) {
    request.set_period(bad);
    EXPECT_THAT(FieldsOf(ReadSpan(request, kNow).status()), ElementsAre("period BAD_PERIOD")) << bad;
  }
}

TEST(QueryTest, EveryWrongFieldAtOnce) {
  gateway::v1::ListChildOverviewsRequest list;
  list.set_period("x");
  list.set_page_size(-1);
  list.set_order_by("rectification.nothing desc");
  list.set_structure(static_cast<common::v1::Structure>(9));
  const absl::Status status = ReadList(list, kNow).status();
  EXPECT_THAT(FieldsOf(status), ElementsAre("period BAD_PERIOD", "structure UNKNOWN_VALUE", "order_by UNKNOWN_METRIC",
                                            "page_size NEGATIVE"));
  EXPECT_THAT(common::ViolationsOf(status)[2].text.en, HasSubstr("rectification.problems_open"));
  EXPECT_THAT(common::ViolationsOf(status)[2].text.zh, HasSubstr("rectification.closed_rate"));
  list.Clear();
  list.set_order_by("nothing");
  EXPECT_THAT(common::ViolationsOf(ReadList(list, kNow).status())[0].text.en, HasSubstr("education"));
  gateway::v1::CompareUnitsRequest compare;
  for (int i = 0; i < 21; ++i) compare.add_units("units/1");
  compare.set_period("2027");
  EXPECT_THAT(FieldsOf(ReadSpan(compare, kNow).status()), ElementsAre("period IN_FUTURE", "units TOO_MANY"));
  gateway::v1::ExplainOverviewRequest explain;
  EXPECT_THAT(FieldsOf(ReadSpan(explain, kNow).status()), ElementsAre("period REQUIRED"));
  explain.set_period("2026");
  EXPECT_THAT(FieldsOf(ReadSpan(explain, kNow).status()), ElementsAre("period BAD_PERIOD"));
}

TEST(QueryTest, TheMonthsOfATrendOldestFirst) {
  gateway::v1::GetTrendRequest request;
  request.set_end_period("2026-02");
  request.set_months(3);
  const auto spans = ReadSpans(request, kNow);
  ASSERT_TRUE(spans.ok()) << spans.status();
  std::vector<std::string> texts;
  for (const auto& span : *spans) texts.push_back(span.text);
  EXPECT_THAT(texts, ElementsAre("2025-12", "2026-01", "2026-02"));
  request.Clear();
  EXPECT_EQ(ReadSpans(request, kNow)->size(), 12u);
  EXPECT_EQ(ReadSpans(request, kNow)->back().text, "2026-11");
  request.set_months(37);
  request.set_end_period("2026-Q1");
  EXPECT_THAT(FieldsOf(ReadSpans(request, kNow).status()), ElementsAre("end_period BAD_PERIOD", "months OUT_OF_RANGE"));
  request.set_end_period("1900-01");
  request.set_months(36);
  EXPECT_THAT(FieldsOf(ReadSpans(request, kNow).status()), ElementsAre("months OUT_OF_RANGE"));
  request.set_end_period("1900-02");
  request.set_months(3);
  EXPECT_THAT(FieldsOf(ReadSpans(request, kNow).status()), ElementsAre("months OUT_OF_RANGE"));
  request.set_months(2);
  EXPECT_EQ(ReadSpans(request, kNow)->front().text, "1900-01");
}

// The feed says whose own figures changed; above them stand today's units.
TEST(QueryTest, OnlyTodaysStructureFollowsTheFeed) {
  using common::v1::STRUCTURE_NOW;
  using common::v1::STRUCTURE_THEN;
  EXPECT_EQ(gateway::SensitivityOf({"", {kNow, kNow}, STRUCTURE_THEN}, kNow), Sensitivity::kUnit);
  EXPECT_EQ(gateway::SensitivityOf({"", {kNow, kNow}, STRUCTURE_THEN}, 202612), Sensitivity::kAnyUnit);
  EXPECT_EQ(gateway::SensitivityOf({"", {202610, 202612}, STRUCTURE_THEN}, kNow), Sensitivity::kAnyUnit);
  EXPECT_EQ(gateway::SensitivityOf({"", {202610, 202610}, STRUCTURE_NOW}, kNow), Sensitivity::kUnit);
}

TEST(QueryTest, EveryMetricAndRateOfTheProtosIsAnOrder) {
  size_t names = 0;
  for (const gateway::FigureSet& set : gateway::Figures()) {
    gateway::v1::ListChildOverviewsRequest request;
    for (const auto* metric : set.metrics) {
      request.set_order_by(set.service + "." + metric->name() + " desc");
      const auto query = ReadList(request, kNow);
      ASSERT_TRUE(query.ok()) << query.status();
      EXPECT_EQ(query->order.value, metric);
      EXPECT_TRUE(query->order.descending);
      ++names;
    }
    for (const gateway::RateRule& rate : set.rates) {
      request.set_order_by(rate.name);
      const auto query = ReadList(request, kNow);
      ASSERT_TRUE(query.ok()) << query.status();
      EXPECT_EQ(query->order.divided_by, rate.denominator);
      ++names;
    }
  }
  EXPECT_GE(names, 60u);
  EXPECT_EQ(gateway::Figures().size(), 4u);
}

}  // namespace
}  // namespace ronghe::tests
