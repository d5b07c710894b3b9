#include "services/education/rpc/activity_codec.h"

#include <fmt/format.h>

#include "services/common/values/timestamp.h"
#include "services/common/values/wire.h"
#include "services/education/domain/activity_state.h"

namespace ronghe::education {
namespace {

std::string MemberName(int64_t member) {
  return member == 0 ? "" : fmt::format("members/{}", member);
}

void Write(const common::Document& document, v1::Document& out) {
  out.set_content_hash(document.content_hash);
  out.set_size_bytes(document.size_bytes);
  out.set_media_type(document.media_type);
  out.set_title(document.title);
}

}  // namespace

v1::Activity ToProto(const ActivityView& view, const common::RecordNames& names) {
  const Activity& activity = view.stored.activity;
  v1::Activity out;
  out.set_name(NameOf(view.stored.id));
  out.set_unit("units/" + names.code_of(view.unit));
  for (const common::UnitUid joint : activity.joint) out.add_joint_units("units/" + names.code_of(joint));
  out.set_kind(static_cast<v1::ActivityKind>(activity.kind));
  common::WriteTimestamp(activity.start, *out.mutable_start_time());
  out.set_duration_minutes(activity.duration_minutes);
  out.set_topic(activity.topic);
  out.set_place(activity.place);
  out.set_host(MemberName(activity.host));
  out.set_credit_deci_hours(activity.credit_deci_hours);
  out.set_objective(activity.objective);
  if (activity.minutes) Write(*activity.minutes, *out.mutable_minutes());
  for (const common::Document& one : activity.evidence) Write(one, *out.add_evidence());
  out.set_state(static_cast<v1::ActivityState>(activity.state));
  out.set_expected_count(activity.expected);
  out.set_present_count(activity.present);
  out.set_open_count(activity.expected - activity.recorded);
  out.set_amendment_count(activity.amendments);
  for (const ActivityEvent event : AllowedEvents(activity.state)) {
    out.add_allowed_events(static_cast<v1::ActivityEvent>(event));
  }
  out.set_etag(EtagOf(view.stored));
  if (view.stored.revision != 0) {
    out.set_revision(names.token_of(common::PartitionOf(view.stored.id.value), view.stored.revision));
  }
  common::WriteTimestamp(view.stored.create_time, *out.mutable_create_time());
  common::WriteTimestamp(view.stored.update_time, *out.mutable_update_time());
  return out;
}

v1::AttendanceRecord ToProto(const Attendance& row, const common::RecordNames& names) {
  v1::AttendanceRecord out;
  out.set_member(MemberName(row.member));
  out.set_status(static_cast<v1::AttendanceStatus>(row.status));
  out.set_reason(row.reason);
  if (row.make_up) common::WriteDate(*row.make_up, *out.mutable_make_up_date());
  out.set_unit("units/" + names.code_of(row.unit));
  if (row.recorded) common::WriteTimestamp(*row.recorded, *out.mutable_record_time());
  return out;
}

v1::ActivityStep ToProto(const ActivityStep& step, const common::RecordNames& names) {
  v1::ActivityStep out;
  common::WriteTimestamp(step.at, *out.mutable_time());
  out.set_event(static_cast<v1::ActivityEvent>(step.event));
  out.set_state_after(static_cast<v1::ActivityState>(step.after));
  out.set_actor(step.actor);
  out.set_reason(step.reason);
  out.set_attendance_count(step.attendances);
  for (const Attendance& one : step.replaced) *out.add_replaced() = ToProto(one, names);
  if (step.replaced_minutes) Write(*step.replaced_minutes, *out.mutable_replaced_minutes());
  out.set_replaced_credit_deci_hours(step.replaced_credit);
  return out;
}

common::Document FromProto(const v1::Document& document) {
  return {document.content_hash(), document.size_bytes(), document.media_type(), document.title()};
}

ActivityFields FromProto(const v1::Activity& activity, common::Violations& violations) {
  ActivityFields fields;
  fields.unit = activity.unit();
  fields.joint = {activity.joint_units().begin(), activity.joint_units().end()};
  fields.host = activity.host();
  fields.attendees = {activity.attendees().begin(), activity.attendees().end()};
  if (activity.has_start_time()) {
    fields.start = common::ReadTime(activity.start_time(), "activity.start_time", violations);
  }
  Activity& a = fields.activity;
  a.kind = static_cast<ActivityKind>(activity.kind());
  a.duration_minutes = activity.duration_minutes();
  a.topic = activity.topic();
  a.place = activity.place();
  a.credit_deci_hours = activity.credit_deci_hours();
  a.objective = activity.objective();
  if (activity.has_minutes()) a.minutes = FromProto(activity.minutes());
  for (const v1::Document& one : activity.evidence()) a.evidence.push_back(FromProto(one));
  return fields;
}

std::vector<AttendanceEntry> FromProto(const google::protobuf::RepeatedPtrField<v1::AttendanceRecord>& records,
                                       common::Violations& violations) {
  std::vector<AttendanceEntry> entries;
  for (const v1::AttendanceRecord& record : records) {
    const std::string field = fmt::format("records[{}].make_up_date", entries.size());
    AttendanceEntry& entry = entries.emplace_back();
    entry.member = record.member();
    entry.record.status = static_cast<AttendanceStatus>(record.status());
    entry.record.reason = record.reason();
    entry.record.make_up = common::ReadDate(record.make_up_date(), field, violations);
  }
  return entries;
}

}  // namespace ronghe::education
