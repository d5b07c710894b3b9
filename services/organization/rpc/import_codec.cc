#include "services/organization/rpc/import_codec.h"

#include <fmt/format.h>

#include "ronghe/organization/v1/member.pb.h"
#include "ronghe/organization/v1/unit.pb.h"

#include "services/common/values/timestamp.h"
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

common::v1::Import ToProto(const Import& import, ImportApp& app) {
  common::v1::Import proto;
  proto.set_name(fmt::format("imports/{}", import.id));
  proto.set_collection(import.collection);
  proto.set_parent(app.ParentName(import));
  proto.set_state(static_cast<common::v1::ImportState>(import.state));
  proto.set_mode(static_cast<common::v1::ImportMode>(import.mode));
  proto.set_validate_only(import.validate_only);
  proto.set_received_rows(import.received_rows);
  proto.set_rejected_rows(import.rejected_rows);
  proto.set_applied_rows(import.applied_rows);
  common::WriteTimestamp(import.create_time, *proto.mutable_create_time());
  if (import.end_time != absl::InfiniteFuture()) common::WriteTimestamp(import.end_time, *proto.mutable_end_time());
  if (!import.failure.reason.empty()) {
    proto.set_failure(fmt::format("{}: {} {}", import.failure.reason, import.failure.text.zh, import.failure.text.en));
  }
  proto.set_revision(app.RevisionToken(import));
  return proto;
}

common::v1::ImportRowError ToProto(const RowIssue& issue) {
  common::v1::ImportRowError proto;
  proto.set_line(issue.line);
  proto.set_field(issue.field);
  proto.set_reason(issue.reason);
  proto.set_message_zh(issue.text.zh);
  proto.set_message_en(issue.text.en);
  return proto;
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
