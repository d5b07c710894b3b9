#include "tests/support/redis.h"

#include <csignal>

namespace ronghe::tests {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(20);
constexpr int kStartAttempts = 5;

}  // namespace

absl::StatusOr<std::unique_ptr<RedisServer>> RedisServer::Start() {
  std::unique_ptr<RedisServer> server(new RedisServer());
  absl::Status status;
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    server->port_ = FreePort();  // somebody else may take it before the server does
    status = server->Launch();
    if (status.ok()) return server;
  }
  return status;
}

absl::Status RedisServer::Launch() {
  Subprocess::Options options;
  options.output_dir = dir_.path();
  auto started = Subprocess::Start({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save",
                                    "", "--appendonly", "no", "--dir", dir_.path(), "--daemonize", "no"},
                                   options);
  if (!started.ok()) return started.status();
  process_ = *std::move(started);
  // The line says that this process listens; a port that is open could be somebody else's.
  return process_->WaitFor(
      [this] { return process_->Stdout().find("Ready to accept connections") != std::string::npos && PortOpen(port_); },
      kStartTimeout);
}

void RedisServer::Kill9() {
  process_->SignalGroup(SIGKILL);
  process_->WaitExit(absl::Seconds(10)).IgnoreError();
  process_.reset();
}

absl::Status RedisServer::Restart() {
  return Launch();
}

}  // namespace ronghe::tests
