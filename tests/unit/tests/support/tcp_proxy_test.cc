#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/subprocess.h"

namespace ronghe::tests {
namespace {

constexpr int kLong = 20'000;  // milliseconds
constexpr int kShort = 50;

// A socket that closes itself.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }
  bool Send(const std::string& text) const {
    return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // What comes within the time; `closed` when it ends, nothing when nothing comes.
  std::string Receive(int milliseconds) const {
    pollfd one{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&one, 1, milliseconds) <= 0) return "";
    std::array<char, 100> bytes;
    const ssize_t n = recv(fd_, bytes.data(), bytes.size(), 0);
    return n <= 0 ? "closed" : std::string(bytes.data(), static_cast<size_t>(n));
  }

 private:
  int fd_;
};

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class TcpProxyTest : public testing::Test {
 protected:
  void SetUp() override {
    sockaddr_in address = Loopback(0);
    ASSERT_EQ(bind(target_.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(listen(target_.fd(), 8), 0);
    socklen_t size = sizeof(address);
    getsockname(target_.fd(), reinterpret_cast<sockaddr*>(&address), &size);
    auto proxy = TcpProxy::Start(ntohs(address.sin_port));
    ASSERT_TRUE(proxy.ok()) << proxy.status();
    proxy_ = *std::move(proxy);
  }
  // Both ends of a new connection through the proxy.
  void Connect() {
    const sockaddr_in address = Loopback(proxy_->port());
    near_ = std::make_unique<Socket>(socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(connect(near_->fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    far_ = std::make_unique<Socket>(accept(target_.fd(), nullptr, nullptr));
  }
  void ExpectPasses() {
    ASSERT_TRUE(near_->Send("ping"));
    EXPECT_EQ(far_->Receive(kLong), "ping");
    ASSERT_TRUE(far_->Send("pong"));
    EXPECT_EQ(near_->Receive(kLong), "pong");
  }

  Socket target_{socket(AF_INET, SOCK_STREAM, 0)};
  std::unique_ptr<TcpProxy> proxy_;
  std::unique_ptr<Socket> near_;
  std::unique_ptr<Socket> far_;
};

TEST_F(TcpProxyTest, PassesBytesAndEnds) {
  Connect();
  ExpectPasses();
  far_.reset();
  EXPECT_EQ(near_->Receive(kLong), "closed");
  EXPECT_EQ(proxy_->accepted(), 1);
}

TEST_F(TcpProxyTest, CutDropsAndRefuses) {
  Connect();
  proxy_->Cut();
  EXPECT_EQ(near_->Receive(kLong), "closed");
  EXPECT_EQ(far_->Receive(kLong), "closed");
  EXPECT_FALSE(PortOpen(proxy_->port()));
  proxy_->Heal();
  Connect();
  ExpectPasses();
}

TEST_F(TcpProxyTest, BlackholeSwallowsAndKeeps) {
  Connect();
  proxy_->Blackhole();
  ASSERT_TRUE(near_->Send("lost"));
  EXPECT_EQ(far_->Receive(kShort), "");
  ASSERT_TRUE(far_->Send("lost"));
  EXPECT_EQ(near_->Receive(kShort), "");
  const auto old = std::move(near_);
  Connect();  // still taken in
  ASSERT_TRUE(near_->Send("lost"));
  EXPECT_EQ(far_->Receive(kShort), "");
  proxy_->Heal();
  EXPECT_EQ(old->Receive(kLong), "closed");
  Connect();
  ExpectPasses();
}

}  // namespace
}  // namespace ronghe::tests
