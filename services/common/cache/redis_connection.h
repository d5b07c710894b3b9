#pragma once

#include <hiredis/hiredis.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/cache/redis_url.h"
#include "services/common/values/clock.h"

namespace ronghe::common {

struct RedisReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, RedisReplyDeleter>;

// OK unless it is an error reply (then UNAVAILABLE with its text).
absl::Status StatusOfReply(const redisReply& reply);
// A string's or status's bytes; empty for anything else.
std::string_view TextOfReply(const redisReply& reply);

// One connection. Protocol and sockets only; hiredis formats and parses, the socket is ours, so that every wait ends at
// a deadline. After an error (UNAVAILABLE: lost, DEADLINE_EXCEEDED: no answer in time) it is of no use any more:
// answers may still come. Not thread-safe.
class RedisConnection {
 public:
  // With AUTH and SELECT where the address says so. Resolving a name may take longer than `timeout`: not for callers'
  // threads.
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Connect(const RedisAddress& address, absl::Duration timeout,
                                                                  const Clock& clock);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  // Puts a command behind those not sent yet.
  void Append(std::span<const std::string_view> args);
  void Append(std::initializer_list<std::string_view> args) { Append(std::span(args.begin(), args.size())); }
  absl::Status Flush(absl::Time deadline);
  // Sends what was appended and waits for so many replies, error replies among them.
  absl::StatusOr<std::vector<RedisReply>> Exchange(size_t replies, absl::Time deadline);
  // Replies that have arrived, without waiting; `fd` is for polling.
  absl::StatusOr<std::vector<RedisReply>> Arrived();
  int fd() const { return fd_; }

  // Of the pool that owns it.
  int round = 0;

 private:
  RedisConnection(int fd, const Clock& clock);
  absl::Status Wait(short events, absl::Time deadline);
  // False: nothing there now.
  absl::StatusOr<bool> Receive();
  // Null: not complete yet.
  absl::StatusOr<RedisReply> Parse();

  const int fd_;
  const Clock& clock_;
  redisReader* reader_;
  std::string unsent_;
};

}  // namespace ronghe::common
