#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

namespace ronghe::tests {

// Unary calls by full method name, with a token: what tests say to a running process. Thread-safe.
class RpcClient {
 public:
  // `deadline`: of each call.
  RpcClient(const std::string& address, std::string token, std::chrono::milliseconds deadline = kDeadline);

  // `method` as `ronghe.organization.v1.OrganizationService/GetUnit`.
  grpc::Status Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response);
  // The answer of a call that must succeed.
  template <typename Response>
  Response Must(std::string_view method, const google::protobuf::Message& request) {
    Response response;
    const grpc::Status status = Call(method, request, response);
    EXPECT_TRUE(status.ok()) << method << ": " << status.error_code() << " " << status.error_message();
    return response;
  }

 private:
  static constexpr std::chrono::seconds kDeadline{30};
  std::string token_;
  std::chrono::milliseconds deadline_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

}  // namespace ronghe::tests
