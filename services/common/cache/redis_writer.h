#pragma once

#include <thread>

#include "services/common/cache/redis_core.h"

namespace ronghe::common {

// The thread that delivers invalidations, over and over until the server has taken them. Ends with its destruction once
// `core.stopping` is set and the queue is stopped; what is not delivered then is not.
class RedisWriter {
 public:
  explicit RedisWriter(RedisCore& core) : core_(core), thread_([this] { Run(); }) {}
  ~RedisWriter() { thread_.join(); }

 private:
  void Run();
  absl::Status Deliver(RedisConnection& connection, std::span<const InvalidationQueue::Item> items);

  RedisCore& core_;
  std::thread thread_;
};

}  // namespace ronghe::common
