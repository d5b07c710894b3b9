#include "services/common/cache/redis_keeper.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kChannel = "__redis__:invalidate";
constexpr int kMaxDoublings = 16;

// The value of `name` in what INFO answers; empty if it is not there.
std::string_view Field(std::string_view info, std::string_view name) {
  for (size_t at = 0; at < info.size();) {
    const size_t end = std::min(info.find("\r\n", at), info.size());
    const std::string_view line = info.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) return line.substr(name.size() + 1);
    at = end + 2;
  }
  return "";
}

int Milliseconds(absl::Duration duration) {
  const absl::Duration some = std::clamp(duration, absl::ZeroDuration(), absl::Minutes(1));
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(some, absl::Milliseconds(1))));
}

}  // namespace

void RedisKeeper::Run() {
  int attempt = 0;
  while (!core_.stopping) {
    if (attempt > 0) WaitBefore(attempt);
    if (core_.stopping) break;
    ++attempt;
    if (const absl::Status status = Establish(); status.ok()) {
      core_.failures = 0;
      core_.state.Connected();
      Watch();
      if (checked_) attempt = 0;
    } else {
      core_.Fail(status);
    }
    TearDown();
  }
}

void RedisKeeper::WaitBefore(int attempt) {
  const absl::Duration full =
      std::min(core_.options.backoff * (int64_t{1} << std::min(attempt - 1, kMaxDoublings)), core_.options.max_backoff);
  uint16_t random = 0;
  core_.random.Fill(&random, sizeof(random));
  const absl::Time until = core_.clock.Now() + full / 2 + full / 2 * (random / 65536.0);
  // Others may wake it for what it knows already.
  while (!core_.stopping) {
    const absl::Duration left = until - core_.clock.Now();
    pollfd wake{.fd = core_.wake_fd, .events = POLLIN, .revents = 0};
    if (left <= absl::ZeroDuration() || poll(&wake, 1, Milliseconds(left)) == 0) return;
    eventfd_t ignored = 0;
    eventfd_read(core_.wake_fd, &ignored);
  }
}

absl::StatusOr<std::string> RedisKeeper::IdentityOf(RedisConnection& connection) {
  connection.Append({"INFO", "server"});
  connection.Append({"INFO", "replication"});
  connection.Append({"PING"});  // refused while the server loads its data
  RONGHE_ASSIGN_OR_RETURN(const auto replies, connection.Exchange(3, Deadline()));
  for (const RedisReply& reply : replies) RONGHE_RETURN_IF_ERROR(StatusOfReply(*reply));
  const std::string_view replication = TextOfReply(*replies[1]);
  if (Field(replication, "role") != "master") {
    if (core_.state.lost()) core_.state.Disturb();  // what it will have as a master comes from elsewhere
    return absl::UnavailableError("the server is not a master");
  }
  return std::string(Field(TextOfReply(*replies[0]), "run_id")) + "/" +
         std::string(Field(replication, "master_replid"));
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisKeeper::ConnectToMaster() {
  RONGHE_ASSIGN_OR_RETURN(auto connection,
                          RedisConnection::Connect(core_.address, core_.options.connect_timeout, core_.clock));
  RONGHE_ASSIGN_OR_RETURN(const std::string identity, IdentityOf(*connection));
  if (identity != identity_) return absl::UnavailableError("another server answers");
  return connection;
}

absl::Status RedisKeeper::Establish() {
  checked_ = false;
  RONGHE_ASSIGN_OR_RETURN(control_,
                          RedisConnection::Connect(core_.address, core_.options.connect_timeout, core_.clock));
  RONGHE_ASSIGN_OR_RETURN(identity_, IdentityOf(*control_));
  RONGHE_RETURN_IF_ERROR(LoadScript(*control_, core_.put, Deadline()));
  RONGHE_RETURN_IF_ERROR(LoadScript(*control_, core_.tombstone, Deadline()));
  if (core_.options.near_bytes > 0) RONGHE_RETURN_IF_ERROR(Track());
  return FillPool();
}

// The connection redirects to itself, so tracking and subscription end together.
absl::Status RedisKeeper::Track() {
  RONGHE_ASSIGN_OR_RETURN(tracking_, ConnectToMaster());
  tracking_->Append({"CLIENT", "ID"});
  RONGHE_ASSIGN_OR_RETURN(const auto id, tracking_->Exchange(1, Deadline()));
  RONGHE_RETURN_IF_ERROR(StatusOfReply(*id[0]));
  const std::string own = std::to_string(id[0]->integer);
  tracking_->Append({"CLIENT", "TRACKING", "ON", "REDIRECT", own, "BCAST", "PREFIX", core_.options.prefix});
  RONGHE_ASSIGN_OR_RETURN(const auto on, tracking_->Exchange(1, Deadline()));
  if (on[0]->type == REDIS_REPLY_ERROR) {  // older than 6: the near cache stays off
    tracking_.reset();
    return absl::OkStatus();
  }
  tracking_->Append({"SUBSCRIBE", kChannel});
  RONGHE_ASSIGN_OR_RETURN(const auto subscribed, tracking_->Exchange(1, Deadline()));
  RONGHE_RETURN_IF_ERROR(StatusOfReply(*subscribed[0]));
  core_.heard_us = absl::ToUnixMicros(core_.clock.Now());
  core_.near.Activate();
  return absl::OkStatus();
}

absl::Status RedisKeeper::FillPool() {
  while (core_.pool.missing() > 0 && !core_.stopping) {
    RONGHE_ASSIGN_OR_RETURN(auto connection, ConnectToMaster());
    core_.pool.Add(std::move(connection));
  }
  return absl::OkStatus();
}

void RedisKeeper::Watch() {
  absl::Time next = core_.clock.Now() + core_.options.check_interval;
  while (!core_.stopping && !core_.state.lost()) {
    std::array<pollfd, 2> ready{
        pollfd{.fd = core_.wake_fd, .events = POLLIN, .revents = 0},
        pollfd{.fd = tracking_ == nullptr ? -1 : tracking_->fd(), .events = POLLIN, .revents = 0}};
    // Never beyond an interval, however the clock jumps.
    poll(ready.data(), ready.size(), Milliseconds(std::min(next - core_.clock.Now(), core_.options.check_interval)));
    if (ready[1].revents != 0) {
      if (const absl::Status heard = Hear(); !heard.ok()) return core_.Fail(heard);
    }
    const absl::Time now = core_.clock.Now();
    if (ready[0].revents != 0) {
      eventfd_t ignored = 0;
      eventfd_read(core_.wake_fd, &ignored);
      if (core_.stopping || core_.state.lost()) return;
      if (const absl::Status filled = FillPool(); !filled.ok()) core_.Fail(filled);
    }
    if (now < next && next - now <= core_.options.check_interval) continue;
    Check();
    next = core_.clock.Now() + core_.options.check_interval;
  }
}

void RedisKeeper::Check() {
  if (control_ == nullptr) {
    auto connection = ConnectToMaster();
    if (!connection.ok()) return core_.Fail(connection.status());
    control_ = *std::move(connection);
  } else if (const absl::StatusOr<std::string> identity = IdentityOf(*control_); !identity.ok()) {
    control_.reset();
    return core_.Fail(identity.status());
  } else if (*identity != identity_) {  // a master again, with the history of another
    return core_.Fail(absl::UnavailableError("the server has another history"));
  }
  if (const absl::Status filled = FillPool(); !filled.ok()) return core_.Fail(filled);
  CheckOneOfPool();
  if (tracking_ != nullptr) {
    tracking_->Append({"PING"});
    if (const absl::Status sent = tracking_->Flush(Deadline()); !sent.ok()) return core_.Fail(sent);
    const int64_t silent_us = absl::ToUnixMicros(core_.clock.Now()) - core_.heard_us;
    if (absl::Microseconds(silent_us) > core_.options.loss_silence) {
      return core_.Fail(absl::UnavailableError("the tracking connection is silent"));
    }
  }
  checked_ = true;
}

// Also keeps it from being closed as unused.
void RedisKeeper::CheckOneOfPool() {
  auto connection = core_.pool.Acquire(core_.clock.Now());
  if (connection == nullptr) return;
  connection->Append({"PING"});
  absl::Status status = connection->Exchange(1, Deadline()).status();
  core_.Return(std::move(connection), status);
}

absl::Status RedisKeeper::Hear() {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<RedisReply> messages, tracking_->Arrived());
  for (const RedisReply& message : messages) HearMessage(*message);
  if (!messages.empty()) core_.heard_us = absl::ToUnixMicros(core_.clock.Now());
  return absl::OkStatus();
}

void RedisKeeper::HearMessage(const redisReply& message) {
  if (message.type != REDIS_REPLY_ARRAY || message.elements != 3 || TextOfReply(*message.element[0]) != "message") {
    return;  // a pong
  }
  const redisReply& keys = *message.element[2];
  if (keys.type == REDIS_REPLY_NIL) return core_.Disturb();
  for (size_t i = 0; i < keys.elements; ++i) {
    const std::string_view key = TextOfReply(*keys.element[i]);
    if (key.starts_with(core_.options.prefix)) core_.near.Erase(key.substr(core_.options.prefix.size()));
  }
}

void RedisKeeper::TearDown() {
  core_.near.Deactivate();
  core_.pool.Close();
  control_.reset();
  tracking_.reset();
}

}  // namespace ronghe::common
