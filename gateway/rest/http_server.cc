#include "gateway/rest/http_server.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include "gateway/rest/session.h"
#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);

absl::StatusOr<tcp::endpoint> ParseAddress(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code fault;
  const auto address = asio::ip::make_address(host, fault);
  int port = -1;
  if (colon != std::string::npos && colon + 1 < listen.size() &&
      listen.find_first_not_of("0123456789", colon + 1) == std::string::npos && listen.size() - colon <= 6) {
    port = std::stoi(listen.substr(colon + 1));
  }
  if (fault || port < 0 || port > 65535) {
    const std::string all = fmt::format("--http-listen: {} is no address like 127.0.0.1:7380", listen);
    return common::FailedPrecondition("BAD_ADDRESS", {all, all});
  }
  return tcp::endpoint(address, static_cast<uint16_t>(port));
}

}  // namespace

struct HttpServer::Impl final : SessionOwner {
  Impl(const Options& o, HttpService& s, const common::Clock& c)
      : options(o), service(s), clock(c), io(std::max(1, o.threads)), acceptor(asio::make_strand(io)), pause(io) {}

  absl::Status Listen() {
    RONGHE_ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseAddress(options.listen));
    boost::system::error_code fault;
    acceptor.open(endpoint.protocol(), fault);
    if (!fault) acceptor.set_option(asio::socket_base::reuse_address(true), fault);
    if (!fault) acceptor.bind(endpoint, fault);
    if (!fault) acceptor.listen(asio::socket_base::max_listen_connections, fault);
    if (fault) {
      const std::string all =
          fmt::format("cannot listen on {}: the address is taken or is none of this machine", options.listen);
      return common::Unavailable("ADDRESS_IN_USE", {all, all}, absl::ZeroDuration());
    }
    port = acceptor.local_endpoint().port();
    return absl::OkStatus();
  }

  void Accept() {
    acceptor.async_accept(asio::make_strand(io), [this](boost::system::error_code fault, tcp::socket socket) {
      if (!acceptor.is_open()) return;
      if (fault) {
        // Out of descriptors, or the peer was gone at once: later.
        pause.expires_after(kAcceptPause);
        pause.async_wait([this](boost::system::error_code) {
          asio::post(acceptor.get_executor(), [this] {
            if (acceptor.is_open()) Accept();
          });
        });
        return;
      }
      Admit(std::move(socket));
      Accept();
    });
  }

  void Admit(tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (options.socket_send_bytes > 0) {
      socket.set_option(asio::socket_base::send_buffer_size(options.socket_send_bytes), ignored);
    }
    const common::MutexLock lock(mutex);
    if (sessions.size() >= options.connections || draining) return;  // closes the socket
    auto session = std::make_shared<HttpSession>(std::move(socket), *this);
    sessions.insert(session.get());
    session->Start();
  }

  // SessionOwner
  const Options& settings() const override { return options; }
  HttpService& http_service() override { return service; }
  absl::Time Now() const override { return clock.Now(); }
  bool Draining() const override {
    const common::MutexLock lock(mutex);
    return draining;
  }
  void Forget(HttpSession* session) override {
    {
      const common::MutexLock lock(mutex);
      sessions.erase(session);
    }
    empty.notify_all();
  }

  void EachSession(void (HttpSession::*action)()) {
    std::vector<std::shared_ptr<HttpSession>> all;
    {
      const common::MutexLock lock(mutex);
      for (HttpSession* session : sessions) {
        if (auto shared = session->weak_from_this().lock()) all.push_back(std::move(shared));
      }
    }
    for (const auto& session : all) ((*session).*action)();
  }

  const Options options;
  HttpService& service;
  const common::Clock& clock;
  // Before what holds connections, which say farewell when they are destroyed.
  mutable common::Mutex mutex;
  std::condition_variable empty;
  bool draining ABSL_GUARDED_BY(mutex) = false;
  std::unordered_set<HttpSession*> sessions ABSL_GUARDED_BY(mutex);
  asio::io_context io;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  int port = 0;
  std::vector<std::thread> threads;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const Options& options, HttpService& service,
                                                              const common::Clock& clock) {
  auto impl = std::make_unique<Impl>(options, service, clock);
  RONGHE_RETURN_IF_ERROR(impl->Listen());
  asio::post(impl->acceptor.get_executor(), [&i = *impl] { i.Accept(); });
  for (int i = 0; i < std::max(1, options.threads); ++i) {
    impl->threads.emplace_back([&p = *impl] {
      const auto work = asio::make_work_guard(p.io);
      p.io.run();
    });
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() {
  Stop(absl::ZeroDuration());
}

int HttpServer::port() const {
  return impl_->port;
}
size_t HttpServer::connections() const {
  const common::MutexLock lock(impl_->mutex);
  return impl_->sessions.size();
}

void HttpServer::Drain() {
  {
    const common::MutexLock lock(impl_->mutex);
    if (impl_->draining) return;
    impl_->draining = true;
  }
  asio::post(impl_->acceptor.get_executor(), [&i = *impl_] {
    boost::system::error_code ignored;
    i.acceptor.close(ignored);
  });
  impl_->EachSession(&HttpSession::Drain);
}

bool HttpServer::Stop(absl::Duration grace) {
  if (impl_->threads.empty()) return true;
  Drain();
  const auto none = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return impl_->sessions.empty(); };
  const auto wait = [&](absl::Duration span) {
    std::unique_lock<std::mutex> lock(impl_->mutex.native());
    return impl_->empty.wait_for(lock, absl::ToChronoNanoseconds(span), none);
  };
  const bool in_time = wait(grace);
  if (!in_time) {
    impl_->EachSession(&HttpSession::Abort);
    wait(absl::Seconds(5));
  }
  impl_->io.stop();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
  return in_time;
}

}  // namespace ronghe::gateway
