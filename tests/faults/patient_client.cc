#include "tests/faults/patient_client.h"

#include <chrono>

#include <absl/time/clock.h>
#include <fmt/format.h>

#include "tests/support/eventually.h"

namespace ronghe::tests {
namespace {

constexpr std::chrono::seconds kAttempt{10};
constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr int kPausesBetween = 10;

}  // namespace

bool Passes(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
      return true;
    default:
      return false;
  }
}

PatientClient::PatientClient(const std::vector<std::string>& addresses, const std::string& token) {
  for (const std::string& address : addresses) {
    clients_.push_back(std::make_unique<RpcClient>(address, token, kAttempt));
  }
}

grpc::Status PatientClient::Call(std::string_view method, const google::protobuf::Message& request,
                                 google::protobuf::Message& response) {
  const absl::Time start = absl::Now();
  for (;;) {
    size_t chosen = 0;
    {
      const common::MutexLock lock(mutex_);
      chosen = next_++ % clients_.size();
    }
    const grpc::Status status = clients_[chosen]->Call(method, request, response);
    if (!Passes(status.error_code())) return status;
    if (absl::Now() - start > kPatience) {
      return {grpc::StatusCode::UNAVAILABLE, fmt::format("{} in vain: {}", method, status.error_message())};
    }
    {
      const common::MutexLock lock(mutex_);
      ++repeated_[status.error_code()];
    }
    for (int i = 0; i < kPausesBetween; ++i) Pause();
  }
}

std::map<int, int64_t> PatientClient::repeated() const {
  const common::MutexLock lock(mutex_);
  return repeated_;
}

}  // namespace ronghe::tests
