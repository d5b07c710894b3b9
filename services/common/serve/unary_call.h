#pragma once

#include <functional>

#include <absl/status/status.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include "services/common/serve/call_frame.h"

namespace ronghe::common {

using UnaryHandler =
    std::function<absl::Status(const Call&, const google::protobuf::Message& request, grpc::ByteBuffer& response)>;

// The reactor of a unary call: takes its place in the pool, or fails at once. `method` and `handler` outlive it; gRPC
// keeps request and response until it is done.
grpc::ServerUnaryReactor* StartUnary(Wrapper& wrapper, const Method& method, const UnaryHandler& handler,
                                     grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response);

}  // namespace ronghe::common
