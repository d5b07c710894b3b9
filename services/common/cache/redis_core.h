#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include <absl/status/status.h>

#include "services/common/cache/cache_state.h"
#include "services/common/cache/invalidation_queue.h"
#include "services/common/cache/near_cache.h"
#include "services/common/cache/redis_cache.h"
#include "services/common/cache/redis_pool.h"
#include "services/common/cache/redis_stored.h"
#include "services/common/cache/redis_url.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// What the callers' calls and the threads of a RedisCache share. Thread-safe.
struct RedisCore {
  RedisCore(const RedisAddress& address, const RedisCacheOptions& options, const Clock& clock, Random& random);
  ~RedisCore();

  // Something on a connection went wrong: counts it, opens the breaker if it has to, wakes the keeper.
  void Fail(const absl::Status& status);
  // An answer came in time.
  void Succeed();
  // Wakes the keeper, which polls `wake_fd`.
  void Wake() const;
  // The connection goes back, or not, by what it was good for.
  void Return(std::unique_ptr<RedisConnection> connection, const absl::Status& status);
  // The server's content has lost its fences.
  void Disturb();

  const RedisAddress address;
  const RedisCacheOptions options;
  const Clock& clock;
  Random& random;
  const int wake_fd;

  CacheState state;
  NearCache near;
  InvalidationQueue queue;
  RedisPool pool;
  // Set by the keeper before there is a connection to run them on.
  RedisScript put = PutScript();
  RedisScript tombstone = TombstoneScript();

  std::atomic<bool> stopping = false;
  std::atomic<int64_t> heard_us = 0;  // when the server last said what has changed, or that nothing has
  std::atomic<int> failures = 0;      // timeouts in a row
  std::atomic<int64_t> near_hits = 0;
  std::atomic<int64_t> remote_hits = 0;
  std::atomic<int64_t> misses = 0;
  std::atomic<int64_t> bypassed = 0;
  std::atomic<int64_t> puts = 0;
  std::atomic<int64_t> refused_puts = 0;
  std::atomic<int64_t> full_puts = 0;
  std::atomic<int64_t> invalidations = 0;
  std::atomic<int64_t> overflows = 0;
  std::atomic<int64_t> errors = 0;

  mutable Mutex mutex;
  std::string last_error ABSL_GUARDED_BY(mutex);
};

}  // namespace ronghe::common
