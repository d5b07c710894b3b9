#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "services/common/rpc/channel.h"
#include "services/common/values/call.h"

namespace ronghe::gateway {

// A service of the suite to which calls are passed on. Thread-safe.
class Backend {
 public:
  // `name`: `organization`. `token` outlives it.
  Backend(std::string name, std::shared_ptr<grpc::Channel> channel, common::ServiceToken& token)
      : name_(std::move(name)), channel_(std::move(channel)), stub_(channel_), token_(token) {}

  const std::string& name() const { return name_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  grpc::GenericStub& stub() { return stub_; }

  // Everything a call caused by `call` carries: deadline, request id, trace, the user's token and the gateway's own.
  absl::Status Prepare(grpc::ClientContext& context, const common::Call& call) {
    return common::Prepare(context, call, token_);
  }

  // What the caller is told: statuses of the service as they are. Those of the library, which carry no details, get
  // ours: UNAVAILABLE becomes SERVICE_UNAVAILABLE and names the service; library texts are not passed on.
  grpc::Status Translate(const grpc::Status& status) const;

 private:
  const std::string name_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  common::ServiceToken& token_;
};

// A status of ours as gRPC sends it.
grpc::Status ToGrpc(const absl::Status& status);

// Copies what the service sent beside its messages, except what gRPC and the wrapper send themselves.
void CopyInitialMetadata(const grpc::ClientContext& from, grpc::CallbackServerContext& to);
void CopyTrailingMetadata(const grpc::ClientContext& from, grpc::CallbackServerContext& to);

}  // namespace ronghe::gateway
