#include "tests/support/rpc_client.h"

#include <future>
#include <utility>

#include <fmt/format.h>
#include <grpcpp/support/proto_buffer_reader.h>

namespace ronghe::tests {

RpcClient::RpcClient(const std::string& address, std::string token, std::chrono::milliseconds deadline)
    : token_(std::move(token)), deadline_(deadline) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  stub_ = std::make_unique<grpc::GenericStub>(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

grpc::Status RpcClient::Call(std::string_view method, const google::protobuf::Message& request,
                             google::protobuf::Message& response) {
  grpc::ClientContext context;
  if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  context.set_deadline(std::chrono::system_clock::now() + deadline_);
  const std::string bytes = request.SerializeAsString();
  grpc::Slice slice(bytes);
  grpc::ByteBuffer in(&slice, 1);
  grpc::ByteBuffer out;
  std::promise<grpc::Status> done;
  stub_->UnaryCall(&context, fmt::format("/{}", method), {}, &in, &out,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  if (!status.ok()) return status;
  grpc::ProtoBufferReader reader(&out);
  if (!response.ParseFromZeroCopyStream(&reader)) return {grpc::StatusCode::INTERNAL, "the answer cannot be read"};
  return status;
}

}  // namespace ronghe::tests
