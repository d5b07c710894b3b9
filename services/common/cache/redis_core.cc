#include "services/common/cache/redis_core.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace ronghe::common {

RedisCore::RedisCore(const RedisAddress& to, const RedisCacheOptions& how, const Clock& c, Random& r)
    : address(to),
      options(how),
      clock(c),
      random(r),
      wake_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      near(how.near_bytes),
      queue(how.queued_invalidations),
      pool(how.connections, c) {}

RedisCore::~RedisCore() {
  close(wake_fd);
}

void RedisCore::Wake() const {
  eventfd_write(wake_fd, 1);
}

void RedisCore::Fail(const absl::Status& status) {
  ++errors;
  {
    MutexLock lock(mutex);
    last_error = std::string(status.message());
  }
  if (!absl::IsDeadlineExceeded(status) || ++failures >= options.failures_to_open) state.Lose();
  Wake();
}

void RedisCore::Succeed() {
  if (failures.load(std::memory_order_relaxed) != 0) failures = 0;
}

void RedisCore::Return(std::unique_ptr<RedisConnection> connection, const absl::Status& status) {
  if (status.ok()) {
    Succeed();
    pool.Release(std::move(connection));
  } else if (pool.Drop(std::move(connection))) {
    Fail(status);  // of the others the keeper knows; they say nothing about those it has made since
  }
}

void RedisCore::Disturb() {
  near.Clear();
  state.Disturb();
}

}  // namespace ronghe::common
