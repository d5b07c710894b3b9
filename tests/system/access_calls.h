#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

// Any method of any service, called with any message: for the walk of methods, roles and scopes.
namespace ronghe::tests {

// A service, and the process that serves it.
struct Served {
  const google::protobuf::ServiceDescriptor* service;
  std::string process;
};
std::vector<Served> AllServices();

// The collection of the records that a unit field of a method names: `units` where it names units.
std::string CollectionOf(const google::protobuf::MethodDescriptor* method, const std::string& path);

// Sets a dotted path to a text; makes messages on the way.
void SetPath(google::protobuf::Message& message, std::string_view path, const std::string& value);

struct Outcome {
  grpc::StatusCode code;
  std::string text;
};

class AnyMethodClient {
 public:
  explicit AnyMethodClient(const std::string& address)
      : stub_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())) {}

  // One message each way at the most, then the call is given up: enough to know whether it was let in.
  Outcome Call(const google::protobuf::MethodDescriptor* method, const std::string& bytes, const std::string& token,
               const std::string& service_token = "");

 private:
  grpc::GenericStub stub_;
};

}  // namespace ronghe::tests
