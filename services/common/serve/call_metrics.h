#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "services/common/values/mutex.h"

namespace ronghe::common {

// How long calls took, by method and code, and how many are in flight. Observing takes two relaxed additions and no
// lock, as it is done for every call. Thread-safe.
class CallMetrics final : public prometheus::Collectable {
 public:
  static constexpr int kBuckets = 18;  // the last has no upper bound
  static constexpr int kCodes = 17;

  class Method {
   public:
    void Begin() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
    void End(absl::StatusCode code, absl::Duration took);
    ~Method();

   private:
    friend class CallMetrics;
    struct Histogram {
      std::array<std::atomic<uint64_t>, kBuckets> buckets{};
      std::atomic<int64_t> nanoseconds{0};
    };
    Histogram& HistogramOf(int code);

    std::string name_;
    std::array<std::atomic<Histogram*>, kCodes> histograms_{};  // made when a code is first seen
    std::atomic<int64_t> in_flight_{0};
  };

  // `name` is `ronghe.common.v1.EchoService/Echo`. The result lives as long as this.
  Method& Add(const std::string& name);
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  mutable Mutex mutex_;
  std::deque<Method> methods_ ABSL_GUARDED_BY(mutex_);  // addresses stay
};

}  // namespace ronghe::common
