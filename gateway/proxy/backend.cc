#include "gateway/proxy/backend.h"

#include <string_view>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

// `grpc-status-details-bin` travels in the status, `x-request-id` is the wrapper's.
bool IsOwn(std::string_view key) {
  return key.starts_with("grpc-") || key.starts_with(":") || key == "content-type" || key == "x-request-id" ||
         key == "user-agent" || key == "accept-encoding";
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), common::PublicMessage(status),
                      common::SerializedDetails(status));
}

grpc::Status Backend::Translate(const grpc::Status& status) const {
  if (status.ok() || !status.error_details().empty()) return status;
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return ToGrpc(common::Unavailable("SERVICE_UNAVAILABLE", {fmt::format("the {} service does not answer", name_),
                                                                fmt::format("{} 服务暂时不可用", name_)}));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return ToGrpc(common::DeadlineExceeded());
    case grpc::StatusCode::CANCELLED:
      return ToGrpc(common::Cancelled());
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return ToGrpc(common::ResourceExhausted(
          "MESSAGE_TOO_LARGE", {"a message is larger than allowed", "消息超过允许的大小"}, absl::ZeroDuration()));
    default:
      return ToGrpc(absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()));
  }
}

void CopyInitialMetadata(const grpc::ClientContext& from, grpc::CallbackServerContext& to) {
  for (const auto& [key, value] : from.GetServerInitialMetadata()) {
    const std::string_view name(key.data(), key.size());
    if (!IsOwn(name)) to.AddInitialMetadata(std::string(name), std::string(value.data(), value.size()));
  }
}

void CopyTrailingMetadata(const grpc::ClientContext& from, grpc::CallbackServerContext& to) {
  for (const auto& [key, value] : from.GetServerTrailingMetadata()) {
    const std::string_view name(key.data(), key.size());
    if (!IsOwn(name)) to.AddTrailingMetadata(std::string(name), std::string(value.data(), value.size()));
  }
}

}  // namespace ronghe::gateway
