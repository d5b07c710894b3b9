#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

namespace ronghe::common {

// The gRPC server of a process: its services, health (for "" and the service's name), reflection. Thread-safe.
class Server {
 public:
  struct Options {
    std::string service;  // name under which health is asked
    std::string listen = "127.0.0.1:0";
    absl::Duration max_connection_age = absl::ZeroDuration();  // zero: unbounded
    int max_streams_per_connection = 1024;
  };
  // Listens; health says NOT_SERVING until SetServing. UNAVAILABLE if the address is taken or is none. The services
  // outlive it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options,
                                                       const std::vector<grpc::Service*>& services);
  ~Server();

  int port() const { return port_; }
  void SetServing(bool serving);
  // A channel into this server without a socket between.
  std::shared_ptr<grpc::Channel> SelfChannel();
  // No new calls; waits for those in progress until `grace` has passed, then cancels them and waits for their end.
  // False if any had to be cancelled.
  bool Shutdown(absl::Duration grace);

 private:
  Server() = default;
  std::string service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace ronghe::common
