#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {

// A private Redis on a free loopback port, in memory only, stopped at the end. Not thread-safe.
class RedisServer {
 public:
  // `more`: further arguments of the server, such as {"--requirepass", "…"}.
  static absl::StatusOr<std::unique_ptr<RedisServer>> Start(std::vector<std::string> more = {});

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Ends it at once; connections break.
  void Kill9();
  // Starts it again on the same port, empty.
  absl::Status Restart();
  // It stands still: connections stay, and nothing answers.
  void Pause();
  void Continue();
  // Without room for anything more, and with room again. What it has stays.
  absl::Status Fill();
  absl::Status Empty();
  // A replica of the one on `port`, once it is in step; 0: a master again.
  absl::Status ReplicaOf(int port);
  // Any command over a connection of its own, answered within a few seconds. Strings, statuses and integers as text;
  // nil as an empty string; of an array the elements in lines. An error reply is UNKNOWN.
  absl::StatusOr<std::string> Command(const std::vector<std::string>& args);

 private:
  RedisServer() = default;
  absl::Status Launch();

  TempDir dir_;
  std::vector<std::string> more_;
  int port_ = 0;
  std::unique_ptr<Subprocess> process_;
};

}  // namespace ronghe::tests
