#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>
#include <string>
#include <vector>

#include "services/common/values/mutex.h"
#include "tests/support/eventually.h"

namespace ronghe::tests {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A socket on `port` (0: a free one) that does not listen yet; -1 if that fails.
int Bound(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const sockaddr_in address = Loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

int PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void Abort(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(fd);
}

// What one end has sent and the other has not taken yet.
struct End {
  int fd = -1;
  std::string to_send;
};

struct Pair {
  std::array<End, 2> ends;
  bool broken = false;
};

constexpr size_t kMaxPending = 1 << 20;

}  // namespace

struct TcpProxy::Loop {
  int target = 0;
  int reserved = -1;  // keeps the port while nothing listens
  int listener = -1;
  int wake = -1;
  std::list<Pair> pairs;  // of the thread

  common::Mutex mutex;
  Mode wanted ABSL_GUARDED_BY(mutex) = Mode::kPass;
  bool reset ABSL_GUARDED_BY(mutex) = false;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  int64_t asked ABSL_GUARDED_BY(mutex) = 0;
  int64_t done ABSL_GUARDED_BY(mutex) = 0;
  Mode mode = Mode::kPass;  // of the thread

  bool Listen() {
    listener = Bound(PortOf(reserved));
    return listener >= 0 && listen(listener, 64) == 0;
  }

  void ResetAll() {
    for (Pair& pair : pairs) {
      for (const End& end : pair.ends) Abort(end.fd);
    }
    pairs.clear();
  }

  // False: stop.
  bool Obey() {
    common::MutexLock lock(mutex);
    if (stopping) return false;
    if (done == asked) return true;
    if (wanted == Mode::kCut || reset) ResetAll();
    if (wanted == Mode::kCut && listener >= 0) {
      close(listener);
      listener = -1;
    }
    if (wanted != Mode::kCut && listener < 0) Listen();
    mode = wanted;
    reset = false;
    done = asked;
    return true;
  }

  bool Accept() {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return false;
    const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(target);
    if (connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      close(other);
      Abort(fd);
      return true;
    }
    fcntl(other, F_SETFL, O_NONBLOCK);
    const int on = 1;
    for (const int one : {fd, other}) setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    pairs.push_back({.ends = {End{.fd = fd, .to_send = ""}, End{.fd = other, .to_send = ""}}, .broken = false});
    return true;
  }

  void Pump(Pair& pair, size_t from, short events) {
    End& source = pair.ends[from];
    End& sink = pair.ends[1 - from];
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
      std::array<char, 65536> bytes;
      const ssize_t n = recv(source.fd, bytes.data(), bytes.size(), 0);
      if (n == 0 || (n < 0 && errno != EAGAIN)) pair.broken = true;
      if (n > 0 && mode == Mode::kPass) sink.to_send.append(bytes.data(), static_cast<size_t>(n));
    }
    for (End* end : {&source, &sink}) {
      if (end->to_send.empty()) continue;
      const ssize_t n = send(end->fd, end->to_send.data(), end->to_send.size(), MSG_NOSIGNAL);
      if (n > 0) end->to_send.erase(0, static_cast<size_t>(n));
      if (n < 0 && errno != EAGAIN) pair.broken = true;
    }
  }

  void Run(std::atomic<int64_t>& accepted) {
    while (Obey()) {
      std::vector<pollfd> polled{{.fd = wake, .events = POLLIN, .revents = 0},
                                 {.fd = listener, .events = POLLIN, .revents = 0}};
      for (const Pair& pair : pairs) {
        for (size_t i = 0; i < 2; ++i) {
          short events = pair.ends[1 - i].to_send.size() < kMaxPending ? POLLIN : 0;
          if (!pair.ends[i].to_send.empty()) events = static_cast<short>(events | POLLOUT);
          polled.push_back({.fd = pair.ends[i].fd, .events = events, .revents = 0});
        }
      }
      poll(polled.data(), polled.size(), -1);
      if (polled[0].revents != 0) {
        eventfd_t ignored = 0;
        eventfd_read(wake, &ignored);
        continue;  // the mode counts before what has arrived
      }
      size_t at = 2;
      for (Pair& pair : pairs) {
        for (size_t i = 0; i < 2; ++i, ++at) {
          if (polled[at].revents != 0 && !pair.broken) Pump(pair, i, polled[at].revents);
        }
      }
      pairs.remove_if([](const Pair& pair) {
        if (pair.broken) {
          for (const End& end : pair.ends) close(end.fd);
        }
        return pair.broken;
      });
      if (polled[1].revents != 0 && Accept()) ++accepted;
    }
    ResetAll();
  }
};

absl::StatusOr<std::unique_ptr<TcpProxy>> TcpProxy::Start(int target_port) {
  std::unique_ptr<TcpProxy> proxy(new TcpProxy());
  proxy->loop_ = std::make_unique<Loop>();
  Loop& loop = *proxy->loop_;
  loop.target = target_port;
  loop.reserved = Bound(0);
  loop.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (loop.reserved < 0 || !loop.Listen()) return absl::UnavailableError("no port for the proxy");
  proxy->port_ = PortOf(loop.reserved);
  proxy->thread_ = std::thread([p = proxy.get()] { p->loop_->Run(p->accepted_); });
  return proxy;
}

TcpProxy::~TcpProxy() {
  if (thread_.joinable()) {
    {
      common::MutexLock lock(loop_->mutex);
      loop_->stopping = true;
    }
    eventfd_write(loop_->wake, 1);
    thread_.join();
  }
  for (const int fd : {loop_->reserved, loop_->listener, loop_->wake}) {
    if (fd >= 0) close(fd);
  }
}

void TcpProxy::Ask(Mode mode, bool reset) {
  int64_t mine = 0;
  {
    common::MutexLock lock(loop_->mutex);
    loop_->wanted = mode;
    loop_->reset = loop_->reset || reset;
    mine = ++loop_->asked;
  }
  eventfd_write(loop_->wake, 1);
  while (true) {
    {
      common::MutexLock lock(loop_->mutex);
      if (loop_->done >= mine) return;
    }
    Pause();
  }
}

void TcpProxy::Cut() {
  Ask(Mode::kCut, true);
}

void TcpProxy::Blackhole() {
  Ask(Mode::kBlackhole, false);
}

void TcpProxy::Heal() {
  Ask(Mode::kPass, true);
}

}  // namespace ronghe::tests
