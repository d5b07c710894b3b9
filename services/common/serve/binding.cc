#include "services/common/serve/binding.h"

#include <deque>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_join.h>
#include <fmt/format.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>

#include "services/common/serve/call_frame.h"
#include "services/common/serve/source_stream.h"
#include "services/common/serve/unary_call.h"
#include "services/common/serve/wrapper_impl.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

std::string_view FormOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) return method.server_streaming() ? "a bidirectional stream" : "a client stream";
  return method.server_streaming() ? "a server stream" : "unary";
}

}  // namespace

// One entry per method, whose address stays: gRPC refers to the path, calls in progress to all of it.
struct ServiceBinding::Impl {
  struct Entry {
    Method method;
    ServiceBinding::UnaryHandler unary;
    ServiceBinding::StreamHandler stream;
    ServiceBinding::UploadHandler upload;
  };
  std::deque<Entry> entries;
  absl::flat_hash_set<std::string> bound;
  std::vector<std::string> faults;

  // The entry for a method of this form; null, and a fault, if there is none.
  Entry* Find(Wrapper& wrapper, const google::protobuf::ServiceDescriptor& service, std::string_view name,
              std::string_view form, const google::protobuf::Message& request,
              const google::protobuf::Message& response);
};

ServiceBinding::Impl::Entry* ServiceBinding::Impl::Find(Wrapper& wrapper,
                                                        const google::protobuf::ServiceDescriptor& service,
                                                        std::string_view name, std::string_view form,
                                                        const google::protobuf::Message& request,
                                                        const google::protobuf::Message& response) {
  const auto* descriptor = service.FindMethodByName(std::string(name));
  if (descriptor == nullptr) {
    faults.push_back(fmt::format("{} has no method {}", service.full_name(), name));
    return nullptr;
  }
  if (FormOf(*descriptor) != form) {
    faults.push_back(fmt::format("{} is bound as {}, but is {}", descriptor->full_name(), form, FormOf(*descriptor)));
    return nullptr;
  }
  if (descriptor->input_type() != request.GetDescriptor() || descriptor->output_type() != response.GetDescriptor()) {
    faults.push_back(fmt::format("{} is bound with other messages", descriptor->full_name()));
    return nullptr;
  }
  if (!bound.insert(descriptor->name()).second) {
    faults.push_back(fmt::format("{} is bound twice", descriptor->full_name()));
    return nullptr;
  }
  Entry& entry = entries.emplace_back();
  entry.method.request = &request;
  absl::Status filled = Fill(wrapper, descriptor, /*own=*/true, entry.method);
  if (filled.ok()) return &entry;
  faults.push_back(std::string(filled.message()));
  return nullptr;
}

ServiceBinding::ServiceBinding(Wrapper& wrapper, const google::protobuf::ServiceDescriptor* descriptor)
    : wrapper_(wrapper), descriptor_(descriptor), impl_(std::make_unique<Impl>()) {}
ServiceBinding::~ServiceBinding() = default;

absl::Status ServiceBinding::Check() const {
  std::vector<std::string> faults = impl_->faults;
  for (int i = 0; i < descriptor_->method_count(); ++i) {
    const auto* method = descriptor_->method(i);
    if (!impl_->bound.contains(method->name())) faults.push_back(method->full_name() + " has no handler");
  }
  if (faults.empty()) return absl::OkStatus();
  std::string all = absl::StrJoin(faults, "; ");
  return FailedPrecondition("INCOMPLETE_SERVICE", {all, all});
}

absl::Status ServiceBinding::Heard(const std::string& method, const Call& call,
                                   const google::protobuf::Message& request,
                                   const google::protobuf::Message* response) const {
  ReadingSink* const sink = wrapper_.impl().sink;
  if (sink == nullptr) return absl::OkStatus();
  return sink->Read(call, *descriptor_->FindMethodByName(method), request, response);
}

void ServiceBinding::BindUnary(std::string_view method, const google::protobuf::Message& request,
                               const google::protobuf::Message& response, UnaryHandler handler) {
  Impl::Entry* entry = impl_->Find(wrapper_, *descriptor_, method, "unary", request, response);
  if (entry == nullptr) return;
  entry->unary = std::move(handler);
  AddMethod(new RpcServiceMethod(entry->method.path.c_str(), RpcMethod::NORMAL_RPC, nullptr));
  MarkMethodRawCallback(static_cast<int>(impl_->entries.size()) - 1,
                        new grpc::internal::CallbackUnaryHandler<ByteBuffer, ByteBuffer>(
                            [this, entry](grpc::CallbackServerContext* context, const ByteBuffer* in, ByteBuffer* out) {
                              return StartUnary(wrapper_, entry->method, entry->unary, context, in, out);
                            }));
}

void ServiceBinding::BindServerStream(std::string_view method, const google::protobuf::Message& request,
                                      const google::protobuf::Message& response, StreamHandler handler) {
  Impl::Entry* entry = impl_->Find(wrapper_, *descriptor_, method, "a server stream", request, response);
  if (entry == nullptr) return;
  entry->stream = std::move(handler);
  // On the wire all kinds of streams are alike; one kind of reactor serves them all.
  AddMethod(new RpcServiceMethod(entry->method.path.c_str(), RpcMethod::BIDI_STREAMING, nullptr));
  MarkMethodRawCallback(
      static_cast<int>(impl_->entries.size()) - 1,
      new grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>([this, entry](grpc::CallbackServerContext* c) {
        auto frame = std::make_shared<CallFrame>(wrapper_, entry->method, c, /*stream=*/true);
        return StreamAccess::Start(MakeServerStream(std::move(frame), entry->stream));
      }));
}

void ServiceBinding::BindUpload(std::string_view method, const google::protobuf::Message& request,
                                const google::protobuf::Message& response, UploadHandler handler) {
  Impl::Entry* entry = impl_->Find(wrapper_, *descriptor_, method, "a bidirectional stream", request, response);
  if (entry == nullptr) return;
  entry->upload = std::move(handler);
  AddMethod(new RpcServiceMethod(entry->method.path.c_str(), RpcMethod::BIDI_STREAMING, nullptr));
  MarkMethodRawCallback(
      static_cast<int>(impl_->entries.size()) - 1,
      new grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>([this, entry](grpc::CallbackServerContext* c) {
        auto frame = std::make_shared<CallFrame>(wrapper_, entry->method, c, /*stream=*/true);
        return StreamAccess::Start(MakeUpload(std::move(frame), entry->upload));
      }));
}

}  // namespace ronghe::common
