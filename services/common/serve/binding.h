#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/byte_buffer.h>

#include "services/common/serve/codec.h"
#include "services/common/values/call.h"

// How handlers meet gRPC. A ServiceBinding is made from a service's descriptor and one plain function per method; the
// wrapper around every function is the same: request id, trace, deadline, identity, permission, metrics, log, errors.
//
// Methods are bound by descriptor, with what generated code itself is made of, because the wrapper needs to know which
// method it serves (policy, metrics) and CallbackServerContext does not say; and because the gateway serves the methods
// of all services without knowing their types. A method without a handler or policy stops the start.
namespace ronghe::common {

class Wrapper;  // serve/wrapper.h: what surrounds every call; one per process

// A message in the form in which it is sent: for answers that are given many times. Copies share the bytes, which are
// never changed. Thread-safe.
template <typename Message>
class Serialized {
 public:
  // RESOURCE_EXHAUSTED, reason RESPONSE_TOO_LARGE, if it could not be sent.
  static absl::StatusOr<Serialized> Of(const Message& message) {
    Serialized made;
    absl::Status serialized = Serialize(message, made.bytes_);
    if (!serialized.ok()) return serialized;
    return made;
  }
  const grpc::ByteBuffer& bytes() const { return bytes_; }
  Message message() const {
    Message message;
    (void)Parse(bytes_, message);
    return message;
  }

 private:
  Serialized() = default;
  grpc::ByteBuffer bytes_;
};

// Yields the messages of a server stream one by one. `Next` is called again only after `done` was; `done` is called
// exactly once, from any thread, with a message, nullopt at the end, or an error. Destroyed when the stream ends; no
// `done` may be called after the destructor returned.
class MessageSource {
 public:
  using Done = std::function<void(absl::StatusOr<std::unique_ptr<google::protobuf::Message>>)>;  // null: the end
  virtual ~MessageSource() = default;
  virtual void Next(Done done) = 0;
};

// The simple case: `read` runs on the bounded pool, may block on the database, and returns nullptr at the end.
std::unique_ptr<MessageSource> PagedSource(
    Wrapper& wrapper, std::function<absl::StatusOr<std::unique_ptr<google::protobuf::Message>>()> read);

// Receives the messages of a client's stream, then answers with a stream. `Receive` runs on the bounded pool, one
// message at a time, in order; it returns true when it has got the last message it wants. `Answer` is then called once
// (also when the client half-closes first: then Receive may not have returned true, and Answer may return an error).
class Upload {
 public:
  virtual ~Upload() = default;  // without Answer: the client went away or the call failed
  virtual absl::StatusOr<bool> Receive(const google::protobuf::Message& message) = 0;
  virtual absl::StatusOr<std::unique_ptr<MessageSource>> Answer() = 0;
};

class ServiceBinding : public grpc::Service {
 public:
  ServiceBinding(Wrapper& wrapper, const google::protobuf::ServiceDescriptor* descriptor);
  ~ServiceBinding() override;
  const google::protobuf::ServiceDescriptor* descriptor() const { return descriptor_; }

  // OK if every method of the service has a handler of the right form and a complete policy.
  absl::Status Check() const;

 protected:
  // `Unary<GetUnitRequest, Unit>("GetUnit", [this](const Call& call, const GetUnitRequest& r) -> absl::StatusOr<Unit>
  // {…})`
  template <typename Request, typename Response>
  void Unary(std::string_view method, std::function<absl::StatusOr<Response>(const Call&, const Request&)> handler) {
    BindUnary(method, Request::default_instance(), Response::default_instance(),
              [this, name = std::string(method), handler = std::move(handler)](
                  const Call& call, const google::protobuf::Message& request, grpc::ByteBuffer& out) -> absl::Status {
                const absl::StatusOr<Response> response = handler(call, static_cast<const Request&>(request));
                if (!response.ok()) return response.status();
                if (absl::Status heard = Heard(name, call, request, &*response); !heard.ok()) return heard;
                return Serialize(*response, out);
              });
  }
  // A unary method whose handler has its answers in the form in which they are sent: nothing is copied.
  template <typename Request, typename Response>
  void UnarySerialized(std::string_view method,
                       std::function<absl::StatusOr<Serialized<Response>>(const Call&, const Request&)> handler) {
    BindUnary(method, Request::default_instance(), Response::default_instance(),
              [handler = std::move(handler)](const Call& call, const google::protobuf::Message& request,
                                             grpc::ByteBuffer& out) -> absl::Status {
                const absl::StatusOr<Serialized<Response>> response =
                    handler(call, static_cast<const Request&>(request));
                if (!response.ok()) return response.status();
                out = response->bytes();  // shares them
                return absl::OkStatus();
              });
  }
  // One request, many responses. `call` stays valid while the source lives.
  template <typename Request, typename Response>
  void ServerStream(
      std::string_view method,
      std::function<absl::StatusOr<std::unique_ptr<MessageSource>>(const Call&, const Request&)> handler) {
    BindServerStream(method, Request::default_instance(), Response::default_instance(),
                     [this, name = std::string(method), handler = std::move(handler)](
                         const Call& call, const google::protobuf::Message& request) {
                       absl::StatusOr<std::unique_ptr<MessageSource>> source =
                           handler(call, static_cast<const Request&>(request));
                       if (!source.ok()) return source;
                       if (absl::Status heard = Heard(name, call, request, nullptr); !heard.ok()) source = heard;
                       return source;
                     });
  }
  // Many requests, then many responses. The policy is checked against the first message, which is then received as
  // well.
  template <typename Request, typename Response>
  void BidiStream(std::string_view method,
                  std::function<absl::StatusOr<std::unique_ptr<Upload>>(const Call&)> handler) {
    BindUpload(method, Request::default_instance(), Response::default_instance(), std::move(handler));
  }

 private:
  using UnaryHandler =
      std::function<absl::Status(const Call&, const google::protobuf::Message& request, grpc::ByteBuffer& response)>;
  using StreamHandler =
      std::function<absl::StatusOr<std::unique_ptr<MessageSource>>(const Call&, const google::protobuf::Message&)>;
  using UploadHandler = std::function<absl::StatusOr<std::unique_ptr<Upload>>(const Call&)>;
  // Tells the process' ReadingSink, where there is one.
  absl::Status Heard(const std::string& method, const Call& call, const google::protobuf::Message& request,
                     const google::protobuf::Message* response) const;
  void BindUnary(std::string_view method, const google::protobuf::Message& request,
                 const google::protobuf::Message& response, UnaryHandler handler);
  void BindServerStream(std::string_view method, const google::protobuf::Message& request,
                        const google::protobuf::Message& response, StreamHandler handler);
  void BindUpload(std::string_view method, const google::protobuf::Message& request,
                  const google::protobuf::Message& response, UploadHandler handler);

  Wrapper& wrapper_;
  const google::protobuf::ServiceDescriptor* descriptor_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
