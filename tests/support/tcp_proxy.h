#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include <absl/status/statusor.h>

namespace ronghe::tests {

// A TCP proxy from a free loopback port to another one, which can fail like a network. Passes bytes on in a thread of
// its own. Thread-safe.
class TcpProxy {
 public:
  static absl::StatusOr<std::unique_ptr<TcpProxy>> Start(int target_port);
  ~TcpProxy();

  int port() const { return port_; }
  // Each returns once it holds.
  void Cut();        // existing connections are reset, new ones refused
  void Blackhole();  // connections stay and are accepted, but bytes are swallowed in both directions
  // New connections are passed on. Those there are get reset: of a blackhole's, bytes are missing.
  void Heal();

  int64_t accepted() const { return accepted_; }

 private:
  enum class Mode { kPass, kCut, kBlackhole };
  struct Loop;
  TcpProxy() = default;
  void Ask(Mode mode, bool reset);

  int port_ = 0;
  std::atomic<int64_t> accepted_ = 0;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace ronghe::tests
