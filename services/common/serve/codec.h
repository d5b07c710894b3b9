#pragma once

#include <absl/status/status.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

// Messages and statuses as gRPC carries them. Pure.
namespace ronghe::common {

inline constexpr size_t kMaxRequestBytes = size_t{4} << 20;
inline constexpr size_t kMaxResponseBytes = size_t{16} << 20;

// INVALID_ARGUMENT, reason MALFORMED_MESSAGE, for bytes that are no such message. The buffer is read, not changed.
absl::Status Parse(const grpc::ByteBuffer& buffer, google::protobuf::Message& message);
// RESOURCE_EXHAUSTED, reason RESPONSE_TOO_LARGE, above kMaxResponseBytes.
absl::Status Serialize(const google::protobuf::Message& message, grpc::ByteBuffer& buffer);

// Code, public message and details (values/status.h).
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace ronghe::common
