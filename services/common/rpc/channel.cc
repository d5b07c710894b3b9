#include "services/common/rpc/channel.h"

#include <utility>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kMaxMetadataBytes = 16 * 1024;
constexpr absl::Duration kTokenLifetime = absl::Minutes(10);
constexpr absl::Duration kTokenMargin = absl::Minutes(2);

// No `timeout` here: it fires early in this version of gRPC. Deadlines are set per call.
std::string ServiceConfig(const ChannelOptions& options) {
  std::string health = options.health_service.empty()
                           ? ""
                           : fmt::format(R"("healthCheckConfig":{{"serviceName":"{}"}},)", options.health_service);
  return fmt::format(
      R"({{{}"loadBalancingConfig":[{{"round_robin":{{}}}}],)"
      R"("retryThrottling":{{"maxTokens":100,"tokenRatio":0.1}},)"
      R"("methodConfig":[{{"name":[{{}}],"retryPolicy":{{"maxAttempts":3,"initialBackoff":"0.05s","maxBackoff":"0.5s",)"
      R"("backoffMultiplier":2,"retryableStatusCodes":["UNAVAILABLE"]}}}}]}})",
      health);
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target, const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfig(options));
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  // A process that was restarted is found again soon.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);  // despite its name, how long connecting may take
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  arguments.SetMaxReceiveMessageSize(options.max_receive_bytes);
  arguments.SetMaxSendMessageSize(options.max_send_bytes);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

ServiceToken::ServiceToken(TokenMaker& maker, std::string service, const Clock& clock)
    : maker_(maker), service_(std::move(service)), clock_(clock) {}

absl::StatusOr<std::string> ServiceToken::Bearer() {
  absl::Time now = clock_.Now();
  {
    MutexLock lock(mutex_);
    if (now < renew_) return bearer_;
  }
  // Made outside the lock; two at once do no harm.
  RONGHE_ASSIGN_OR_RETURN(std::string token, maker_.Make(kSuiteIssuer, service_, kTokenLifetime));
  MutexLock lock(mutex_);
  bearer_ = "Bearer " + token;
  renew_ = now + kTokenLifetime - kTokenMargin;
  return bearer_;
}

absl::Status Prepare(grpc::ClientContext& context, const Call& call, ServiceToken& token) {
  RONGHE_ASSIGN_OR_RETURN(std::string own, token.Bearer());
  if (call.deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(call.deadline));
  if (!call.request_id.empty()) context.AddMetadata("x-request-id", call.request_id);
  if (!call.traceparent.empty()) context.AddMetadata("traceparent", call.traceparent);
  if (call.authorization.empty()) {
    context.AddMetadata("authorization", own);
  } else {
    context.AddMetadata("authorization", call.authorization);
    context.AddMetadata("x-ronghe-service", own);
  }
  return absl::OkStatus();
}

absl::Status PrepareOwn(grpc::ClientContext& context, absl::Time deadline, ServiceToken& token) {
  Call call;
  call.deadline = deadline;
  return Prepare(context, call, token);
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return StatusFromDetails(static_cast<absl::StatusCode>(status.error_code()), status.error_message(),
                           status.error_details());
}

}  // namespace ronghe::common
