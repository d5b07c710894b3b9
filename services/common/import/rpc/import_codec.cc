#include "services/common/import/rpc/import_codec.h"

#include <fmt/format.h>

#include "services/common/values/timestamp.h"

namespace ronghe::common {

v1::Import ToProto(const Import& import, const ImportApp& app) {
  v1::Import proto;
  proto.set_name(app.NameOf(import));
  proto.set_collection(import.collection);
  proto.set_parent(app.ParentName(import));
  proto.set_state(static_cast<v1::ImportState>(import.state));
  proto.set_mode(static_cast<v1::ImportMode>(import.mode));
  proto.set_validate_only(import.validate_only);
  proto.set_received_rows(import.received_rows);
  proto.set_rejected_rows(import.rejected_rows);
  proto.set_applied_rows(import.applied_rows);
  WriteTimestamp(import.create_time, *proto.mutable_create_time());
  if (import.end_time != absl::InfiniteFuture()) WriteTimestamp(import.end_time, *proto.mutable_end_time());
  if (!import.failure.reason.empty()) {
    proto.set_failure(fmt::format("{}: {} {}", import.failure.reason, import.failure.text.zh, import.failure.text.en));
  }
  proto.set_revision(app.RevisionToken(import));
  return proto;
}

v1::ImportRowError ToProto(const RowIssue& issue) {
  v1::ImportRowError proto;
  proto.set_line(issue.line);
  proto.set_field(issue.field);
  proto.set_reason(issue.reason);
  proto.set_message_zh(issue.text.zh);
  proto.set_message_en(issue.text.en);
  return proto;
}

}  // namespace ronghe::common
