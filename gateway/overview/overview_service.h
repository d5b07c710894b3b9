#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <grpcpp/grpcpp.h>

#include "services/common/process/process.h"
#include "services/common/rpc/channel.h"
#include "services/common/serve/binding.h"

namespace ronghe::gateway {

// Overviews, composed: the services' clients and followers, the caches, OverviewService.
class OverviewService {
 public:
  struct Source {
    std::string service;  // `education`; the field of Overview that takes its figures has the same name
    std::shared_ptr<grpc::Channel> calls;
    std::shared_ptr<grpc::Channel> feed;  // of its own: the follower resets its waiting
  };
  struct Options {
    std::vector<Source> sources;
    std::string redis;       // URL; empty: the cache is in this process
    size_t cache_bytes = 0;  // half for totals, half for whole overviews
  };
  // The process is initialised; process and token outlive it. INVALID_ARGUMENT on `redis` for what is no URL.
  static absl::StatusOr<std::unique_ptr<OverviewService>> Create(common::Process& process, common::ServiceToken& token,
                                                                 const Options& options);
  ~OverviewService();  // stops; after the server

  void Start();
  // No more following and pushing. Idempotent.
  void Stop();
  common::ServiceBinding& binding();

 private:
  struct Parts;
  explicit OverviewService(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ronghe::gateway
