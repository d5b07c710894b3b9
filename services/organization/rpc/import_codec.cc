#include "services/organization/rpc/import_codec.h"

#include "ronghe/organization/v1/member.pb.h"
#include "ronghe/organization/v1/member_service.pb.h"
#include "ronghe/organization/v1/organization_service.pb.h"
#include "ronghe/organization/v1/unit.pb.h"

#include "services/organization/rpc/member_codec.h"
#include "services/organization/rpc/wire.h"

namespace ronghe::organization {
namespace {

// The code in `units/{code}`; a name of another form as it is: it is no code either, and refused as such.
std::string UnitCode(const std::string& name) {
  constexpr std::string_view kPrefix = "units/";
  return name.starts_with(kPrefix) && name.size() > kPrefix.size() ? name.substr(kPrefix.size()) : name;
}

// In the future, so that a unit with a day that is none is refused by the check as well.
constexpr absl::CivilDay kNoDay(9999, 12, 31);

DateParts PartsOf(const google::type::Date& date) {
  return {date.year(), date.month(), date.day()};
}

absl::Status Unreadable() {
  return common::InvalidArgument("", "UNREADABLE", {"cannot be read", "无法解析"});
}

}  // namespace

common::ImportMessage ReadUnitsMessage(const google::protobuf::Message& message) {
  return common::ReadImportParts(static_cast<const v1::ImportUnitsRequest&>(message),
                                 [](const v1::UnitRow& row) { return row.unit().SerializeAsString(); });
}

common::ImportMessage ReadMembersMessage(const google::protobuf::Message& message) {
  return common::ReadImportParts(static_cast<const v1::ImportMembersRequest&>(message),
                                 [](const v1::MemberRow& row) { return row.member().SerializeAsString(); });
}

absl::Status ProtoUnitRows::Decode(std::string_view payload, UnitDraft& draft) const {
  v1::Unit unit;
  if (!unit.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Unreadable();
  common::Violations violations;
  UnitFields& fields = draft.fields;
  fields.code = unit.code();
  fields.title = unit.title();
  fields.short_title = unit.short_title();
  fields.level = static_cast<Level>(unit.level());
  fields.kind = static_cast<UnitKind>(unit.kind());
  fields.division_code = unit.division_code();
  fields.sector = unit.sector();
  if (unit.has_established_date()) {
    const DateParts parts = PartsOf(unit.established_date());
    fields.established = parts.ToDay();
    if (!fields.established.has_value() && !parts.empty()) {
      fields.established = kNoDay;
      violations.Add("established_date", "BAD_DATE", {"is not a day of the calendar", "不是有效日期"});
    }
  }
  draft.parent_code = UnitCode(unit.parent());
  return violations.ToStatus();
}

absl::Status ProtoMemberRows::Decode(std::string_view payload, MemberDraft& draft) const {
  v1::Member member;
  if (!member.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Unreadable();
  draft.unit = member.unit();
  draft.fields = FromProto(member);
  return absl::OkStatus();
}

}  // namespace ronghe::organization
