#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <absl/time/time.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "gateway/rest/http_server.h"

namespace ronghe::gateway {

class HttpSession;

// What a connection needs of its server.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual const HttpServer::Options& settings() const = 0;
  virtual HttpService& http_service() = 0;
  virtual absl::Time Now() const = 0;
  virtual bool Draining() const = 0;
  virtual void Forget(HttpSession* session) = 0;
};

// One connection, on a strand of its own. Lives as long as an operation is under way or a responder is held.
class HttpSession final : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, SessionOwner& owner);
  ~HttpSession();
  // From any thread.
  void Start();
  void Drain();  // at once if nothing is being answered, else after the answer
  void Abort();

 private:
  class Answering;  // the responder of one request
  using Fault = boost::system::error_code;
  // Idle: between requests. A refused request is answered, and then its connection closed.
  enum class Phase { kIdle, kReading, kAnswering, kStreaming, kClosing, kClosed };

  void ReadNext();
  void ReadHead();
  void OnHead(Fault fault);
  int FaultOfHead() const;  // 0: none
  void TakeHead();
  void ReadBody();
  void OnBody(Fault fault);
  void Serve();
  void Refuse(HttpReply reply);
  void RefuseWith(int code) { Refuse(owner_.http_service().Fault(code, *request_)); }
  void OnReadFault(Fault fault);
  void WatchPeer();
  void OnPeer(uint64_t serial);

  // On the strand, from responders.
  void Answer(uint64_t serial, HttpReply reply);
  void Begin(uint64_t serial, HttpReply head, std::function<void(bool)> done);
  void WriteChunk(uint64_t serial, std::string chunk, std::function<void(bool)> done);
  void End(uint64_t serial);
  void After(uint64_t serial, absl::Duration span, std::function<void()> task);

  void Send(std::string head, std::string body, std::function<void(bool)> done);
  std::string Head(const HttpReply& reply, std::optional<size_t> length) const;
  void Finished();
  void CloseGently();
  void Discard();
  void Close();
  void ExpireAfter(absl::Duration span) { stream_.expires_after(absl::ToChronoNanoseconds(span)); }

  SessionOwner& owner_;
  const HttpServer::Options& settings_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::shared_ptr<HttpRequest> request_;
  std::function<void()> gone_;  // of the responder
  boost::asio::steady_timer later_;
  std::string out_head_;
  std::string out_body_;
  uint64_t serial_ = 0;  // of the request
  size_t discarded_ = 0;
  Phase phase_ = Phase::kIdle;
  bool keep_alive_ = false;
  bool chunked_ = false;
  bool half_closed_ = false;  // the peer sends no more
};

}  // namespace ronghe::gateway
