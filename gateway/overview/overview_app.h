#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "gateway/overview/collect.h"
#include "ronghe/gateway/v1/overview_service.pb.h"
#include "services/common/directory/directory.h"
#include "services/common/values/call.h"
#include "services/common/values/pages.h"

namespace ronghe::gateway {

// Overviews of units: what they are from this process' directory, their figures from the services. The caller's
// permission has been checked. Thread-safe; blocks until the services have answered.
class OverviewApp {
 public:
  // All outlive it.
  OverviewApp(const common::Directory& directory, Collector& collector, const common::TokenSigner& signer)
      : directory_(directory), collector_(collector), signer_(signer) {}

  absl::StatusOr<v1::Overview> GetOverview(const common::Call& call, const v1::GetOverviewRequest& request);
  absl::StatusOr<v1::ListChildOverviewsResponse> ListChildOverviews(const common::Call& call,
                                                                    const v1::ListChildOverviewsRequest& request);

 private:
  absl::StatusOr<common::DirectoryUnit> Find(const std::string& name) const;
  // Active ones, by code.
  std::vector<common::DirectoryUnit> ChildrenOf(common::UnitUid unit) const;
  std::vector<common::DirectoryUnit> RootsOf(const common::Scope& scope) const;
  void Fill(const common::DirectoryUnit& unit, const Collected& collected, v1::Overview& overview) const;

  const common::Directory& directory_;
  Collector& collector_;
  const common::TokenSigner& signer_;
};

}  // namespace ronghe::gateway
