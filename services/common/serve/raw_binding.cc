#include "services/common/serve/raw_binding.h"

#include <atomic>
#include <deque>
#include <utility>

#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>

#include "services/common/serve/call_frame.h"

namespace ronghe::common {
namespace {

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

std::shared_ptr<RawCall> MakeRawCall(std::shared_ptr<CallFrame> frame) {
  CallFrame& f = *frame;
  return std::make_shared<RawCall>(
      RawCall{f.method.descriptor, f.method.path, f.call, f.identity, f.context, std::move(frame)});
}

// gRPC is done with a call only after it was answered, so `this` is there for the first answer; others do not look.
class RawUnaryCall final : public grpc::ServerUnaryReactor {
 public:
  RawUnaryCall(std::shared_ptr<CallFrame> frame, ByteBuffer* response)
      : frame_(std::move(frame)), response_(response) {}

  void Start(const RawBinding::UnaryHandler& handler, const ByteBuffer& request) {
    absl::Status identified = frame_->Identify();
    if (!identified.ok()) {
      Finish(frame_->Close(std::move(identified)));
      return;
    }
    auto answered = std::make_shared<std::atomic<bool>>(false);
    handler(MakeRawCall(frame_), request, [this, answered](const grpc::Status& status, ByteBuffer* response) {
      if (!answered->exchange(true)) Answer(status, response);
    });
  }

 private:
  bool InternalInlineable() override { return true; }
  void OnCancel() override { frame_->Gone(); }
  void OnDone() override { delete this; }

  void Answer(const grpc::Status& status, ByteBuffer* response) {
    if (status.ok() && response != nullptr) response_->Swap(response);
    frame_->Close(status);
    Finish(status);
  }

  const std::shared_ptr<CallFrame> frame_;
  ByteBuffer* const response_;
};

}  // namespace

RawStream::RawStream(std::shared_ptr<RawCall> call) : OpenStream(call->frame), call_(std::move(call)) {}

struct RawBinding::Impl {
  UnaryHandler unary;
  StreamHandler stream;
  std::deque<Method> methods;  // addresses stay
};

RawBinding::RawBinding(Wrapper& wrapper, const google::protobuf::ServiceDescriptor* descriptor, UnaryHandler unary,
                       StreamHandler stream)
    : descriptor_(descriptor), impl_(std::make_unique<Impl>()) {
  impl_->unary = std::move(unary);
  impl_->stream = std::move(stream);
  for (int i = 0; i < descriptor->method_count(); ++i) {
    Method& method = impl_->methods.emplace_back();
    Fill(wrapper, descriptor->method(i), /*own=*/false, method).IgnoreError();  // cannot fail for others' methods
    bool streaming = descriptor->method(i)->client_streaming() || descriptor->method(i)->server_streaming();
    AddMethod(new RpcServiceMethod(method.path.c_str(), streaming ? RpcMethod::BIDI_STREAMING : RpcMethod::NORMAL_RPC,
                                   nullptr));
    if (streaming) {
      MarkMethodRawCallback(i, new grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>(
                                   [&wrapper, &method, this](grpc::CallbackServerContext* context) {
                                     auto frame = std::make_shared<CallFrame>(wrapper, method, context, true);
                                     absl::Status identified = frame->Identify();
                                     if (!identified.ok()) {
                                       return StreamAccess::Start(FailingStream(std::move(frame)), identified);
                                     }
                                     return StreamAccess::Start(impl_->stream(MakeRawCall(std::move(frame))));
                                   }));
    } else {
      MarkMethodRawCallback(i, new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
                                   [&wrapper, &method, this](grpc::CallbackServerContext* context,
                                                             const ByteBuffer* request, ByteBuffer* response) {
                                     auto* call = new RawUnaryCall(
                                         std::make_shared<CallFrame>(wrapper, method, context, false), response);
                                     call->Start(impl_->unary, *request);
                                     return call;
                                   }));
    }
  }
}
RawBinding::~RawBinding() = default;

}  // namespace ronghe::common
