#include "services/common/audit/rpc/text_readings.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "ronghe/common/v1/access.pb.h"

#include "services/common/values/resource_name.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

namespace pb = google::protobuf;

bool IsText(const pb::FieldDescriptor& field) {
  return field.options().GetExtension(v1::data_class) == v1::DATA_CLASS_FREE_TEXT;
}

bool AnyText(const pb::Descriptor* type, absl::flat_hash_set<const pb::Descriptor*>& seen) {
  if (!seen.insert(type).second) return false;
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor& field = *type->field(i);
    if (IsText(field)) return true;
    if (field.message_type() != nullptr && AnyText(field.message_type(), seen)) return true;
  }
  return false;
}

// Of a write, that nothing was written.
bool OnlyTries(const pb::Message& request) {
  const pb::FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("validate_only");
  return field != nullptr && field->cpp_type() == pb::FieldDescriptor::CPPTYPE_BOOL && !field->is_repeated() &&
         request.GetReflection()->GetBool(request, field);
}

}  // namespace

bool TextReadings::MayHaveTexts(const pb::Descriptor* type) {
  MutexLock lock(mutex_);
  const auto known = known_.find(type);
  if (known != known_.end()) return known->second;
  absl::flat_hash_set<const pb::Descriptor*> seen;
  return known_.emplace(type, AnyText(type, seen)).first->second;
}

bool TextReadings::HasTexts(const pb::Message& message) {
  if (!MayHaveTexts(message.GetDescriptor())) return false;
  const pb::Reflection& reflection = *message.GetReflection();
  std::vector<const pb::FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const pb::FieldDescriptor* field : set) {
    if (IsText(*field)) return true;
    if (field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
    if (!field->is_repeated()) {
      if (HasTexts(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (HasTexts(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

absl::StatusOr<UnitUid> TextReadings::UnitOf(const std::string& resource, absl::Time deadline) const {
  if (!resource.starts_with("units/")) return parts_.owners.OwnerOf(resource, deadline);
  const std::optional<std::string> code = CodeIn(resource);
  const std::optional<UnitView> unit = code ? parts_.units.FindByCode(*code) : std::nullopt;
  return unit ? unit->uid : UnitUid();
}

absl::Status TextReadings::Read(const Call& call, const pb::MethodDescriptor& method, const pb::Message& request,
                                const pb::Message* response) {
  if (!call.actor.service.empty() && call.authorization.empty()) return absl::OkStatus();
  if (response == nullptr ? !MayHaveTexts(method.output_type()) : !HasTexts(*response)) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const MethodAccess access, MethodAccess::Read(&method));
  if (access.policy().effect() == v1::EFFECT_WRITE && !OnlyTries(request)) return absl::OkStatus();
  const std::vector<std::string> targets = access.Targets(request);
  AuditReading reading;
  reading.actor = call.actor.key;
  reading.action = method.name();
  if (!targets.empty()) reading.resource = targets.front();
  RONGHE_ASSIGN_OR_RETURN(reading.unit, UnitOf(reading.resource, call.deadline));
  const std::optional<UnitView> unit = parts_.units.Find(reading.unit);
  return parts_.log.Append(unit ? unit->partition : PartitionId(), reading, call.deadline);
}

}  // namespace ronghe::common
