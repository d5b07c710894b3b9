#pragma once

#include <memory>
#include <string>
#include <thread>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/cache/redis_core.h"

namespace ronghe::common {

// The thread that keeps the connections: makes them, makes sure that they lead to the same master, hears what has
// changed for the near cache, and after a loss begins anew, waiting longer each time. Ends with its destruction once
// `core.stopping` is set and it was woken.
class RedisKeeper {
 public:
  explicit RedisKeeper(RedisCore& core) : core_(core), thread_([this] { Run(); }) {}
  ~RedisKeeper() { thread_.join(); }

 private:
  void Run();
  absl::Status Establish();
  // Until the state is lost or all ends.
  void Watch();
  void TearDown();
  void WaitBefore(int attempt);

  // A connection to the master known as `identity_`.
  absl::StatusOr<std::unique_ptr<RedisConnection>> ConnectToMaster();
  // The master's run and replication history; UNAVAILABLE where it is no master.
  absl::StatusOr<std::string> IdentityOf(RedisConnection& connection);
  absl::Status Track();
  absl::Status FillPool();
  void Check();
  void CheckOneOfPool();
  // What has arrived on the tracking connection.
  absl::Status Hear();
  void HearMessage(const redisReply& message);
  absl::Time Deadline() const { return core_.clock.Now() + core_.options.command_timeout; }

  RedisCore& core_;
  std::string identity_;
  std::unique_ptr<RedisConnection> control_;
  std::unique_ptr<RedisConnection> tracking_;  // null: no near cache
  bool checked_ = false;                       // the connections have been good for a while
  std::thread thread_;
};

}  // namespace ronghe::common
