#include "services/organization/rpc/import_codec.h"

#include <fmt/format.h>

#include "ronghe/organization/v1/member.pb.h"
#include "ronghe/organization/v1/unit.pb.h"

#include "services/organization/app/unit_app.h"

namespace ronghe::organization {
namespace {

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

template <typename Enum>
Enum KnownValue(int value, bool known, std::string field, common::Violations& violations) {
  if (known) return static_cast<Enum>(value);
  violations.Add(std::move(field), "UNKNOWN_VALUE", {"is not a known value", "未知的取值"});
  return static_cast<Enum>(0);
}

// The code in `units/{code}`; empty where there is none.
std::string UnitCode(const std::string& name, std::string_view field, common::Violations& violations) {
  if (name.empty()) return "";
  absl::StatusOr<std::string> code = CodeFromName(name, field);
  violations.AddAll(code.status());
  return code.ok() ? *std::move(code) : "";
}

DateParts PartsOf(const google::type::Date& date) { return {date.year(), date.month(), date.day()}; }

absl::Status Unreadable(std::string_view field) {
  return common::InvalidArgument(std::string(field), "UNREADABLE", {"cannot be read", "无法解析"});
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
  SetTime(import.create_time, proto.mutable_create_time());
  if (import.end_time != absl::InfiniteFuture()) SetTime(import.end_time, proto.mutable_end_time());
  if (!import.failure.reason.empty()) {
    proto.set_failure(
        fmt::format("{}: {} {}", import.failure.reason, import.failure.text.zh, import.failure.text.en));
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
  if (!unit.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Unreadable("unit");
  common::Violations violations;
  UnitFields& fields = draft.fields;
  fields.code = unit.code();
  fields.title = unit.title();
  fields.short_title = unit.short_title();
  fields.level = KnownValue<Level>(unit.level(), v1::Level_IsValid(unit.level()), "unit.level", violations);
  fields.kind = KnownValue<UnitKind>(unit.kind(), v1::UnitKind_IsValid(unit.kind()), "unit.kind", violations);
  fields.division_code = unit.division_code();
  fields.sector = unit.sector();
  if (unit.has_established_date()) {
    const DateParts parts = PartsOf(unit.established_date());
    fields.established = parts.ToDay();
    if (!fields.established.has_value() && !parts.empty()) {
      violations.Add("unit.established_date", "BAD_DATE", {"is not a day of the calendar", "不是有效日期"});
    }
  }
  draft.parent_code = UnitCode(unit.parent(), "unit.parent", violations);
  return violations.ToStatus();
}

absl::Status ProtoMemberRows::Decode(std::string_view payload, MemberDraft& draft) const {
  v1::Member member;
  if (!member.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return Unreadable("member");
  common::Violations violations;
  if (member.unit().empty()) violations.Add("member.unit", "REQUIRED", {"is required", "必填"});
  draft.unit_code = UnitCode(member.unit(), "member.unit", violations);
  Member::Fields& fields = draft.fields;
  fields.full_name = member.full_name();
  fields.sex = member.sex();
  fields.birth_date = PartsOf(member.birth_date());
  fields.identity_number = member.identity_number();
  fields.phone = member.phone();
  fields.status = member.status();
  fields.join_date = PartsOf(member.join_date());
  fields.full_date = PartsOf(member.full_date());
  fields.external_id = member.external_id();
  return violations.ToStatus();
}

}  // namespace ronghe::organization
