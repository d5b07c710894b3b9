#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {

// A private Redis on a free loopback port, in memory only, stopped at the end. Not thread-safe.
class RedisServer {
 public:
  static absl::StatusOr<std::unique_ptr<RedisServer>> Start();

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Ends it at once; connections break.
  void Kill9();
  // Starts it again on the same port, empty.
  absl::Status Restart();

 private:
  RedisServer() = default;
  absl::Status Launch();

  TempDir dir_;
  int port_ = 0;
  std::unique_ptr<Subprocess> process_;
};

}  // namespace ronghe::tests
