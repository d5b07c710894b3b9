#include "services/common/process/health_check.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/byte_buffer.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

// grpc.health.v1 has no package of its own in Debian; its two messages have one field each.
constexpr char kServiceTag = 0x0A;
constexpr char kStatusTag = 0x08;
constexpr char kServing = 1;

std::string Reachable(const std::string& listen) {
  size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return listen;
  std::string host = listen.substr(0, colon);
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return host + listen.substr(colon);
}

absl::Status NotServing(const std::string& why) {
  return Unavailable("NOT_SERVING", {why, why});
}

}  // namespace

absl::Status CheckHealth(const std::string& listen, const std::string& service, absl::Duration patience) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto channel = grpc::CreateCustomChannel(Reachable(listen), grpc::InsecureChannelCredentials(), arguments);
  grpc::ClientContext context;
  gpr_timespec span = gpr_time_from_millis(absl::ToInt64Milliseconds(patience), GPR_TIMESPAN);
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), span));
  std::string text{kServiceTag, static_cast<char>(service.size())};
  grpc::Slice slice(text + service);
  grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      channel.get(), method, &context, request, &response);
  if (!status.ok()) return NotServing(fmt::format("{} does not answer: {}", listen, status.error_message()));
  grpc::Slice answer;
  if (!response.DumpToSingleSlice(&answer).ok() || answer.size() < 2 ||
      answer.begin()[0] != static_cast<uint8_t>(kStatusTag) || answer.begin()[1] != static_cast<uint8_t>(kServing)) {
    return NotServing(fmt::format("{} is not serving yet", listen));
  }
  return absl::OkStatus();
}

}  // namespace ronghe::common
