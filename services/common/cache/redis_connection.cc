#include "services/common/cache/redis_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <system_error>
#include <utility>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr size_t kReadSize = 64 << 10;

absl::Status Lost(std::string_view what, int error) {
  return absl::UnavailableError(std::string(what) + ": " + std::generic_category().message(error));
}

absl::Status PollUntil(int fd, short events, absl::Time deadline, const Clock& clock) {
  const absl::Duration left = std::clamp(deadline - clock.Now(), absl::ZeroDuration(), absl::Minutes(1));
  pollfd one{.fd = fd, .events = events, .revents = 0};
  const int ready = poll(&one, 1, static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)))));
  if (ready > 0 || (ready < 0 && errno == EINTR)) return absl::OkStatus();
  return ready == 0 ? absl::DeadlineExceededError("no answer in time") : Lost("poll", errno);
}

// A connected socket.
absl::StatusOr<int> Open(const addrinfo& info, absl::Time deadline, const Clock& clock) {
  const int fd = socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Lost("socket", errno);
  absl::Status status;
  int error = connect(fd, info.ai_addr, info.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    status = PollUntil(fd, POLLOUT, deadline, clock);
    socklen_t size = sizeof(error);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (status.ok() && error != 0) status = Lost("connect", error);
  if (!status.ok()) {
    close(fd);
    return status;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

absl::StatusOr<int> Dial(const RedisAddress& address, absl::Time deadline, const Clock& clock) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return absl::UnavailableError(std::string("resolve: ") + gai_strerror(error));
  absl::StatusOr<int> fd = absl::UnavailableError("resolve: no address");
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    fd = Open(*info, deadline, clock);
    if (fd.ok()) break;
  }
  freeaddrinfo(found);
  return fd;
}

}  // namespace

absl::Status StatusOfReply(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ERROR) return absl::OkStatus();
  return absl::UnavailableError(std::string(reply.str, reply.len));
}

std::string_view TextOfReply(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS) return "";
  return {reply.str, reply.len};
}

RedisConnection::RedisConnection(int fd, const Clock& clock) : fd_(fd), clock_(clock), reader_(redisReaderCreate()) {}

RedisConnection::~RedisConnection() {
  redisReaderFree(reader_);
  close(fd_);
}

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Connect(const RedisAddress& address,
                                                                          absl::Duration timeout, const Clock& clock) {
  const absl::Time deadline = clock.Now() + timeout;
  RONGHE_ASSIGN_OR_RETURN(const int fd, Dial(address, deadline, clock));
  std::unique_ptr<RedisConnection> connection(new RedisConnection(fd, clock));
  size_t replies = 0;
  if (!address.password.empty()) {
    ++replies;
    if (address.user.empty()) {
      connection->Append({"AUTH", address.password});
    } else {
      connection->Append({"AUTH", address.user, address.password});
    }
  }
  if (address.database != 0) {
    ++replies;
    connection->Append({"SELECT", std::to_string(address.database)});
  }
  RONGHE_ASSIGN_OR_RETURN(const auto answers, connection->Exchange(replies, deadline));
  for (const RedisReply& answer : answers) RONGHE_RETURN_IF_ERROR(StatusOfReply(*answer));
  return connection;
}

void RedisConnection::Append(std::span<const std::string_view> args) {
  std::vector<const char*> starts;
  std::vector<size_t> sizes;
  for (const std::string_view arg : args) {
    starts.push_back(arg.data() == nullptr ? "" : arg.data());
    sizes.push_back(arg.size());
  }
  char* command = nullptr;
  const int size = redisFormatCommandArgv(&command, static_cast<int>(args.size()), starts.data(), sizes.data());
  if (size < 0) std::abort();  // out of memory
  unsent_.append(command, static_cast<size_t>(size));
  redisFreeCommand(command);
}

absl::Status RedisConnection::Wait(short events, absl::Time deadline) {
  return PollUntil(fd_, events, deadline, clock_);
}

absl::Status RedisConnection::Flush(absl::Time deadline) {
  size_t sent = 0;
  while (sent < unsent_.size()) {
    const ssize_t n = send(fd_, unsent_.data() + sent, unsent_.size() - sent, MSG_NOSIGNAL);
    if (n >= 0) {
      sent += static_cast<size_t>(n);
    } else if (errno == EAGAIN) {
      RONGHE_RETURN_IF_ERROR(Wait(POLLOUT, deadline));
    } else if (errno != EINTR) {
      return Lost("send", errno);
    }
  }
  unsent_.clear();
  return absl::OkStatus();
}

absl::StatusOr<bool> RedisConnection::Receive() {
  std::array<char, kReadSize> bytes;
  const ssize_t n = recv(fd_, bytes.data(), bytes.size(), 0);
  if (n == 0) return absl::UnavailableError("the server closed the connection");
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    return Lost("receive", errno);
  }
  redisReaderFeed(reader_, bytes.data(), static_cast<size_t>(n));
  return true;
}

absl::StatusOr<RedisReply> RedisConnection::Parse() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_, &reply) != REDIS_OK) {
    return absl::UnavailableError(std::string("protocol: ") + redisReaderGetError(reader_));
  }
  return RedisReply(static_cast<redisReply*>(reply));
}

absl::StatusOr<std::vector<RedisReply>> RedisConnection::Exchange(size_t replies, absl::Time deadline) {
  RONGHE_RETURN_IF_ERROR(Flush(deadline));
  std::vector<RedisReply> answers;
  while (answers.size() < replies) {
    RONGHE_ASSIGN_OR_RETURN(RedisReply answer, Parse());
    if (answer != nullptr) {
      answers.push_back(std::move(answer));
      continue;
    }
    RONGHE_ASSIGN_OR_RETURN(const bool received, Receive());
    if (received && clock_.Now() < deadline) continue;
    RONGHE_RETURN_IF_ERROR(Wait(POLLIN, deadline));
  }
  return answers;
}

absl::StatusOr<std::vector<RedisReply>> RedisConnection::Arrived() {
  std::vector<RedisReply> arrived;
  while (true) {
    RONGHE_ASSIGN_OR_RETURN(const bool received, Receive());
    if (!received) return arrived;
    while (true) {
      RONGHE_ASSIGN_OR_RETURN(RedisReply reply, Parse());
      if (reply == nullptr) break;
      arrived.push_back(std::move(reply));
    }
  }
}

}  // namespace ronghe::common
