#include "gateway/cli/activity_commands.h"

#include <absl/time/time.h>
#include <fmt/format.h>

#include "gateway/cli/document_files.h"
#include "gateway/cli/record_commands.h"
#include "ronghe/education/v1/activity_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

namespace v1 = education::v1;
using Service = v1::ActivityService;
using Stub = Service::Stub;
using Records = google::protobuf::RepeatedPtrField<v1::AttendanceRecord>;

// What is particular to activities in a create or an update; the paths of what is set.
absl::StatusOr<std::vector<std::string>> FillActivity(const ActivityOptions& options, v1::Activity& activity) {
  std::vector<std::string> paths;
  RONGHE_RETURN_IF_ERROR(FillFields(options.fields, activity));
  for (const auto& [name, text] : options.fields) paths.push_back(name);
  if (!options.start.empty()) {
    absl::Time start;
    if (!absl::ParseTime(absl::RFC3339_full, options.start, &start, nullptr)) {
      return common::InvalidArgument(
          "start", "BAD_TIME", {"must look like 2026-11-16T08:30:00+08:00", "格式应为 2026-11-16T08:30:00+08:00"});
    }
    activity.mutable_start_time()->set_seconds(absl::ToUnixSeconds(start));
    paths.emplace_back("start_time");
  }
  if (options.minutes_long != 0) {
    activity.set_duration_minutes(options.minutes_long);
    paths.emplace_back("duration_minutes");
  }
  if (options.credit >= 0) {
    activity.set_credit_deci_hours(options.credit);
    paths.emplace_back("credit_deci_hours");
  }
  for (const std::string& unit : options.joint_units) activity.add_joint_units(UnitName(unit));
  if (!options.joint_units.empty()) paths.emplace_back("joint_units");
  for (const std::string& member : options.attendees) activity.add_attendees(Named("members", member));
  if (!options.attendees.empty()) paths.emplace_back("attendees");
  if (!options.minutes.empty()) {
    RONGHE_RETURN_IF_ERROR(DescribeFile(options.minutes, "minutes", *activity.mutable_minutes()));
    paths.emplace_back("minutes");
  }
  RONGHE_RETURN_IF_ERROR(DescribeFiles(options.evidence, "evidence", *activity.mutable_evidence()));
  if (!options.evidence.empty()) paths.emplace_back("evidence");
  return paths;
}

v1::AttendanceRecord& AddRecord(const std::string& member, v1::AttendanceStatus status, Records& records) {
  v1::AttendanceRecord& record = *records.Add();
  record.set_member(Named("members", member));
  record.set_status(status);
  return record;
}

// `MEMBER=WORDS`.
std::pair<std::string, std::string> Split(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, ""};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

absl::Status FillRecords(const ActivityOptions& options, Records& records) {
  common::Violations violations;
  for (const std::string& member : options.present) AddRecord(member, v1::ATTENDANCE_STATUS_PRESENT, records);
  for (const std::string& member : options.absent) AddRecord(member, v1::ATTENDANCE_STATUS_ABSENT, records);
  for (const std::string& text : options.leave) {
    const auto [member, reason] = Split(text);
    AddRecord(member, v1::ATTENDANCE_STATUS_LEAVE, records).set_reason(reason);
  }
  for (const std::string& text : options.made_up) {
    const auto [member, day] = Split(text);
    SetDateText(AddRecord(member, v1::ATTENDANCE_STATUS_MAKE_UP, records), "make_up_date", day, violations);
  }
  return violations.ToStatus();
}

template <typename Request>
Request StepOf(const ActivityOptions& options, Context& context) {
  return EventOf<Request>(options, context, "activities");
}

std::string RequestId(const ActivityOptions& options, Context& context) {
  return options.request_id.empty() ? context.environment.random.Uuid() : options.request_id;
}

}  // namespace

absl::Status RunActivityCreate(const ActivityOptions& options, Context& context) {
  auto request = WriteOf<v1::CreateActivityRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillActivity(options, *request.mutable_activity()).status());
  return ShowRecord<Service>(context, &Stub::CreateActivity, request);
}

absl::Status RunActivityGet(const ActivityOptions& options, Context& context) {
  v1::GetActivityRequest request;
  request.set_name(Named("activities", options.name));
  return ShowRecord<Service>(context, &Stub::GetActivity, request);
}

absl::Status RunActivityList(const ActivityOptions& options, Context& context) {
  v1::ListActivitiesRequest request;
  request.set_parent(UnitName(options.unit));
  request.set_subtree(options.subtree);
  request.set_filter(options.filter);
  return ShowRecords<Service, v1::Activity>(
      context, &Stub::ListActivities, request, &v1::ListActivitiesResponse::mutable_activities,
      {"name", "unit", "kind", "start_time", "state", "expected_count", "present_count", "topic"});
}

absl::Status RunActivityUpdate(const ActivityOptions& options, Context& context) {
  auto request = WriteOf<v1::UpdateActivityRequest>(options, context);
  RONGHE_ASSIGN_OR_RETURN(const std::vector<std::string> paths, FillActivity(options, *request.mutable_activity()));
  for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
  request.mutable_activity()->set_name(Named("activities", options.name));
  request.mutable_activity()->set_etag(options.etag);
  return ShowRecord<Service>(context, &Stub::UpdateActivity, request);
}

absl::Status RunActivityHold(const ActivityOptions& options, Context& context) {
  return ShowRecord<Service>(context, &Stub::HoldActivity, StepOf<v1::HoldActivityRequest>(options, context));
}

absl::Status RunActivityRecord(const ActivityOptions& options, Context& context) {
  auto request = StepOf<v1::RecordAttendanceRequest>(options, context);
  RONGHE_RETURN_IF_ERROR(FillRecords(options, *request.mutable_records()));
  RONGHE_ASSIGN_OR_RETURN(const int rest, ValueOf(v1::AttendanceStatus_descriptor(), options.rest, "rest"));
  request.set_rest(static_cast<v1::AttendanceStatus>(rest));
  RONGHE_ASSIGN_OR_RETURN(const auto response,
                          (Send<Service, v1::RecordAttendanceRequest, v1::RecordAttendanceResponse>(
                              context, &Stub::RecordAttendance, request)));
  PrintResource(context, response.activity());
  return absl::OkStatus();
}

absl::Status RunActivityCodes(const ActivityOptions& options, Context& context) {
  v1::IssueCheckInCodesRequest request;
  request.set_name(Named("activities", options.name));
  request.set_request_id(RequestId(options, context));
  request.set_count(options.count);
  if (options.seconds != 0) request.mutable_lifetime()->set_seconds(options.seconds);
  RONGHE_ASSIGN_OR_RETURN(const auto issued,
                          (Send<Service, v1::IssueCheckInCodesRequest, v1::IssueCheckInCodesResponse>(
                              context, &Stub::IssueCheckInCodes, request)));
  if (context.console().json) {
    PrintResource(context, issued);
    return absl::OkStatus();
  }
  for (const v1::CheckInCode& code : issued.codes()) context.out() << code.code() << '\n';
  return absl::OkStatus();
}

absl::Status RunActivityCheckIn(const ActivityOptions& options, Context& context) {
  v1::CheckInRequest request;
  request.set_name(Named("activities", options.name));
  request.set_request_id(RequestId(options, context));
  request.set_code(options.code);
  return ShowRecord<Service>(context, &Stub::CheckIn, request);
}

absl::Status RunActivityConfirm(const ActivityOptions& options, Context& context) {
  return ShowRecord<Service>(context, &Stub::ConfirmActivity, StepOf<v1::ConfirmActivityRequest>(options, context));
}

absl::Status RunActivityAmend(const ActivityOptions& options, Context& context) {
  auto request = StepOf<v1::AmendActivityRequest>(options, context);
  request.set_reason(options.reason);
  RONGHE_RETURN_IF_ERROR(FillRecords(options, *request.mutable_records()));
  if (!options.minutes.empty()) {
    RONGHE_RETURN_IF_ERROR(DescribeFile(options.minutes, "minutes", *request.mutable_minutes()));
  }
  RONGHE_RETURN_IF_ERROR(DescribeFiles(options.evidence, "evidence", *request.mutable_evidence()));
  if (options.credit >= 0) request.set_credit_deci_hours(options.credit);
  return ShowRecord<Service>(context, &Stub::AmendActivity, request);
}

absl::Status RunActivityCancel(const ActivityOptions& options, Context& context) {
  auto request = StepOf<v1::CancelActivityRequest>(options, context);
  request.set_reason(options.reason);
  return ShowRecord<Service>(context, &Stub::CancelActivity, request);
}

absl::Status RunActivityAttendance(const ActivityOptions& options, Context& context) {
  v1::ListAttendanceRequest request;
  request.set_parent(Named("activities", options.name));
  return ShowRecords<Service, v1::AttendanceRecord>(context, &Stub::ListAttendance, request,
                                                    &v1::ListAttendanceResponse::mutable_records,
                                                    {"member", "unit", "status", "reason", "make_up_date"});
}

absl::Status RunActivityHistory(const ActivityOptions& options, Context& context) {
  v1::ListActivityHistoryRequest request;
  request.set_parent(Named("activities", options.name));
  return ShowRecords<Service, v1::ActivityStep>(
      context, &Stub::ListActivityHistory, request, &v1::ListActivityHistoryResponse::mutable_steps,
      {"time", "event", "state_after", "actor", "attendance_count", "reason"});
}

}  // namespace ronghe::gateway::cli
