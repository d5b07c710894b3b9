#pragma once

#include "ronghe/organization/v1/duty_service.pb.h"

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"
#include "services/organization/app/duty_app.h"
#include "services/organization/app/duty_query.h"
#include "services/organization/app/revision_gate.h"

namespace ronghe::organization {

// DutyService on gRPC: decode, call, map, encode.
class DutyRpc final : public common::ServiceBinding {
 public:
  // All outlive it.
  struct Parts {
    DutyApp& duties;
    DutyQuery& query;
    const Tree& tree;
    RevisionGate& gate;
    common::WatchService& watch;
  };
  DutyRpc(common::Wrapper& wrapper, Parts parts);

 private:
  absl::StatusOr<v1::Duty> Create(const common::Call& call, const v1::CreateDutyRequest& request);
  absl::StatusOr<v1::Duty> Get(const common::Call& call, const v1::GetDutyRequest& request);
  absl::StatusOr<v1::ListDutiesResponse> List(const common::Call& call, const v1::ListDutiesRequest& request);
  absl::StatusOr<v1::Duty> Update(const common::Call& call, const v1::UpdateDutyRequest& request);
  absl::StatusOr<v1::Duty> Start(const common::Call& call, const v1::StartDutyRequest& request);
  absl::StatusOr<v1::Duty> Complete(const common::Call& call, const v1::CompleteDutyRequest& request);
  absl::StatusOr<v1::Duty> End(const common::Call& call, const v1::EndDutyRequest& request);
  absl::StatusOr<v1::Duty> Cancel(const common::Call& call, const v1::CancelDutyRequest& request);
  absl::StatusOr<v1::Duty> AddParties(const common::Call& call, const v1::AddDutyPartiesRequest& request);
  absl::StatusOr<v1::Duty> EndPart(const common::Call& call, const v1::EndDutyPartRequest& request);
  absl::StatusOr<v1::DutyResult> Record(const common::Call& call, const v1::RecordDutyResultRequest& request);
  absl::StatusOr<v1::DutyResult> Amend(const common::Call& call, const v1::AmendDutyResultRequest& request);
  absl::StatusOr<v1::DutyResult> GetResult(const common::Call& call, const v1::GetDutyResultRequest& request);
  absl::StatusOr<v1::ListDutyResultsResponse> ListResults(const common::Call& call,
                                                          const v1::ListDutyResultsRequest& request);

  v1::Duty ToProto(const StoredDuty& duty);
  v1::DutyResult ToProto(const StoredDutyResult& result);
  absl::StatusOr<v1::Duty> Encode(const absl::StatusOr<StoredDuty>& duty);
  // With its amendments.
  absl::StatusOr<v1::DutyResult> Encode(const common::Call& call, const absl::StatusOr<StoredDutyResult>& result);

  Parts parts_;
};

}  // namespace ronghe::organization
