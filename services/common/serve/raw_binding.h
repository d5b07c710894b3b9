#pragma once

#include <functional>
#include <memory>
#include <string>

#include <absl/status/status.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/byte_buffer.h>

#include "services/common/auth/auth.h"
#include "services/common/serve/open_stream.h"
#include "services/common/serve/wrapper.h"
#include "services/common/values/call.h"

// Methods served without knowing their types: for the gateway, which passes calls on. The wrapper does request id,
// trace, deadline, identity, metrics and log; permission is left to the service behind.
namespace ronghe::common {

// A call to be passed on. Valid while a reference to it is held.
struct RawCall {
  const google::protobuf::MethodDescriptor* method;
  const std::string& path;  // `/ronghe.organization.v1.OrganizationService/GetUnit`
  // Without a scope. `call.authorization` is the user's token, to be passed on; `call.cancelled` says whether the
  // caller is gone.
  const Call& call;
  const Authorizer::Identity& identity;
  // For grpc::ClientContext::FromCallbackServerContext, which carries cancellation onward; only until the call was
  // answered.
  grpc::CallbackServerContext* context;
  std::shared_ptr<CallFrame> frame;  // serve/ only
};

// A stream being passed on: derive from it. Read and Write begin operations (false once the stream has ended, then no
// reaction follows), EndRaw passes a status on. The wrapper ends it too: when it drains, when the reader stalls or when
// the caller is gone; OnEnded tells (also of an end of one's own), to stop what is behind it. Held by the wrapper until
// gRPC is done with it; hold a reference (shared_from_this) for as long as the other side may call it.
class RawStream : public OpenStream {
 public:
  explicit RawStream(std::shared_ptr<RawCall> call);
  const RawCall& raw() const { return *call_; }

  // The stream is set up: begin. Before any other reaction, unless the stream was refused.
  void OnStart() override = 0;
  void OnReadDone(bool ok) override = 0;  // false: the caller has sent its last message, or is gone
  void OnWritten(bool ok) override = 0;
  void OnEnded() override = 0;

 private:
  std::shared_ptr<RawCall> call_;
};

class RawBinding : public grpc::Service {
 public:
  // Answers a unary call, from any thread; only the first answer counts. `response` is taken when `status` is OK; it
  // may be null otherwise.
  using Done = std::function<void(const grpc::Status& status, grpc::ByteBuffer* response)>;
  // Called on gRPC's threads: must not block.
  using UnaryHandler = std::function<void(std::shared_ptr<RawCall> call, const grpc::ByteBuffer& request, Done done)>;
  // Makes the reactor of a stream of any kind. Called on gRPC's threads: must not block. Never null.
  using StreamHandler = std::function<std::shared_ptr<RawStream>(std::shared_ptr<RawCall> call)>;

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
