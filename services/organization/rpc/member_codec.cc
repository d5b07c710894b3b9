#include "services/organization/rpc/member_codec.h"

#include "services/common/values/timestamp.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
namespace {

DateParts FromProto(const google::type::Date& date) {
  return {date.year(), date.month(), date.day()};
}

void ToProto(const DateParts& parts, google::type::Date& date) {
  date.set_year(parts.year);
  date.set_month(parts.month);
  date.set_day(parts.day);
}

}  // namespace

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
  if (view.name.empty()) return member;
  common::WriteTimestamp(view.create_time, *member.mutable_create_time());
  common::WriteTimestamp(view.update_time, *member.mutable_update_time());
  member.set_etag(view.etag);
  member.set_revision(view.revision);
  return member;
}

}  // namespace ronghe::organization
