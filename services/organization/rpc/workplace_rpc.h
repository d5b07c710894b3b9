#pragma once

#include "ronghe/organization/v1/workplace_service.pb.h"

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/workplace_app.h"
#include "services/organization/app/workplace_query.h"

namespace ronghe::organization {

// WorkplaceService on gRPC: decode, call, map, encode.
class WorkplaceRpc final : public common::ServiceBinding {
 public:
  // All outlive it.
  struct Parts {
    WorkplaceApp& workplaces;
    WorkplaceQuery& query;
    const Tree& tree;
    RevisionGate& gate;
    common::WatchService& watch;
  };
  WorkplaceRpc(common::Wrapper& wrapper, Parts parts);

 private:
  absl::StatusOr<v1::Workplace> Create(const common::Call& call, const v1::CreateWorkplaceRequest& request);
  absl::StatusOr<v1::Workplace> Get(const common::Call& call, const v1::GetWorkplaceRequest& request);
  absl::StatusOr<v1::ListWorkplacesResponse> List(const common::Call& call, const v1::ListWorkplacesRequest& request);
  absl::StatusOr<v1::ListUncoveredWorkplacesResponse> ListUncovered(const common::Call& call,
                                                                    const v1::ListUncoveredWorkplacesRequest& request);
  absl::StatusOr<v1::Workplace> Update(const common::Call& call, const v1::UpdateWorkplaceRequest& request);
  absl::StatusOr<v1::Workplace> Move(const common::Call& call, const v1::MoveWorkplaceRequest& request);
  absl::StatusOr<v1::Workplace> Close(const common::Call& call, const v1::CloseWorkplaceRequest& request);
  absl::StatusOr<v1::Workplace> Restore(const common::Call& call, const v1::RestoreWorkplaceRequest& request);
  absl::StatusOr<v1::BatchAssignCoversResponse> Assign(const common::Call& call,
                                                       const v1::BatchAssignCoversRequest& request);
  absl::StatusOr<v1::BatchEndCoversResponse> Release(const common::Call& call,
                                                     const v1::BatchEndCoversRequest& request);
  absl::StatusOr<v1::Cover> GetCover(const common::Call& call, const v1::GetCoverRequest& request);
  absl::StatusOr<v1::ListCoversResponse> ListCovers(const common::Call& call, const v1::ListCoversRequest& request);

  v1::Workplace ToProto(const StoredWorkplace& workplace);
  v1::Cover ToProto(const StoredCover& cover);
  absl::StatusOr<v1::Workplace> Encode(const absl::StatusOr<StoredWorkplace>& workplace);
  template <typename Response>
  absl::StatusOr<Response> EncodePage(absl::StatusOr<RecordPage<StoredWorkplace>> page);

  Parts parts_;
};

}  // namespace ronghe::organization
