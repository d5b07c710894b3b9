#include "services/education/rpc/activity_rpc.h"

#include <utility>

#include "services/common/values/timestamp.h"
#include "services/common/values/wire.h"

namespace ronghe::education {
namespace {

using common::Call;

}  // namespace

ActivityRpc::ActivityRpc(common::Wrapper& wrapper, ActivityApp& app, common::RecordNames names)
    : ServiceBinding(wrapper, v1::CreateActivityRequest::descriptor()->file()->FindServiceByName("ActivityService")),
      app_(app),
      names_(std::move(names)) {
  Unary<v1::CreateActivityRequest, v1::Activity>("CreateActivity",
                                                 [this](const Call& c, const auto& r) { return Create(c, r); });
  Unary<v1::UpdateActivityRequest, v1::Activity>("UpdateActivity",
                                                 [this](const Call& c, const auto& r) { return Update(c, r); });
  Unary<v1::HoldActivityRequest, v1::Activity>("HoldActivity", [this](const Call& c, const auto& r) {
    return Encode(app_.Hold(c, r.name(), common::WriteOptionsOf(c, r, r.etag())));
  });
  Unary<v1::RecordAttendanceRequest, v1::RecordAttendanceResponse>(
      "RecordAttendance", [this](const Call& c, const auto& r) { return Record(c, r); });
  Unary<v1::IssueCheckInCodesRequest, v1::IssueCheckInCodesResponse>(
      "IssueCheckInCodes", [this](const Call& c, const auto& r) { return IssueCodes(c, r); });
  Unary<v1::CheckInRequest, v1::CheckInResponse>("CheckIn",
                                                 [this](const Call& c, const auto& r) { return CheckIn(c, r); });
  Unary<v1::ConfirmActivityRequest, v1::Activity>("ConfirmActivity", [this](const Call& c, const auto& r) {
    return Encode(app_.Confirm(c, r.name(), common::WriteOptionsOf(c, r, r.etag())));
  });
  Unary<v1::AmendActivityRequest, v1::Activity>("AmendActivity",
                                                [this](const Call& c, const auto& r) { return Amend(c, r); });
  Unary<v1::CancelActivityRequest, v1::Activity>("CancelActivity", [this](const Call& c, const auto& r) {
    return Encode(app_.Cancel(c, r.name(), r.reason(), common::WriteOptionsOf(c, r, r.etag())));
  });
  BindReads();
}

void ActivityRpc::BindReads() {
  Unary<v1::GetActivityRequest, v1::Activity>(
      "GetActivity", [this](const Call& c, const auto& r) { return Encode(app_.Get(c, r.name())); });
  Unary<v1::ListActivitiesRequest, v1::ListActivitiesResponse>(
      "ListActivities", [this](const Call& c, const auto& r) -> absl::StatusOr<v1::ListActivitiesResponse> {
        RONGHE_ASSIGN_OR_RETURN(const common::Page<ActivityView> page,
                                app_.List(c, {r.parent(), r.subtree(), r.page_size(), r.page_token(), r.filter()}));
        v1::ListActivitiesResponse response;
        for (const ActivityView& view : page.items) *response.add_activities() = ToProto(view, names_);
        response.set_next_page_token(page.next);
        return response;
      });
  Unary<v1::ListAttendanceRequest, v1::ListAttendanceResponse>(
      "ListAttendance", [this](const Call& c, const auto& r) -> absl::StatusOr<v1::ListAttendanceResponse> {
        RONGHE_ASSIGN_OR_RETURN(const common::Page<Attendance> page,
                                app_.ListAttendance(c, r.parent(), r.page_size(), r.page_token()));
        v1::ListAttendanceResponse response;
        for (const Attendance& row : page.items) *response.add_records() = ToProto(row, names_);
        response.set_next_page_token(page.next);
        return response;
      });
  Unary<v1::ListActivityHistoryRequest, v1::ListActivityHistoryResponse>(
      "ListActivityHistory", [this](const Call& c, const auto& r) -> absl::StatusOr<v1::ListActivityHistoryResponse> {
        RONGHE_ASSIGN_OR_RETURN(const common::Page<ActivityStep> page,
                                app_.History(c, r.parent(), r.page_size(), r.page_token()));
        v1::ListActivityHistoryResponse response;
        for (const ActivityStep& step : page.items) *response.add_steps() = ToProto(step, names_);
        response.set_next_page_token(page.next);
        return response;
      });
}

absl::StatusOr<v1::Activity> ActivityRpc::Encode(const absl::StatusOr<ActivityView>& view) const {
  if (!view.ok()) return view.status();
  return ToProto(*view, names_);
}

absl::StatusOr<v1::Activity> ActivityRpc::Create(const Call& call, const v1::CreateActivityRequest& request) {
  common::Violations violations;
  ActivityFields fields = FromProto(request.activity(), violations);
  return Encode(app_.Create(call, std::move(fields), common::WriteOptionsOf(call, request, "", std::move(violations))));
}

absl::StatusOr<v1::Activity> ActivityRpc::Update(const Call& call, const v1::UpdateActivityRequest& request) {
  const v1::Activity& sent = request.activity();
  common::Violations violations;
  const ActivityFields fields = FromProto(sent, violations);
  const std::vector<std::string> mask = {request.update_mask().paths().begin(), request.update_mask().paths().end()};
  return Encode(app_.Update(call, sent.name(), fields, mask,
                            common::WriteOptionsOf(call, request, sent.etag(), std::move(violations))));
}

absl::StatusOr<v1::RecordAttendanceResponse> ActivityRpc::Record(const Call& call,
                                                                 const v1::RecordAttendanceRequest& request) {
  common::Violations violations;
  const std::vector<AttendanceEntry> entries = FromProto(request.records(), violations);
  v1::RecordAttendanceResponse response;
  RONGHE_ASSIGN_OR_RETURN(
      *response.mutable_activity(),
      Encode(app_.Record(call, request.name(), entries, static_cast<AttendanceStatus>(request.rest()),
                         common::WriteOptionsOf(call, request, request.etag(), std::move(violations)))));
  return response;
}

absl::StatusOr<v1::Activity> ActivityRpc::Amend(const Call& call, const v1::AmendActivityRequest& request) {
  common::Violations violations;
  AmendmentFields fields;
  fields.reason = request.reason();
  fields.entries = FromProto(request.records(), violations);
  if (request.has_minutes()) fields.minutes = FromProto(request.minutes());
  for (const v1::Document& one : request.evidence()) fields.evidence.push_back(FromProto(one));
  if (request.has_credit_deci_hours()) fields.credit = request.credit_deci_hours();
  return Encode(app_.Amend(call, request.name(), fields,
                           common::WriteOptionsOf(call, request, request.etag(), std::move(violations))));
}

absl::StatusOr<v1::IssueCheckInCodesResponse> ActivityRpc::IssueCodes(const Call& call,
                                                                      const v1::IssueCheckInCodesRequest& request) {
  const absl::Duration lifetime =
      absl::Seconds(request.lifetime().seconds()) + absl::Nanoseconds(request.lifetime().nanos());
  RONGHE_ASSIGN_OR_RETURN(const IssuedCodes issued, app_.IssueCodes(call, request.name(), request.count(), lifetime,
                                                                    common::WriteOptionsOf(call, request, "")));
  v1::IssueCheckInCodesResponse response;
  for (const std::string& code : issued.codes) {
    v1::CheckInCode& one = *response.add_codes();
    one.set_code(code);
    common::WriteTimestamp(issued.expire, *one.mutable_expire_time());
  }
  return response;
}

absl::StatusOr<v1::CheckInResponse> ActivityRpc::CheckIn(const Call& call, const v1::CheckInRequest& request) {
  RONGHE_ASSIGN_OR_RETURN(const CheckedIn result, app_.CheckIn(call, request.name(), request.code(),
                                                               common::WriteOptionsOf(call, request, "")));
  v1::CheckInResponse response;
  *response.mutable_record() = ToProto(result.record, names_);
  response.set_revision(names_.token_of(common::PartitionId(result.partition), result.revision));
  return response;
}

}  // namespace ronghe::education
