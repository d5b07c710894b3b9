#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <grpcpp/grpcpp.h>

#include "services/common/auth/auth.h"
#include "services/common/values/call.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

// Calls from one process of the suite to another.
namespace ronghe::common {

struct ChannelOptions {
  // Instances whose health service does not say SERVING for this name get no calls; empty: not asked.
  std::string health_service;
  int max_receive_bytes = 16 * 1024 * 1024;
  int max_send_bytes = 16 * 1024 * 1024;
};

// A channel that balances over all addresses of `target` (`dns:///organization:7301`, `127.0.0.1:7301`, `unix:…`),
// keeps alive, and repeats calls that UNAVAILABLE ended, at most three attempts, throttled. No deadline of its own: set
// one per call.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target, const ChannelOptions& options = {});

// This process's token as a process of the suite, made anew before it expires. Thread-safe.
class ServiceToken {
 public:
  ServiceToken(TokenMaker& maker, std::string service, const Clock& clock);
  // `Bearer …`.
  absl::StatusOr<std::string> Bearer();

 private:
  TokenMaker& maker_;
  const std::string service_;
  const Clock& clock_;
  Mutex mutex_;
  std::string bearer_ ABSL_GUARDED_BY(mutex_);
  absl::Time renew_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

// For a call caused by `call`: its deadline, request id and trace context; the user's token and, beside it, the
// process's own. Where `call` carries no user's token, the call is made on the process's own behalf.
absl::Status Prepare(grpc::ClientContext& context, const Call& call, ServiceToken& token);
// For a call on the process's own behalf, caused by nobody.
absl::Status PrepareOwn(grpc::ClientContext& context, absl::Time deadline, ServiceToken& token);

// The status with its details (values/status.h), whatever process it came from. A status without our details keeps code
// and message; UNKNOWN and the like from the library are kept as they are.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace ronghe::common
