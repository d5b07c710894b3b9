#include "services/common/cache/redis_pool.h"

#include <mutex>
#include <utility>

namespace ronghe::common {

// clang's analysis cannot follow a wait on the mutex itself.
std::unique_ptr<RedisConnection> RedisPool::Acquire(absl::Time deadline) ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::unique_lock<std::mutex> lock(mutex_.native());
  if (idle_.empty()) {
    const absl::Duration left = deadline - clock_.Now();
    released_.wait_for(lock, absl::ToChronoNanoseconds(left),
                       [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !idle_.empty() || live_ == 0; });
  }
  if (idle_.empty()) return nullptr;
  std::unique_ptr<RedisConnection> connection = std::move(idle_.front());
  idle_.pop_front();
  return connection;
}

void RedisPool::Release(std::unique_ptr<RedisConnection> connection) {
  {
    MutexLock lock(mutex_);
    if (connection->round == round_) idle_.push_back(std::move(connection));
  }
  released_.notify_one();
}

bool RedisPool::Drop(std::unique_ptr<RedisConnection> connection) {
  {
    MutexLock lock(mutex_);
    if (connection->round != round_) return false;
    --live_;
  }
  released_.notify_all();
  return true;
}

void RedisPool::Add(std::unique_ptr<RedisConnection> connection) {
  {
    MutexLock lock(mutex_);
    connection->round = round_;
    ++live_;
    idle_.push_back(std::move(connection));
  }
  released_.notify_one();
}

int RedisPool::missing() const {
  MutexLock lock(mutex_);
  return size_ - live_;
}

void RedisPool::Close() {
  std::deque<std::unique_ptr<RedisConnection>> closed;
  {
    MutexLock lock(mutex_);
    closed.swap(idle_);
    live_ = 0;
    ++round_;
  }
  released_.notify_all();
}

}  // namespace ronghe::common
