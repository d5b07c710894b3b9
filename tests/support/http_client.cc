#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace ronghe::tests {
namespace {

constexpr int kDeadlineMs = 20'000;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

HttpConnection::HttpConnection(int port, int receive_buffer) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  end_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0;
}

HttpConnection::~HttpConnection() {
  ::close(socket_);
}

void HttpConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the answer, or its absence, tells
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void HttpConnection::ShutdownSend() {
  ::shutdown(socket_, SHUT_WR);
}

void HttpConnection::Reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(socket_);
  socket_ = -1;
  end_ = true;
}

bool HttpConnection::Fill() {
  if (end_) return false;
  pollfd ready{socket_, POLLIN, 0};
  if (::poll(&ready, 1, kDeadlineMs) <= 0) {
    end_ = true;
    return false;
  }
  char bytes[16384];
  const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got <= 0) {
    end_ = true;
    return false;
  }
  buffer_.append(bytes, static_cast<size_t>(got));
  return true;
}

std::string HttpConnection::Take(size_t bytes) {
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return taken;
}

HttpAnswer HttpConnection::ReadHead() {
  HttpAnswer answer;
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return answer;
  }
  const std::string head = Take(end + 4);
  if (head.rfind("HTTP/1.1 ", 0) != 0) return answer;
  answer.code = std::atoi(head.c_str() + 9);
  size_t at = head.find("\r\n") + 2;
  while (at + 2 < head.size()) {
    const size_t stop = head.find("\r\n", at);
    const std::string line = head.substr(at, stop - at);
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) answer.headers[Lower(line.substr(0, colon))] = line.substr(colon + 2);
    at = stop + 2;
  }
  return answer;
}

bool HttpConnection::ReadChunk(std::string& into) {
  size_t line = 0;
  while ((line = buffer_.find("\r\n")) == std::string::npos) {
    if (!Fill()) return false;
  }
  const size_t size = std::strtoul(Take(line + 2).c_str(), nullptr, 16);
  while (buffer_.size() < size + 2) {
    if (!Fill()) return false;
  }
  into += Take(size);
  Take(2);
  return size > 0;
}

HttpAnswer HttpConnection::Read(bool head_only) {
  HttpAnswer answer = ReadHead();
  if (answer.code == 0) return answer;
  if (head_only || answer.code == 204 || answer.code == 304 || answer.code == 100) {
    answer.whole = true;
  } else if (answer.headers.count("content-length") > 0) {
    const size_t size = std::strtoul(answer.headers["content-length"].c_str(), nullptr, 10);
    while (buffer_.size() < size && Fill()) {
    }
    answer.whole = buffer_.size() >= size;
    answer.body = Take(size);
  } else if (answer.headers.count("transfer-encoding") > 0) {
    while (ReadChunk(answer.body)) {
    }
    answer.whole = !end_;
  } else {
    while (Fill()) {
    }
    answer.body = Take(buffer_.size());
    answer.whole = true;
  }
  return answer;
}

std::string HttpConnection::ReadUntil(std::string_view text) {
  std::string body;
  while (body.find(text) == std::string::npos && ReadChunk(body)) {
  }
  return body;
}

bool HttpConnection::Closed(std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!end_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{socket_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
    buffer_.clear();
    Fill();
  }
  return true;
}

}  // namespace ronghe::tests
