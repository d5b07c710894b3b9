#include "services/common/serve/probes.h"

#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "services/common/telemetry/log.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kMaxConnections = 32;
constexpr size_t kMaxHeaderBytes = 8 * 1024;
constexpr auto kTimeout = std::chrono::seconds(5);

absl::Status CannotListen(const std::string& listen, const std::string& why) {
  std::string all = fmt::format("cannot listen on {} for probes: {}", listen, why);
  return Unavailable("ADDRESS_IN_USE", {all, all}, absl::ZeroDuration());
}

// One request, one answer, and the connection closes. All on the one thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const Probes::Pages& pages, int& open)
      : stream_(std::move(socket)), pages_(pages), open_(open) {
    ++open_;
    parser_.header_limit(kMaxHeaderBytes);
    parser_.body_limit(0);
  }
  ~Session() { --open_; }

  void Run() {
    stream_.expires_after(kTimeout);
    http::async_read_header(stream_, buffer_, parser_, [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->Answer();
    });
  }

 private:
  void Answer() {
    const auto& request = parser_.get();
    response_.version(11);
    response_.keep_alive(false);
    response_.set(http::field::content_type, "text/plain; charset=utf-8");
    beast::string_view target = request.target().substr(0, request.target().find('?'));
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      response_.result(http::status::method_not_allowed);
      response_.set(http::field::allow, "GET, HEAD");
    } else if (target == "/metrics") {
      response_.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
      response_.body() = pages_.metrics();
    } else if (target == "/healthz") {
      response_.body() = "ok\n";
    } else if (target == "/readyz") {
      absl::Status ready = pages_.ready();
      response_.result(ready.ok() ? http::status::ok : http::status::service_unavailable);
      response_.body() = ready.ok() ? "ready\n" : fmt::format("not ready: {}\n", std::string(ready.message()));
    } else {
      response_.result(http::status::not_found);
    }
    response_.content_length(response_.body().size());
    if (request.method() == http::verb::head) response_.body().clear();
    stream_.expires_after(kTimeout);
    http::async_write(stream_, response_, [self = shared_from_this()](error_code, size_t) {
      error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  beast::tcp_stream stream_;
  const Probes::Pages& pages_;
  int& open_;
  beast::flat_buffer buffer_{kMaxHeaderBytes + 1024};
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

struct Probes::Impl {
  explicit Impl(Pages given) : pages(std::move(given)) {}

  void Accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      // Those above the bound are closed unread.
      if (!error && open < kMaxConnections) std::make_shared<Session>(std::move(socket), pages, open)->Run();
      Accept();
    });
  }

  const Pages pages;
  int open = 0;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  std::thread thread;
};

Probes::Probes() = default;

absl::StatusOr<std::unique_ptr<Probes>> Probes::Start(const std::string& listen, Pages pages) {
  size_t colon = listen.rfind(':');
  uint16_t port = 0;
  if (colon == std::string::npos ||
      std::from_chars(listen.data() + colon + 1, listen.data() + listen.size(), port).ptr !=
          listen.data() + listen.size()) {
    return CannotListen(listen, "must be ADDRESS:PORT");
  }
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  error_code error;
  asio::ip::address address = asio::ip::make_address(host, error);
  if (error) return CannotListen(listen, "must be a numeric address");
  auto probes = std::unique_ptr<Probes>(new Probes);
  probes->impl_ = std::make_unique<Impl>(std::move(pages));
  tcp::acceptor& acceptor = probes->impl_->acceptor;
  tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kMaxConnections, error);
  if (error) return CannotListen(listen, error.message());
  probes->impl_->Accept();
  probes->impl_->thread = std::thread([impl = probes->impl_.get()] {
    try {
      impl->io.run();
    } catch (...) {
      Log(LogLevel::kError, "the probes have failed");
    }
  });
  return probes;
}

Probes::~Probes() {
  if (impl_ == nullptr || !impl_->thread.joinable()) return;
  impl_->io.stop();
  impl_->thread.join();
}

int Probes::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

}  // namespace ronghe::common
