#include "gateway/proxy/proxy.h"

#include <map>
#include <optional>
#include <utility>

#include "gateway/proxy/request_id.h"
#include "gateway/proxy/routes.h"
#include "gateway/proxy/stream_passage.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

using Done = common::RawBinding::Done;

// A unary call on its way.
struct UnaryPassage {
  std::shared_ptr<common::RawCall> call;
  std::unique_ptr<grpc::ClientContext> context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  Done done;
};

void PassUnary(const std::shared_ptr<Backend>& backend, std::shared_ptr<common::RawCall> call, grpc::ByteBuffer request,
               Done done) {
  auto passage = std::make_shared<UnaryPassage>();
  passage->context = grpc::ClientContext::FromCallbackServerContext(*call->context);
  if (absl::Status status = backend->Prepare(*passage->context, call->call); !status.ok()) {
    done(ToGrpc(status), nullptr);
    return;
  }
  const std::string& path = call->path;
  passage->call = std::move(call);
  passage->request.Swap(&request);
  passage->done = std::move(done);
  UnaryPassage& p = *passage;
  backend->stub().UnaryCall(p.context.get(), path, {}, &p.request, &p.response,
                            [passage, backend](grpc::Status status) {
                              CopyInitialMetadata(*passage->context, *passage->call->context);
                              CopyTrailingMetadata(*passage->context, *passage->call->context);
                              passage->done(backend->Translate(status), &passage->response);
                            });
}

}  // namespace

Proxy::Proxy(common::Wrapper& wrapper, common::ServiceToken& token, common::Random& random, const Options& options)
    : wrapper_(wrapper), token_(token), random_(random), options_(options) {}
Proxy::~Proxy() = default;

void Proxy::Add(std::string service, std::shared_ptr<grpc::Channel> channel) {
  backends_.push_back(std::make_shared<Backend>(std::move(service), std::move(channel), token_));
  for (const auto* descriptor : PublicServices(backends_.back()->name())) Bind(backends_.back(), descriptor);
}

void Proxy::Bind(const std::shared_ptr<Backend>& backend, const google::protobuf::ServiceDescriptor* descriptor) {
  std::map<const google::protobuf::MethodDescriptor*, int> request_ids;
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const auto* method = descriptor->method(i);
    if (const std::optional<int> field = RequestIdField(method->input_type())) request_ids[method] = *field;
  }
  auto unary = [this, backend, request_ids](std::shared_ptr<common::RawCall> call, const grpc::ByteBuffer& request,
                                            Done done) {
    if (request.Length() > options_.max_message_bytes) {
      done(ToGrpc(common::InvalidArgument("", "MESSAGE_TOO_LARGE",
                                          {"the request is larger than allowed", "请求超过允许的大小"})),
           nullptr);
      return;
    }
    std::optional<grpc::ByteBuffer> with_id;
    if (const auto it = request_ids.find(call->method); it != request_ids.end()) {
      with_id = WithRequestId(request, it->second, random_.Uuid());
    }
    PassUnary(backend, std::move(call), with_id.has_value() ? *std::move(with_id) : request, std::move(done));
  };
  auto stream = [this, backend](std::shared_ptr<common::RawCall> call) -> std::shared_ptr<common::RawStream> {
    return std::make_shared<StreamPassage>(std::move(call), backend, options_.max_message_bytes);
  };
  bindings_.push_back(std::make_unique<common::RawBinding>(wrapper_, descriptor, std::move(unary), std::move(stream)));
}

std::vector<common::RawBinding*> Proxy::bindings() const {
  std::vector<common::RawBinding*> all;
  for (const auto& binding : bindings_) all.push_back(binding.get());
  return all;
}

}  // namespace ronghe::gateway
