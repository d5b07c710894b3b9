#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <absl/status/statusor.h>

namespace ronghe::common {

// A small HTTP server for the orchestrator and for Prometheus, on its own port and thread, without identity: GET
// /metrics, /healthz (the process lives), /readyz (it serves). Bounded in connections, sizes and times; nothing else is
// answered.
class Probes {
 public:
  struct Pages {
    std::function<std::string()> metrics;
    // OK, or what is not ready: said in the answer of 503.
    std::function<absl::Status()> ready;
  };
  // UNAVAILABLE if the address (`127.0.0.1:7401`) is taken or is none.
  static absl::StatusOr<std::unique_ptr<Probes>> Start(const std::string& listen, Pages pages);
  ~Probes();
  int port() const;

 private:
  Probes();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
