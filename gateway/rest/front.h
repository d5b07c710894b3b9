#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/descriptor.h>

#include "gateway/rest/http_server.h"
#include "gateway/rest/rate.h"
#include "services/common/auth/auth.h"
#include "services/common/telemetry/metrics.h"
#include "services/common/values/clock.h"

namespace grpc {
class Channel;
}

namespace ronghe::gateway {

// The suite over HTTP and JSON: every annotated method of the given services that does not take a stream. A call goes
// through the process's own gRPC server, so identity, permission, routing, request ids, deadlines, logs and metrics are
// those of a gRPC call. Thread-safe.
class Front {
 public:
  struct Options {
    HttpServer::Options http;
    RateLimiter::Options rate;                    // of each caller
    absl::Duration deadline = absl::Seconds(30);  // of calls that name none
    absl::Duration heartbeat = absl::Seconds(15);
    int max_streams = 1024;                 // open at once
    std::vector<std::string> cors_origins;  // `https://portal.example`; `*`: any; empty: CORS is off
  };
  struct Parts {
    common::TokenVerifier& verifier;
    const common::Clock& clock;
    common::Metrics& metrics;
  };
  // FAILED_PRECONDITION for annotations that cannot be served. The parts outlive it.
  static absl::StatusOr<std::unique_ptr<Front>> Create(
      const Parts& parts, const Options& options,
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);
  ~Front();

  // Listens; calls go into the channel. Returns the port.
  absl::StatusOr<int> Start(const std::shared_ptr<grpc::Channel>& channel);
  // No new connections and requests; does not wait.
  void Drain();
  // After the gRPC server has stopped: waits at most `grace` until all answers are written.
  bool Stop(absl::Duration grace);

 private:
  struct Impl;
  explicit Front(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::gateway
