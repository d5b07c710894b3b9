#include "gateway/rest/rate.h"

#include <algorithm>

namespace ronghe::gateway {

RateLimiter::RateLimiter(const Options& options, const common::Clock& clock)
    : per_second_(options.per_second),
      burst_(std::max(1.0, options.burst > 0 ? options.burst : 2 * options.per_second)),
      callers_(options.callers),
      clock_(clock) {}

absl::Duration RateLimiter::Take(const std::string& caller) {
  if (per_second_ <= 0) return absl::ZeroDuration();
  const absl::Time now = clock_.Now();
  const common::MutexLock lock(mutex_);
  if (buckets_.size() >= callers_ && !buckets_.contains(caller)) Forget(now);
  Bucket& bucket = buckets_.try_emplace(caller, Bucket{burst_, now}).first->second;
  const double since = std::max(0.0, absl::ToDoubleSeconds(now - bucket.at));
  bucket.tokens = std::min(burst_, bucket.tokens + since * per_second_);
  bucket.at = std::max(bucket.at, now);
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return absl::ZeroDuration();
  }
  return absl::Seconds((1 - bucket.tokens) / per_second_);
}

void RateLimiter::Forget(absl::Time now) {
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    const double since = absl::ToDoubleSeconds(now - it->second.at);
    it = it->second.tokens + since * per_second_ >= burst_ ? buckets_.erase(it) : std::next(it);
  }
  if (buckets_.size() >= callers_) buckets_.clear();
}

}  // namespace ronghe::gateway
