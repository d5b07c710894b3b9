#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace ronghe::tests {

struct HttpAnswer {
  int code = 0;                                // 0: the connection ended before a whole head
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // of chunks and lengths alike
  bool whole = false;                          // the body came to its end
};

// One connection to an HTTP server, byte by byte: what tests say on it is sent as it is. Not thread-safe.
class HttpConnection {
 public:
  // `receive_buffer`: of the socket, for readers that take little; 0: the system's.
  explicit HttpConnection(int port, int receive_buffer = 0);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void Send(std::string_view bytes);
  void ShutdownSend();
  void Reset();  // RST
  // The next answer, to the end of its body or of the connection. `head_only`: of a HEAD request.
  HttpAnswer Read(bool head_only = false);
  // Of a stream: its head, then what comes until `text` is in the body.
  HttpAnswer ReadHead();
  std::string ReadUntil(std::string_view text);
  // Whether the server closes within the deadline; what it sends before is thrown away.
  bool Closed(std::chrono::milliseconds deadline = std::chrono::seconds(20));

 private:
  bool Fill();                        // false at the end
  bool ReadChunk(std::string& into);  // false at the last one or the end
  std::string Take(size_t bytes);

  int socket_ = -1;
  std::string buffer_;
  bool end_ = false;
};

}  // namespace ronghe::tests
