#pragma once

#include <atomic>
#include <optional>
#include <string>

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "services/common/auth/auth.h"
#include "services/common/serve/call_metrics.h"
#include "services/common/serve/wrapper.h"
#include "services/common/values/call.h"

namespace ronghe::common {

// A method as it is served, with everything that need not be found again for every call.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string path;                    // `/ronghe.common.v1.EchoService/Echo`
  std::optional<MethodAccess> access;  // none for methods passed on
  const google::protobuf::FieldDescriptor* min_revision = nullptr;
  const google::protobuf::Message* request = nullptr;  // prototype
  CallMetrics::Method* metrics = nullptr;
};

// OK if `method` was filled in; its access rule only if `own`, as methods that are passed on are checked where they are
// served.
absl::Status Fill(Wrapper& wrapper, const google::protobuf::MethodDescriptor* descriptor, bool own, Method& method);

// What surrounds one call. Not copied or moved: `call` refers to it. Its functions are called in the order in which
// they stand here, each by one thread at a time.
struct CallFrame {
  CallFrame(Wrapper& wrapper, const Method& method, grpc::CallbackServerContext* context, bool stream);
  CallFrame(const CallFrame&) = delete;
  CallFrame& operator=(const CallFrame&) = delete;

  absl::Status Identify();
  // Waits for `min_revision`, then asks for permission; fills in `call.scope`.
  absl::Status Admit(const google::protobuf::Message& request);
  // Metrics and log; returns what is sent.
  grpc::Status Close(absl::Status status);
  void Close(const grpc::Status& status);

  void Gone() { gone.store(true, std::memory_order_relaxed); }
  // CANCELLED, or DEADLINE_EXCEEDED if that is why.
  absl::Status WhyGone() const;

  Wrapper& wrapper;
  const Method& method;
  grpc::CallbackServerContext* const context;  // until the reactor is done
  const absl::Time started;
  std::string service_authorization;
  Call call;
  Authorizer::Identity identity;
  std::atomic<bool> gone{false};

 private:
  void ReadMetadata();
  void ReadDeadline(bool stream);
  absl::Status WaitForRevisions(const google::protobuf::Message& request);
  void Report(const absl::Status& status);
};

}  // namespace ronghe::common
