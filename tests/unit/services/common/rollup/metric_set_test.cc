#include "services/common/rollup/metric_set.h"

#include <vector>

#include <gtest/gtest.h>

#include "ronghe/common/v1/summary.pb.h"
#include "ronghe/education/v1/metrics.pb.h"
#include "ronghe/rectification/v1/metrics.pb.h"

namespace ronghe::common {
namespace {

TEST(MetricSetTest, IsWhatTheMessageDeclares) {
  const MetricSet metrics(rectification::v1::RectificationMetrics::descriptor());
  ASSERT_EQ(metrics.size(), 13u);
  EXPECT_EQ(metrics.at(0).name, "problems_found");
  EXPECT_FALSE(metrics.at(0).stock);
  EXPECT_EQ(metrics.at(6).name, "problems_open");
  EXPECT_TRUE(metrics.at(6).stock);
  EXPECT_EQ(metrics.at(6).number, 7);
  EXPECT_EQ(metrics.IndexOf("risk_points"), 8u);
  EXPECT_EQ(metrics.IndexOf("closed_rate"), std::nullopt);  // a rate is no metric
  EXPECT_EQ(metrics.IndexOf(""), std::nullopt);
  EXPECT_EQ(MetricSet(education::v1::EducationMetrics::descriptor()).size(), 29u);
}

TEST(MetricSetTest, OtherFieldsAreNoMetrics) {
  EXPECT_EQ(MetricSet(v1::AuditDifference::descriptor()).size(), 0u);
}

TEST(MetricSetTest, FillsAMessage) {
  const MetricSet metrics(rectification::v1::RectificationMetrics::descriptor());
  rectification::v1::RectificationMetrics message;
  std::vector<int64_t> values(metrics.size());
  values[0] = 1;
  values[6] = -5;
  values[8] = 9;
  metrics.Fill(values, message);
  EXPECT_EQ(message.problems_found(), 1);
  EXPECT_EQ(message.problems_open(), -5);
  EXPECT_EQ(message.risk_points(), 9);
  rectification::v1::RectificationMetrics expected;
  expected.set_problems_found(1);
  expected.set_problems_open(-5);
  expected.set_risk_points(9);
  EXPECT_EQ(message.SerializeAsString(), expected.SerializeAsString());
}

}  // namespace
}  // namespace ronghe::common
