#include "services/common/serve/unary_call.h"

#include <array>
#include <utility>

#include <google/protobuf/arena.h>

#include "services/common/serve/codec.h"
#include "services/common/serve/executor.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

class UnaryCall final : public grpc::ServerUnaryReactor, public Task {
 public:
  UnaryCall(Wrapper& wrapper, const Method& method, const UnaryHandler& handler, grpc::CallbackServerContext* context,
            const grpc::ByteBuffer* request, grpc::ByteBuffer* response)
      : frame_(wrapper, method, context, /*stream=*/false), handler_(handler), request_(request), response_(response) {}

  // The call may be over, but not yet destroyed, when this returns.
  void Start() {
    absl::Status posted = frame_.wrapper.executor().TryPost(this);
    if (!posted.ok()) Answer(std::move(posted));
  }

  void Run() override {
    absl::Status served;
    try {
      served = Serve();
    } catch (...) {
      served = Internal("a handler threw an exception");
    }
    Answer(std::move(served));
  }
  void Drop(absl::Status why) override { Answer(std::move(why)); }
  absl::Time deadline() const override { return frame_.call.deadline; }
  bool cancelled() const override { return frame_.gone.load(std::memory_order_relaxed); }

 private:
  // Both reactions are trivial, so gRPC need not hand them to another thread.
  bool InternalInlineable() override { return true; }
  void OnCancel() override { frame_.Gone(); }
  void OnDone() override { delete this; }

  absl::Status Serve() {
    std::array<char, 1024> block;
    google::protobuf::ArenaOptions options;
    options.initial_block = block.data();
    options.initial_block_size = block.size();
    google::protobuf::Arena arena(options);
    google::protobuf::Message& request = *frame_.method.request->New(&arena);
    RONGHE_RETURN_IF_ERROR(Parse(*request_, request));
    RONGHE_RETURN_IF_ERROR(frame_.Identify());
    RONGHE_RETURN_IF_ERROR(frame_.Admit(request));
    return handler_(frame_.call, request, *response_);
  }

  // gRPC may destroy this as soon as it has the answer.
  void Answer(absl::Status status) { Finish(frame_.Close(std::move(status))); }

  CallFrame frame_;
  const UnaryHandler& handler_;
  const grpc::ByteBuffer* const request_;
  grpc::ByteBuffer* const response_;
};

}  // namespace

grpc::ServerUnaryReactor* StartUnary(Wrapper& wrapper, const Method& method, const UnaryHandler& handler,
                                     grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) {
  auto* call = new UnaryCall(wrapper, method, handler, context, request, response);
  call->Start();
  return call;
}

}  // namespace ronghe::common
