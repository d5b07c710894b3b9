#include "gateway/rest/session.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>

namespace ronghe::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr size_t kFirstRead = 4096;
constexpr size_t kBufferMax = 192 << 10;
constexpr size_t kKeepBuffer = 16 << 10;
// What a refused client may still be sending while it is told so.
constexpr size_t kDiscardMax = 1 << 20;
constexpr absl::Duration kDiscardFor = absl::Seconds(2);
// Slower than this is too slow for long answers.
constexpr double kLeastBytesPerSecond = 64 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view View(beast::string_view text) {
  return {text.data(), text.size()};
}

std::string HttpDate(absl::Time now) {
  const std::time_t seconds = absl::ToTimeT(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

bool IsBodiless(int code) {
  return code == 204 || code == 304 || (code >= 100 && code < 200);
}

void AppendValue(std::string& to, std::string_view value) {
  for (const char c : value) to.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c);
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

size_t HttpRequest::Count(std::string_view name) const {
  size_t count = 0;
  for (const auto& [key, value] : headers) count += key == name ? 1 : 0;
  return count;
}

class HttpSession::Answering final : public Responder {
 public:
  Answering(std::shared_ptr<HttpSession> session, uint64_t serial) : session_(std::move(session)), serial_(serial) {}

  void Answer(HttpReply reply) override {
    Run([s = session_, n = serial_, r = std::move(reply)]() mutable { s->Answer(n, std::move(r)); });
  }
  void Begin(HttpReply head, std::function<void(bool)> done) override {
    Run([s = session_, n = serial_, r = std::move(head), d = std::move(done)]() mutable {
      s->Begin(n, std::move(r), std::move(d));
    });
  }
  void Write(std::string chunk, std::function<void(bool)> done) override {
    Run([s = session_, n = serial_, c = std::move(chunk), d = std::move(done)]() mutable {
      s->WriteChunk(n, std::move(c), std::move(d));
    });
  }
  void End() override {
    Run([s = session_, n = serial_] { s->End(n); });
  }
  void OnGone(std::function<void()> gone) override {
    Run([s = session_, n = serial_, g = std::move(gone)]() mutable {
      if (s->serial_ != n || s->phase_ == Phase::kClosing || s->phase_ == Phase::kClosed) {
        g();
      } else {
        s->gone_ = std::move(g);
      }
    });
  }
  void After(absl::Duration span, std::function<void()> task) override {
    Run([s = session_, n = serial_, span, t = std::move(task)]() mutable { s->After(n, span, std::move(t)); });
  }
  void Run(std::function<void()> task) override { asio::post(session_->stream_.get_executor(), std::move(task)); }

 private:
  const std::shared_ptr<HttpSession> session_;
  const uint64_t serial_;
};

HttpSession::HttpSession(asio::ip::tcp::socket socket, SessionOwner& owner)
    : owner_(owner),
      settings_(owner.settings()),
      stream_(std::move(socket)),
      buffer_(kBufferMax),
      later_(stream_.get_executor()) {}

HttpSession::~HttpSession() {
  owner_.Forget(this);
}

void HttpSession::Start() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->ReadNext(); });
}

void HttpSession::Drain() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->keep_alive_ = false;
    if (self->phase_ == Phase::kIdle) self->Close();
  });
}

void HttpSession::Abort() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->Close(); });
}

void HttpSession::ReadNext() {
  phase_ = Phase::kIdle;
  ++serial_;
  gone_ = nullptr;
  request_ = std::make_shared<HttpRequest>();
  if (owner_.Draining()) return Close();
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(settings_.header_bytes));
  parser_->body_limit(settings_.body_bytes);
  if (buffer_.size() > 0) return ReadHead();
  if (half_closed_) return Close();
  if (buffer_.capacity() > kKeepBuffer) buffer_.shrink_to_fit();
  ExpireAfter(settings_.idle);
  stream_.async_read_some(buffer_.prepare(kFirstRead), [self = shared_from_this()](Fault fault, size_t bytes) {
    if (fault || self->phase_ != Phase::kIdle) return self->Close();
    self->buffer_.commit(bytes);
    self->ReadHead();
  });
}

void HttpSession::ReadHead() {
  phase_ = Phase::kReading;
  ExpireAfter(settings_.header);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](Fault fault, size_t) { self->OnHead(fault); });
}

void HttpSession::OnReadFault(Fault fault) {
  if (phase_ == Phase::kClosed) return;
  if (fault == beast::error::timeout) {
    // The stream is closed by its timer: there is nobody left to tell.
    return Close();
  }
  if (fault == http::error::header_limit || fault == http::error::buffer_overflow) return RefuseWith(431);
  if (fault == http::error::body_limit) return RefuseWith(413);
  if (fault == http::error::bad_version) return RefuseWith(505);
  if (fault.category() == make_error_code(http::error::bad_value).category() && fault != http::error::end_of_stream &&
      fault != http::error::partial_message) {
    return RefuseWith(400);
  }
  Close();
}

void HttpSession::OnHead(Fault fault) {
  if (fault) return OnReadFault(fault);
  if (phase_ == Phase::kClosed) return;
  TakeHead();
  if (const int code = FaultOfHead(); code != 0) return RefuseWith(code);
  keep_alive_ = parser_->keep_alive() && !owner_.Draining();
  if (std::optional<HttpReply> refused = owner_.http_service().Refuse(*request_)) return Refuse(*std::move(refused));
  if (!request_->has_body || parser_->is_done()) return Serve();
  const std::string_view expect = request_->Header("expect");
  if (expect.empty() || parser_->get().version() < 11) return ReadBody();
  Send(std::string(kContinue), {}, [self = shared_from_this()](bool ok) {
    if (ok) {
      self->ReadBody();
    } else {
      self->Close();
    }
  });
}

void HttpSession::TakeHead() {
  const auto& message = parser_->get();
  request_->verb = std::string(View(message.method_string()));
  request_->target = std::string(View(message.target()));
  for (const auto& field : message) {
    request_->headers.emplace_back(absl::AsciiStrToLower(std::string(View(field.name_string()))),
                                   std::string(View(field.value())));
  }
  request_->has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  Fault ignored;
  const auto peer = stream_.socket().remote_endpoint(ignored);
  if (!ignored) request_->remote = peer.address().to_string();
}

// What another server on the way might read differently.
int HttpSession::FaultOfHead() const {
  const HttpRequest& head = *request_;
  const unsigned version = parser_->get().version();
  if (version != 10 && version != 11) return 505;
  const size_t encodings = head.Count("transfer-encoding");
  if (encodings > 0) {
    if (head.Count("content-length") > 0 || encodings > 1 || version < 11) return 400;
    if (!absl::EqualsIgnoreCase(std::string(head.Header("transfer-encoding")), "chunked")) return 501;
  }
  if (head.Count("content-length") > 1 || head.Count("host") > 1) return 400;
  if (version == 11 && head.Count("host") == 0) return 400;
  for (const char* name : {"authorization", "content-type", "if-match", "idempotency-key", "content-encoding"}) {
    if (head.Count(name) > 1) return 400;
  }
  const std::string_view expect = head.Header("expect");
  if (!expect.empty() && !absl::EqualsIgnoreCase(std::string(expect), "100-continue")) return 417;
  return 0;
}

void HttpSession::ReadBody() {
  ExpireAfter(settings_.body);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](Fault fault, size_t) { self->OnBody(fault); });
}

void HttpSession::OnBody(Fault fault) {
  if (fault == http::error::buffer_overflow) return RefuseWith(413);
  if (fault) return OnReadFault(fault);
  if (phase_ == Phase::kClosed) return;
  request_->body = std::move(parser_->get().body());
  Serve();
}

void HttpSession::Serve() {
  phase_ = Phase::kAnswering;
  stream_.expires_never();
  WatchPeer();
  owner_.http_service().Serve(request_, std::make_shared<Answering>(shared_from_this(), serial_));
}

void HttpSession::Refuse(HttpReply reply) {
  phase_ = Phase::kAnswering;
  // What is left of the request is not read, so nothing after it can be understood.
  if (!parser_->is_done() && (request_->has_body || !parser_->is_header_done())) keep_alive_ = false;
  if (!parser_->is_header_done()) keep_alive_ = false;
  if (reply.code == 400 || reply.code == 408 || reply.code == 431 || reply.code == 505) keep_alive_ = false;
  Answer(serial_, std::move(reply));
}

// A peer that is gone is noticed although nothing is read from it while it is being answered.
void HttpSession::WatchPeer() {
  if (half_closed_) return;
  stream_.socket().async_wait(asio::ip::tcp::socket::wait_read,
                              [self = shared_from_this(), serial = serial_](Fault fault) {
                                if (!fault) self->OnPeer(serial);
                              });
}

void HttpSession::OnPeer(uint64_t serial) {
  if (serial != serial_ || (phase_ != Phase::kAnswering && phase_ != Phase::kStreaming)) return;
  char byte = 0;
  const ssize_t bytes = ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (bytes > 0) return;  // the next request: it waits
  if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return WatchPeer();
  if (bytes < 0) return Close();
  // It sends no more. It may still want the answer to what it asked; nobody listens to a stream like that.
  half_closed_ = true;
  if (phase_ == Phase::kStreaming) Close();
}

void HttpSession::Answer(uint64_t serial, HttpReply reply) {
  if (serial != serial_ || phase_ != Phase::kAnswering) return;
  gone_ = nullptr;
  later_.cancel();
  phase_ = Phase::kClosing;
  if (owner_.Draining() || half_closed_) keep_alive_ = false;
  std::string head = Head(reply, reply.body.size());
  std::string body = request_->verb == "HEAD" || IsBodiless(reply.code) ? std::string() : std::move(reply.body);
  Send(std::move(head), std::move(body), [self = shared_from_this()](bool ok) {
    if (!ok) return self->Close();
    self->Finished();
  });
}

void HttpSession::Begin(uint64_t serial, HttpReply head, std::function<void(bool)> done) {
  if (serial != serial_ || phase_ != Phase::kAnswering) return done(false);
  if (half_closed_) {
    Close();
    return done(false);
  }
  phase_ = Phase::kStreaming;
  chunked_ = parser_->get().version() >= 11;
  if (!chunked_) keep_alive_ = false;
  Send(Head(head, std::nullopt), {}, [self = shared_from_this(), d = std::move(done)](bool ok) {
    if (!ok) self->Close();
    d(ok);
  });
}

void HttpSession::WriteChunk(uint64_t serial, std::string chunk, std::function<void(bool)> done) {
  if (serial != serial_ || phase_ != Phase::kStreaming) return done(false);
  std::string head;
  if (chunked_) {
    head = fmt::format("{:x}\r\n", chunk.size());
    chunk += "\r\n";
  }
  Send(std::move(head), std::move(chunk), [self = shared_from_this(), d = std::move(done)](bool ok) {
    if (!ok) self->Close();
    d(ok);
  });
}

void HttpSession::End(uint64_t serial) {
  if (serial != serial_ || phase_ != Phase::kStreaming) return;
  gone_ = nullptr;
  later_.cancel();
  phase_ = Phase::kClosing;
  Send(chunked_ ? "0\r\n\r\n" : "", {}, [self = shared_from_this()](bool ok) {
    if (!ok) return self->Close();
    self->Finished();
  });
}

void HttpSession::After(uint64_t serial, absl::Duration span, std::function<void()> task) {
  if (serial != serial_ || (phase_ != Phase::kAnswering && phase_ != Phase::kStreaming)) return;
  later_.expires_after(absl::ToChronoNanoseconds(span));
  later_.async_wait([self = shared_from_this(), serial, t = std::move(task)](Fault fault) {
    const bool open = self->phase_ == Phase::kAnswering || self->phase_ == Phase::kStreaming;
    if (!fault && open && serial == self->serial_) t();
  });
}

std::string HttpSession::Head(const HttpReply& reply, std::optional<size_t> length) const {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", reply.code,
                  View(http::obsolete_reason(static_cast<http::status>(reply.code))), HttpDate(owner_.Now()));
  for (const auto& [name, value] : reply.headers) {
    head += name;
    head += ": ";
    AppendValue(head, value);
    head += "\r\n";
  }
  if (!length.has_value()) {
    if (chunked_) head += "Transfer-Encoding: chunked\r\n";
  } else if (!IsBodiless(reply.code)) {
    head += fmt::format("Content-Length: {}\r\n", *length);
  }
  head += keep_alive_ ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

void HttpSession::Send(std::string head, std::string body, std::function<void(bool)> done) {
  out_head_ = std::move(head);
  out_body_ = std::move(body);
  ExpireAfter(settings_.write + absl::Seconds(static_cast<double>(out_body_.size()) / kLeastBytesPerSecond));
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(out_head_), asio::buffer(out_body_)};
  asio::async_write(stream_, buffers, [self = shared_from_this(), d = std::move(done)](Fault fault, size_t) {
    if (self->phase_ != Phase::kClosed) self->stream_.expires_never();
    d(!fault && self->phase_ != Phase::kClosed);
  });
}

void HttpSession::Finished() {
  if (keep_alive_) return ReadNext();
  CloseGently();
}

// Closing while the peer still sends would throw away the answer it has not read yet.
void HttpSession::CloseGently() {
  Fault ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (ignored || half_closed_) return Close();
  buffer_.consume(buffer_.size());
  ExpireAfter(kDiscardFor);
  Discard();
}

void HttpSession::Discard() {
  stream_.async_read_some(buffer_.prepare(kKeepBuffer), [self = shared_from_this()](Fault fault, size_t bytes) {
    self->discarded_ += bytes;
    if (fault || self->discarded_ > kDiscardMax || self->phase_ == Phase::kClosed) return self->Close();
    self->Discard();
  });
}

void HttpSession::Close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  Fault ignored;
  stream_.socket().close(ignored);
  stream_.cancel();
  later_.cancel();
  if (gone_) std::exchange(gone_, nullptr)();
}

}  // namespace ronghe::gateway
