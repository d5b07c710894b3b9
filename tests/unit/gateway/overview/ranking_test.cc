#include "gateway/overview/ranking.h"

#include <gmock/gmock.h>

#include "gateway/overview/catalog.h"

namespace ronghe::tests {
namespace {

using gateway::Order;
using gateway::SortKey;
using gateway::v1::Overview;
using ::testing::ElementsAre;

Order By(const std::string& text) {
  gateway::v1::ListChildOverviewsRequest request;
  request.set_order_by(text);
  return gateway::ReadList(request, 202611)->order;
}

Overview Unit(const std::string& code, int64_t closed, int64_t found) {
  Overview overview;
  overview.set_unit("units/" + code);
  overview.mutable_rectification()->set_problems_closed(closed);
  overview.mutable_rectification()->set_problems_found(found);
  return overview;
}
Overview Missing(const std::string& code) {
  Overview overview;
  overview.set_unit("units/" + code);
  return overview;
}

std::vector<std::string> Ranked(const Order& order, std::vector<Overview> children, const Overview* total = nullptr) {
  gateway::Rank(order, total, children);
  std::vector<std::string> said;
  for (const Overview& child : children) said.push_back(child.unit().substr(6) + " " + std::to_string(child.rank()));
  return said;
}

TEST(RankingTest, EqualValuesShareTheBetterPlaceAndMissingOnesComeLast) {
  const std::vector<Overview> units = {Missing("A"), Unit("B", 5, 0), Unit("C", 9, 0), Unit("D", 5, 0),
                                       Unit("E", 1, 0)};
  EXPECT_THAT(Ranked(By("rectification.problems_closed desc"), units), ElementsAre("C 1", "B 2", "D 2", "E 4", "A 0"));
  EXPECT_THAT(Ranked(By("rectification.problems_closed"), units), ElementsAre("E 1", "B 2", "D 2", "C 4", "A 0"));
}

TEST(RankingTest, RatesAreComparedExactlyAndHaveNoValueWithoutDenominator) {
  // 1/3 and 333…/1000…: equal as doubles would have them, but not equal.
  const std::vector<Overview> units = {Unit("A", 0, 0), Unit("B", 333'333'333'333'333'333, 1'000'000'000'000'000'000),
                                       Unit("C", 1, 3), Unit("D", 2, 6)};
  EXPECT_THAT(Ranked(By("rectification.closed_rate desc"), units), ElementsAre("C 1", "D 1", "B 3", "A 0"));
}

TEST(RankingTest, TheShareIsThatOfTheParentsTotal) {
  const Overview total = Unit("P", 20, 40);
  std::vector<Overview> children = {Unit("A", 5, 10), Unit("B", 15, 30)};
  gateway::Rank(By("rectification.problems_closed desc"), &total, children);
  EXPECT_DOUBLE_EQ(children[0].share(), 0.75);
  EXPECT_DOUBLE_EQ(children[1].share(), 0.25);
  gateway::Rank(By("rectification.closed_rate"), &total, children);
  const Overview nothing = Unit("P", 0, 0);
  std::vector<Overview> zero = {Unit("A", 0, 0)};
  gateway::Rank(By("rectification.problems_closed"), &nothing, zero);
  EXPECT_EQ(zero[0].share(), 0);
}

// Pages: whatever key one ends with, the next begins right after it.
TEST(RankingTest, KeysSurviveAPageTokenAndOrderLikeTheList) {
  for (const char* text : {"rectification.problems_closed desc", "rectification.closed_rate", "code", "code desc"}) {
    const Order order = By(text);
    std::vector<Overview> units = {Missing("A|1"), Unit("B", 5, 7), Unit("C", -9, 3), Unit("D", 5, 7), Unit("E", 1, 0)};
    if (order.field != nullptr) gateway::Rank(order, nullptr, units);
    std::vector<SortKey> keys;
    for (const Overview& unit : units) keys.push_back({ValueOf(unit, order), unit.unit().substr(6)});
    std::sort(keys.begin(), keys.end(), [&](const auto& a, const auto& b) { return Before(a, b, order); });
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto back = gateway::ParseKey(gateway::KeyText(keys[i]));
      ASSERT_TRUE(back.has_value());
      for (size_t k = 0; k < keys.size(); ++k) EXPECT_EQ(Before(*back, keys[k], order), i < k) << text << i << k;
    }
  }
  for (const char* bad : {"", "5", "x/1|A", "5/|A", "5|A"}) EXPECT_FALSE(gateway::ParseKey(bad).has_value()) << bad;
}

TEST(CatalogTest, RatesAreQuotientsOfTheTotals) {
  Overview overview;
  rectification::v1::RectificationMetrics metrics;
  metrics.set_problems_found(8);
  metrics.set_problems_closed(6);
  ASSERT_TRUE(gateway::FillFigures("rectification", metrics.SerializeAsString(), overview));
  EXPECT_EQ(overview.rectification().problems_found(), 8);
  std::map<std::string, double> rates;
  for (const auto& rate : overview.rates()) rates[rate.name()] = rate.value();
  EXPECT_DOUBLE_EQ(rates["rectification.closed_on_time_rate"], 0);
  EXPECT_DOUBLE_EQ(rates["rectification.closed_rate"], 0.75);
  EXPECT_FALSE(rates.contains("rectification.overdue_rate"));  // nothing is open
  EXPECT_FALSE(gateway::FillFigures("finance", "", overview));
  EXPECT_FALSE(gateway::FillFigures("education", "\xff\xff", overview));
  EXPECT_FALSE(overview.has_education());
}

}  // namespace
}  // namespace ronghe::tests
