#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/auth/auth.h"
#include "services/common/directory/directory.h"
#include "services/common/serve/binding.h"
#include "services/common/telemetry/metrics.h"
#include "services/common/values/clock.h"
#include "services/common/values/pages.h"

namespace grpc {
class Channel;
}

// The frame of every process: settings, signals, servers, drain.
namespace ronghe::common {

// Settings that all processes have. Read from flags, then RONGHE_* variables, then defaults; an unknown or bad one
// stops the start with its name. See config/settings.h for how a process adds its own.
struct ServeConfig {
  std::string service;                       // `organization`
  std::string listen = "127.0.0.1:0";        // gRPC
  std::string probe_listen = "127.0.0.1:0";  // /metrics, /healthz, /readyz
  std::vector<TrustedIssuer> issuers;        // --issuer NAME=FILE, repeated
  std::string suite_key_file;                // private JWK with which this process signs its own calls
  std::string token_secret_file;             // secret of page, resume and revision tokens
  int pool_threads = 8;
  int pool_queue = 512;
  absl::Duration default_deadline = absl::Seconds(30);
  absl::Duration drain = absl::Seconds(20);
  std::string port_file;  // written once serving: `grpc=PORT\nprobe=PORT\n`, then those of AddListener
  std::string time_zone = "Asia/Shanghai";
  std::string log_level = "info";  // debug, info, warning or error
  absl::Duration drain_wait =
      absl::ZeroDuration();  // between NOT_SERVING and the end of new calls, for balancers to notice
  absl::Duration max_connection_age = absl::ZeroDuration();  // zero: connections live on; 60 s to 300 s where balanced
  int max_streams = 1024;                                    // open at once
};

class RawBinding;  // serve/raw_binding.h: services passed on, in the gateway

// What a process is made of once it serves. The process owns clock, pool, wrapper and servers; the composition root
// (main.cc) owns the rest.
class Process {
 public:
  Process();  // masks SIGTERM and SIGINT before any thread exists
  ~Process();

  // Builds what needs the settings: logging, key sets, pool, metrics, wrapper.
  absl::Status Init(const ServeConfig& config);
  const ServeConfig& config() const;

  const Clock& clock() const;
  Random& random();
  Calendar calendar() const;
  const TokenSigner& signer() const;
  Directory& directory();
  TokenVerifier& verifier();
  TokenMaker& suite_tokens();  // FAILED_PRECONDITION at Init where no suite key is set
  Authorizer& authorizer();
  Metrics& metrics();
  Wrapper& wrapper();

  // How the owners of non-unit resources are found; default: there are none. Before Serve.
  void SetOwnerResolver(OwnerResolver* resolver);
  // A condition of readiness, polled by /readyz and the health service: OK when ready. Names the part in its message.
  void AddReadiness(std::string part, std::function<absl::Status()> check);
  // Called when the drain begins: streams end, background work stops. In reverse order of registration.
  void OnDrain(std::function<void()> callback);

  // Another server of the process. `start` is called once the gRPC server listens, with a channel into that very server
  // (no socket between), and answers the port at which it listens: the port file names it `{name}=PORT`. An error ends
  // the start. It stops through OnDrain. Before Serve.
  void AddListener(std::string name,
                   std::function<absl::StatusOr<int>(const std::shared_ptr<grpc::Channel>& self)> start);

  // Serves until SIGTERM or SIGINT: EchoService, health (names: "", the service's name), reflection, and `bindings`.
  // Then health goes NOT_SERVING, waits, drains within `config.drain`, and returns the exit code. An incomplete binding
  // is an exit code and a message, before anything listens.
  int Serve(std::vector<ServiceBinding*> bindings, std::vector<RawBinding*> raw = {});
  // As Serve, in the background: for tests. `port()` and `probe_port()` are valid after OK.
  absl::Status StartServing(std::vector<ServiceBinding*> bindings, std::vector<RawBinding*> raw = {});
  int port() const;
  int probe_port() const;
  void StopServing();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Prints what is wrong, one line, to stderr; returns the exit code 1… `return Die(status);`.
int Die(const absl::Status& status);

}  // namespace ronghe::common
