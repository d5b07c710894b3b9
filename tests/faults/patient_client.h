#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include "services/common/values/mutex.h"
#include "tests/support/rpc_client.h"

namespace ronghe::tests {

// Whether an error says to call again (UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED), or leaves open what has happened
// (DEADLINE_EXCEEDED).
bool Passes(grpc::StatusCode code);

// A caller that does what the API asks of callers whose calls fail in a way that passes: the same request again, with
// the same request_id, until there is an answer. It may go to another process each time. Thread-safe.
class PatientClient {
 public:
  // Each attempt goes to the next of the addresses; name one often to prefer it.
  PatientClient(const std::vector<std::string>& addresses, const std::string& token);

  // The definite answer: OK, or an error that does not pass. UNAVAILABLE after two minutes in vain.
  grpc::Status Call(std::string_view method, const google::protobuf::Message& request,
                    google::protobuf::Message& response);
  // Attempts that failed, by code.
  std::map<int, int64_t> repeated() const;

 private:
  std::vector<std::unique_ptr<RpcClient>> clients_;
  mutable common::Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int, int64_t> repeated_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::tests
