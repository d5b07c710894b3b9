#include "services/common/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace ronghe::common {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, TextHoldsEverything) {
  Metrics metrics;
  metrics.AddCounter("ronghe_rows_total", "Rows.", {{"kind", "unit"}}).Increment(3);
  metrics.AddCounter("ronghe_rows_total", "Rows.", {{"kind", "unit"}}).Increment();
  metrics.AddGauge("ronghe_open", "Open.").Set(2);
  metrics.AddSeconds("ronghe_step_seconds", "Steps.").Observe(0.002);
  double value = 5;
  metrics.AddGaugeFunction("ronghe_asked", "Asked.", {{"n", "1"}}, [&] { return value; });
  metrics.AddGaugeFunction("ronghe_asked", "Asked.", {{"n", "2"}}, [&] { return value + 1; });
  value = 7;
  std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("ronghe_rows_total{kind=\"unit\"} 4"));
  EXPECT_THAT(text, HasSubstr("ronghe_open 2"));
  EXPECT_THAT(text, HasSubstr("ronghe_step_seconds_bucket{le=\"0.0025\"} 1"));
  EXPECT_THAT(text, HasSubstr("ronghe_asked{n=\"1\"} 7"));
  EXPECT_THAT(text, HasSubstr("ronghe_asked{n=\"2\"} 8"));
  EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes"));
}

}  // namespace
}  // namespace ronghe::common
