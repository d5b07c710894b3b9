#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <absl/time/time.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/byte_buffer.h>

#include "gateway/rest/http.h"
#include "gateway/rest/replies.h"
#include "gateway/rest/routes.h"

namespace ronghe::gateway {

// What a request asks for, found out from its head.
struct Asked {
  Target target;
  RouteTable::Match match;                        // refers to `target`
  absl::Duration timeout = absl::ZeroDuration();  // zero: none was asked for
};

// Calls under way; the front ends after them.
class HttpCalls {
 public:
  void Begin() { ++calls_; }
  void End() { --calls_; }
  int count() const { return calls_; }

 private:
  std::atomic<int> calls_{0};
};

// What an exchange needs; outlives it.
struct ExchangeParts {
  grpc::GenericStub& stub;
  const Replies& replies;
  HttpCalls& calls;
  HttpCalls& streams;
  absl::Duration deadline;
  absl::Duration heartbeat;
};

// Makes the call and answers. `Asked` is in `request->found`, and the message is made of it.
void CallUnary(const ExchangeParts& parts, std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder,
               grpc::ByteBuffer message);
void CallStream(const ExchangeParts& parts, std::shared_ptr<HttpRequest> request, std::shared_ptr<Responder> responder,
                grpc::ByteBuffer message);

}  // namespace ronghe::gateway
