#pragma once

#include "ronghe/education/v1/activity_service.pb.h"

#include "services/common/serve/binding.h"
#include "services/education/app/activity_app.h"
#include "services/education/rpc/activity_codec.h"

namespace ronghe::education {

// ActivityService on gRPC: decode, call, map, encode.
class ActivityRpc final : public common::ServiceBinding {
 public:
  // Both outlive it.
  ActivityRpc(common::Wrapper& wrapper, ActivityApp& app, common::RecordNames names);

 private:
  void BindReads();
  absl::StatusOr<v1::Activity> Encode(const absl::StatusOr<ActivityView>& view) const;
  absl::StatusOr<v1::Activity> Create(const common::Call& call, const v1::CreateActivityRequest& request);
  absl::StatusOr<v1::Activity> Update(const common::Call& call, const v1::UpdateActivityRequest& request);
  absl::StatusOr<v1::RecordAttendanceResponse> Record(const common::Call& call,
                                                      const v1::RecordAttendanceRequest& request);
  absl::StatusOr<v1::Activity> Amend(const common::Call& call, const v1::AmendActivityRequest& request);
  absl::StatusOr<v1::IssueCheckInCodesResponse> IssueCodes(const common::Call& call,
                                                           const v1::IssueCheckInCodesRequest& request);
  absl::StatusOr<v1::CheckInResponse> CheckIn(const common::Call& call, const v1::CheckInRequest& request);

  ActivityApp& app_;
  common::RecordNames names_;
};

}  // namespace ronghe::education
