#pragma once

#include <condition_variable>
#include <deque>
#include <memory>

#include <absl/time/time.h>

#include "services/common/cache/redis_connection.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::common {

// Connections that one thread makes and all use. Never connects itself. Thread-safe.
class RedisPool {
 public:
  RedisPool(int size, const Clock& clock) : size_(size), clock_(clock) {}

  // The one that has rested longest. Waits for one to come back while there are any; null at the deadline, and at once
  // where there are none.
  std::unique_ptr<RedisConnection> Acquire(absl::Time deadline);
  void Release(std::unique_ptr<RedisConnection> connection);
  // It is broken. False if it was closed already as one of those before Close.
  bool Drop(std::unique_ptr<RedisConnection> connection);

  void Add(std::unique_ptr<RedisConnection> connection);
  int missing() const;
  // Those at rest go now, those in use when they come back.
  void Close();

 private:
  const int size_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::condition_variable released_;
  std::deque<std::unique_ptr<RedisConnection>> idle_ ABSL_GUARDED_BY(mutex_);
  int live_ ABSL_GUARDED_BY(mutex_) = 0;   // of this round, at rest or in use
  int round_ ABSL_GUARDED_BY(mutex_) = 0;  // counts Close
};

}  // namespace ronghe::common
