#pragma once

#include "ronghe/organization/v1/structure_service.pb.h"

#include "services/common/serve/binding.h"
#include "services/organization/app/reorganization_app.h"

namespace ronghe::organization {

// StructureService on gRPC: decode, call, map, encode.
class StructureRpc final : public common::ServiceBinding {
 public:
  // All outlive it.
  struct Parts {
    ReorganizationApp& reorganizations;
    const Tree& tree;
    RevisionGate& gate;
  };
  StructureRpc(common::Wrapper& wrapper, Parts parts);

 private:
  absl::StatusOr<v1::Reorganization> Merge(const common::Call& call, const v1::MergeUnitsRequest& request);
  absl::StatusOr<v1::Reorganization> Split(const common::Call& call, const v1::SplitUnitRequest& request);
  absl::StatusOr<v1::Reorganization> Restore(const common::Call& call, const v1::RestoreUnitRequest& request);
  absl::StatusOr<v1::Reorganization> Reorganize(const common::Call& call, const v1::ReorganizeRequest& request);
  absl::StatusOr<v1::Reorganization> Get(const common::Call& call, const v1::GetReorganizationRequest& request);
  absl::StatusOr<v1::ListReorganizationsResponse> List(const common::Call& call,
                                                       const v1::ListReorganizationsRequest& request);
  absl::StatusOr<v1::Reorganization> Cancel(const common::Call& call, const v1::CancelReorganizationRequest& request);
  absl::StatusOr<v1::Reorganization> Encode(const absl::StatusOr<Reorganization>& reorganization);

  Parts parts_;
};

}  // namespace ronghe::organization
