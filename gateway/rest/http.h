#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/time/time.h>

// What the HTTP server and the service on it say to each other.
namespace ronghe::gateway {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string verb;
  std::string target;   // as in the request line
  HttpHeaders headers;  // names in lower case; trailers are not among them
  std::string body;     // empty until it was read
  bool has_body = false;
  std::string remote;           // address of the peer, without its port
  std::shared_ptr<void> found;  // the service's own: what it found out from the head

  // The first value; empty if there is none.
  std::string_view Header(std::string_view name) const;
  size_t Count(std::string_view name) const;
};

struct HttpReply {
  int code = 200;
  HttpHeaders headers;  // without those of the connection and the length
  std::string body;
};

// Answers one request. Thread-safe, also after the connection is gone: then nothing happens. Either Answer, once, or
// Begin, any number of Write one after the other, and End.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Answer(HttpReply reply) = 0;
  // Its body is not looked at. `done`: as of Write, which waits for it.
  virtual void Begin(HttpReply head, std::function<void(bool)> done) = 0;
  // `done` says whether the reader has taken it; false: the connection is gone or was cut off as too slow.
  virtual void Write(std::string chunk, std::function<void(bool)> done) = 0;
  virtual void End() = 0;
  // Called at most once, when the connection ends before the answer does, or has already ended. Not after the answer.
  virtual void OnGone(std::function<void()> gone) = 0;
  // Runs the task later, unless the answer or the connection ends before; replaces the one that was set before.
  virtual void After(absl::Duration span, std::function<void()> task) = 0;
  // Runs it on a thread of the server, one at a time for each connection.
  virtual void Run(std::function<void()> task) = 0;
};

// What is served. Called on the server's threads: must not block. Outlives the server.
class HttpService {
 public:
  virtual ~HttpService() = default;
  // The head was read, the body was not: an answer refuses the request, and nothing more of it is read.
  virtual std::optional<HttpReply> Refuse(HttpRequest& head) = 0;
  virtual void Serve(std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder) = 0;
  // How to say what the server itself refuses: 400, 408, 413, 417, 431, 501, 505.
  virtual HttpReply Fault(int code, const HttpRequest& head) = 0;
};

}  // namespace ronghe::gateway
