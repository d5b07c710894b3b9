#include "services/common/serve/call_metrics.h"

#include <algorithm>
#include <limits>

namespace ronghe::common {
namespace {

constexpr std::array<int64_t, CallMetrics::kBuckets - 1> kBounds = {
    100'000,       250'000,       500'000,       1'000'000,      2'500'000,     5'000'000,
    10'000'000,    25'000'000,    50'000'000,    100'000'000,    250'000'000,   500'000'000,
    1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000};

}  // namespace

CallMetrics::Method::~Method() {
  for (auto& histogram : histograms_) delete histogram.load();
}

CallMetrics::Method::Histogram& CallMetrics::Method::HistogramOf(int code) {
  std::atomic<Histogram*>& place = histograms_[code];
  Histogram* histogram = place.load(std::memory_order_acquire);
  if (histogram != nullptr) return *histogram;
  auto made = std::make_unique<Histogram>();
  if (place.compare_exchange_strong(histogram, made.get(), std::memory_order_acq_rel)) return *made.release();
  return *histogram;
}

void CallMetrics::Method::End(absl::StatusCode code, absl::Duration took) {
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  int64_t nanoseconds = std::max<int64_t>(absl::ToInt64Nanoseconds(took), 0);
  auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), nanoseconds) - kBounds.begin();
  Histogram& histogram = HistogramOf(std::clamp(static_cast<int>(code), 0, kCodes - 1));
  histogram.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
  histogram.nanoseconds.fetch_add(nanoseconds, std::memory_order_relaxed);
}

CallMetrics::Method& CallMetrics::Add(const std::string& name) {
  MutexLock lock(mutex_);
  for (Method& method : methods_) {
    if (method.name_ == name) return method;
  }
  Method& method = methods_.emplace_back();
  method.name_ = name;
  return method;
}

std::vector<prometheus::MetricFamily> CallMetrics::Collect() const {
  prometheus::MetricFamily seconds{"ronghe_call_seconds",
                                   "Calls by method and code, and how long they took.",
                                   prometheus::MetricType::Histogram,
                                   {}};
  prometheus::MetricFamily in_flight{
      "ronghe_calls_in_flight", "Calls and streams being served.", prometheus::MetricType::Gauge, {}};
  MutexLock lock(mutex_);
  for (const Method& method : methods_) {
    prometheus::ClientMetric gauge;
    gauge.label = {{"method", method.name_}};
    gauge.gauge.value = static_cast<double>(method.in_flight_.load(std::memory_order_relaxed));
    in_flight.metric.push_back(std::move(gauge));
    for (int code = 0; code < kCodes; ++code) {
      const Method::Histogram* histogram = method.histograms_[code].load(std::memory_order_acquire);
      if (histogram == nullptr) continue;
      prometheus::ClientMetric metric;
      metric.label = {{"method", method.name_},
                      {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}};
      uint64_t count = 0;
      for (int i = 0; i < kBuckets; ++i) {
        count += histogram->buckets[i].load(std::memory_order_relaxed);
        double bound =
            i < kBuckets - 1 ? static_cast<double>(kBounds[i]) * 1e-9 : std::numeric_limits<double>::infinity();
        metric.histogram.bucket.push_back({count, bound});
      }
      metric.histogram.sample_count = count;
      metric.histogram.sample_sum = static_cast<double>(histogram->nanoseconds.load(std::memory_order_relaxed)) * 1e-9;
      seconds.metric.push_back(std::move(metric));
    }
  }
  return {seconds, in_flight};
}

}  // namespace ronghe::common
