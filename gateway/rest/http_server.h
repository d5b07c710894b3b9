#pragma once

#include <memory>
#include <string>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "gateway/rest/http.h"
#include "services/common/values/clock.h"

namespace ronghe::gateway {

// HTTP/1.1 and 1.0 on a few threads, however many connections there are. Requests of a connection are answered one
// after the other, in order; those that are sent ahead wait in the socket. What is ambiguous is refused and the
// connection closed: a length and an encoding at once, two lengths, unknown encodings, folded or malformed fields, no
// or two hosts. Thread-safe.
class HttpServer {
 public:
  struct Options {
    std::string listen = "127.0.0.1:0";
    int threads = 2;
    size_t header_bytes = 16 << 10;             // more: 431
    size_t body_bytes = 4 << 20;                // more: 413
    size_t connections = 16384;                 // more are closed at once
    absl::Duration idle = absl::Seconds(75);    // between requests
    absl::Duration header = absl::Seconds(10);  // from a request's first byte to the end of its head
    absl::Duration body = absl::Seconds(30);    // from there to the end of the body
    absl::Duration write = absl::Seconds(20);   // for what is written at once, and more for what is long
    int socket_send_bytes = 0;                  // SO_SNDBUF; 0: the system's
  };
  // Listens and serves. UNAVAILABLE if the address is taken or is none. Service and clock outlive it.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const Options& options, HttpService& service,
                                                           const common::Clock& clock);
  ~HttpServer();  // Stop(0)

  int port() const;
  size_t connections() const;
  // No new connections; idle ones are closed, others after the answer in progress. Does not wait.
  void Drain();
  // Drain, then waits at most `grace` for the connections to end, and ends the rest. False if any had to be ended.
  bool Stop(absl::Duration grace);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::gateway
