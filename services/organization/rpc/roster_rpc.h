#pragma once

#include "ronghe/organization/v1/roster_service.pb.h"

#include "services/common/serve/binding.h"
#include "services/organization/app/roster_store.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// RosterService on gRPC.
class RosterRpc final : public common::ServiceBinding {
 public:
  // Both outlive it.
  RosterRpc(common::Wrapper& wrapper, RosterStore& store, const Tree& tree);

 private:
  absl::StatusOr<v1::GetRosterResponse> Get(const common::Call& call, const v1::GetRosterRequest& request);
  absl::StatusOr<v1::BatchGetMembershipsResponse> Memberships(const common::Call& call,
                                                              const v1::BatchGetMembershipsRequest& request);

  RosterStore& store_;
  const Tree& tree_;
};

}  // namespace ronghe::organization
