#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include <absl/time/time.h>

#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::gateway {

// A bucket of tokens for each caller. Thread-safe; bounded: callers that have been quiet are forgotten, and when there
// are too many at once, all are.
class RateLimiter {
 public:
  struct Options {
    double per_second = 0;  // 0: unlimited
    double burst = 0;       // 0: as much as in two seconds
    size_t callers = 65536;
  };
  RateLimiter(const Options& options, const common::Clock& clock);
  // Zero: go on. Else when to come again.
  absl::Duration Take(const std::string& caller);

 private:
  struct Bucket {
    double tokens;
    absl::Time at;
  };
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const double per_second_;
  const double burst_;
  const size_t callers_;
  const common::Clock& clock_;
  common::Mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::gateway
