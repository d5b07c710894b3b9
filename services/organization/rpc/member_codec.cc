#include "services/organization/rpc/member_codec.h"

#include "services/common/values/timestamp.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
namespace {

void ToProto(const DateParts& parts, google::type::Date& date) {
  date.set_year(parts.year);
  date.set_month(parts.month);
  date.set_day(parts.day);
}

// Optional dates stay unset.
#define RONGHE_SET_DAY(message, field, day) \
  if (day) WriteDate(*(day), *(message).mutable_##field())

}  // namespace

DateParts FromProto(const google::type::Date& date) {
  return {date.year(), date.month(), date.day()};
}

Member::Fields FromProto(const v1::Member& member) {
  Member::Fields fields;
  fields.full_name = member.full_name();
  fields.sex = member.sex();
  fields.birth_date = FromProto(member.birth_date());
  fields.identity_number = member.identity_number();
  fields.phone = member.phone();
  fields.status = member.status();
  fields.join_date = FromProto(member.join_date());
  fields.full_date = FromProto(member.full_date());
  fields.external_id = member.external_id();
  return fields;
}

v1::Member ToProto(const MemberView& view) {
  v1::Member member;
  member.set_name(view.name);
  member.set_unit(view.unit);
  member.set_full_name(view.fields.full_name);
  member.set_sex(static_cast<v1::Sex>(view.fields.sex));
  ToProto(view.fields.birth_date, *member.mutable_birth_date());
  member.set_identity_number(view.fields.identity_number);
  member.set_phone(view.fields.phone);
  member.set_status(static_cast<v1::MemberStatus>(view.fields.status));
  ToProto(view.fields.join_date, *member.mutable_join_date());
  if (!view.fields.full_date.empty()) ToProto(view.fields.full_date, *member.mutable_full_date());
  member.set_external_id(view.fields.external_id);
  const Membership& membership = view.membership;
  RONGHE_SET_DAY(member, probation_end_date, view.probation_end);
  member.set_floating(static_cast<v1::Floating>(membership.floating));
  member.set_floating_unit(view.floating_unit);
  RONGHE_SET_DAY(member, floating_date, membership.floating_since);
  member.set_leave_reason(static_cast<v1::LeaveReason>(membership.leave_reason));
  RONGHE_SET_DAY(member, leave_date, membership.leave_day);
  if (view.name.empty()) return member;
  common::WriteTimestamp(view.create_time, *member.mutable_create_time());
  common::WriteTimestamp(view.update_time, *member.mutable_update_time());
  member.set_etag(view.etag);
  member.set_revision(view.revision);
  return member;
}

absl::StatusOr<v1::Member> ToProto(const absl::StatusOr<MemberView>& view) {
  if (!view.ok()) return view.status();
  return ToProto(*view);
}

v1::MemberVersion ToProto(const MemberVersionView& view) {
  const MemberVersion& version = view.version;
  const Membership& membership = version.membership;
  v1::MemberVersion out;
  out.set_version(version.version);
  out.set_action(version.action);
  for (const std::string& field : version.fields) out.add_fields(field);
  out.set_actor(version.actor);
  common::WriteTimestamp(version.start, *out.mutable_start_time());
  if (version.end) common::WriteTimestamp(*version.end, *out.mutable_end_time());
  out.set_unit(view.unit);
  out.set_status(static_cast<v1::MemberStatus>(version.status));
  WriteDate(version.join_day, *out.mutable_join_date());
  RONGHE_SET_DAY(out, full_date, version.full_day);
  out.set_floating(static_cast<v1::Floating>(membership.floating));
  out.set_floating_unit(view.floating_unit);
  RONGHE_SET_DAY(out, floating_date, membership.floating_since);
  out.set_leave_reason(static_cast<v1::LeaveReason>(membership.leave_reason));
  RONGHE_SET_DAY(out, leave_date, membership.leave_day);
  return out;
}

}  // namespace ronghe::organization
