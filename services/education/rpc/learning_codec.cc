#include "services/education/rpc/learning_codec.h"

#include <optional>

#include <fmt/format.h>

#include "services/common/values/resource_name.h"
#include "services/common/values/timestamp.h"
#include "services/common/values/wire.h"

namespace ronghe::education {

v1::LearningRecord ToProto(const LearningView& view, const common::RecordNames& names, bool tried) {
  const StoredLearning& stored = view.stored;
  const LearningRecord& record = stored.record;
  v1::LearningRecord message;
  if (!tried) message.set_name(NameOf(stored.id));
  message.set_member(fmt::format("members/{}", record.member));
  message.set_source(static_cast<v1::LearningSource>(record.source));
  message.set_platform(record.platform);
  message.set_external_id(record.external_id);
  message.set_course(record.course);
  common::WriteDate(record.day, *message.mutable_date());
  message.set_credit_deci_hours(record.credit_deci_hours);
  message.set_unit(fmt::format("units/{}", names.code_of(view.unit)));
  message.set_state(static_cast<v1::LearningRecordState>(stored.state));
  message.set_counted(stored.counted);
  if (record.source == LearningSource::kActivity) {
    message.set_activity(fmt::format("activities/{}", record.external_id.substr(0, record.external_id.find('/'))));
  }
  if (stored.import != 0) message.set_import(fmt::format("learningImports/{}", stored.import));
  if (stored.replaces) message.set_replaces(NameOf(stored.replaces));
  common::WriteTimestamp(stored.create_time, *message.mutable_create_time());
  if (stored.void_time) common::WriteTimestamp(*stored.void_time, *message.mutable_void_time());
  message.set_void_reason(stored.void_reason);
  if (stored.replaced_by) message.set_replaced_by(NameOf(stored.replaced_by));
  if (stored.revision != 0) {
    message.set_revision(names.token_of(common::PartitionOf(stored.id.value), stored.revision));
  }
  return message;
}

LearningFields FromProto(const v1::LearningRecord& message, std::string_view prefix, common::Violations& violations) {
  LearningFields fields;
  fields.member = message.member();
  LearningRecord& record = fields.record;
  record.source = static_cast<LearningSource>(message.source());
  record.platform = message.platform();
  record.external_id = message.external_id();
  record.course = message.course();
  if (message.has_date()) {
    const std::optional<absl::CivilDay> day =
        common::ReadDate(message.date(), fmt::format("{}date", prefix), violations);
    fields.has_day = day.has_value();
    if (day) record.day = *day;
  }
  record.credit_deci_hours = message.credit_deci_hours();
  return fields;
}

void ProtoLearningRows::Decode(std::string_view payload, LearningFields& fields, common::Violations& violations) const {
  v1::LearningRecord message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    violations.Add("", "BAD_ROW", {"cannot be read", "无法读取"});
    return;
  }
  fields = FromProto(message, "", violations);
}

int64_t ProtoLearningRows::MemberOf(std::string_view payload) const {
  v1::LearningRecord message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return 0;
  return common::IdFromName(message.member(), "members");
}

}  // namespace ronghe::education
