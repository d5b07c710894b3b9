#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include "services/common/auth/auth.h"
#include "services/common/serve/wrapper.h"
#include "services/common/values/call.h"

// Methods served without knowing their types: for the gateway, which passes calls on. The wrapper does request id,
// trace, deadline, identity, metrics and log; permission is left to the service behind.
namespace ronghe::common {

// A call to be passed on. Valid while a reference is held; `context` only until the call was answered.
struct RawCall {
  const google::protobuf::MethodDescriptor* method = nullptr;
  std::string path;  // `/ronghe.organization.v1.OrganizationService/GetUnit`
  // Without a scope. `authorization` is the user's token, to be passed on.
  Call call;
  Authorizer::Identity identity;
  // For grpc::ClientContext::FromCallbackServerContext, which carries cancellation onward.
  grpc::CallbackServerContext* context = nullptr;
};

// A stream being passed on; derive from it and drive it as any bidi reactor, but end it with End. The wrapper ends it
// too: when it drains, when the token expires or is revoked, or when the caller is gone. Owned by itself: OnReleased is
// the last call.
class RawStream : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RawStream(std::shared_ptr<RawCall> call);
  ~RawStream() override;

  // Answers with `status` unless the stream has ended. Thread-safe. True for the first.
  bool End(const grpc::Status& status);
  bool ended() const { return ended_.load(std::memory_order_acquire); }
  const RawCall& raw() const { return *call_; }

  // The stream was ended by the wrapper or the caller has gone: stop what is behind it. May run beside other reactions,
  // once, before OnReleased.
  virtual void OnAborted() = 0;
  // Nothing of the stream will be called any more. Usually `delete this`.
  virtual void OnReleased() = 0;

 private:
  friend struct RawStreamAccess;  // serve/ only
  void OnCancel() final;
  void OnDone() final;

  std::shared_ptr<RawCall> call_;
  std::atomic<bool> ended_{false};
  struct Track;
  std::unique_ptr<Track> track_;
};

class RawBinding : public grpc::Service {
 public:
  // Answers a unary call, once, from any thread; `response` is read when `status` is OK.
  using Done = std::function<void(const grpc::Status& status, grpc::ByteBuffer* response)>;
  // Called on gRPC's threads: must not block.
  using UnaryHandler = std::function<void(std::shared_ptr<RawCall> call, const grpc::ByteBuffer& request, Done done)>;
  // Makes the reactor of a stream of any kind. Called on gRPC's threads: must not block. Never null.
  using StreamHandler = std::function<RawStream*(std::shared_ptr<RawCall> call)>;

  // Binds all methods of the service.
  RawBinding(Wrapper& wrapper, const google::protobuf::ServiceDescriptor* descriptor, UnaryHandler unary,
             StreamHandler stream);
  ~RawBinding() override;
  const google::protobuf::ServiceDescriptor* descriptor() const { return descriptor_; }

 private:
  const google::protobuf::ServiceDescriptor* descriptor_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
