#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/descriptor.h>

#include "services/common/auth/auth.h"

namespace ronghe::common {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

using FieldPath = std::vector<const FieldDescriptor*>;

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (true) {
    size_t dot = path.find('.');
    parts.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    path.remove_prefix(dot + 1);
  }
}

// An empty path where `text` does not lead to a string.
FieldPath Resolve(const Descriptor* message, std::string_view text) {
  FieldPath path;
  for (std::string_view part : Split(text)) {
    const FieldDescriptor* field = message == nullptr ? nullptr : message->FindFieldByName(std::string(part));
    // Behind a repeated message there would be no telling which one is wrong.
    if (field == nullptr || (!path.empty() && path.back()->is_repeated())) return {};
    path.push_back(field);
    message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE ? field->message_type() : nullptr;
  }
  return path.back()->type() == FieldDescriptor::TYPE_STRING ? path : FieldPath();
}

std::string FieldName(const FieldPath& path) {
  std::string name;
  for (const FieldDescriptor* field : path) name += (name.empty() ? "" : ".") + field->name();
  return name;
}

bool IsValue(const EnumDescriptor* type, int number) {
  return number != 0 && type->FindValueByNumber(number) != nullptr;
}

void FindFaults(const v1::MethodPolicy& policy, std::vector<std::string>& faults) {
  if (!IsValue(v1::Permission_descriptor(), policy.permission())) faults.push_back("no permission");
  if (!IsValue(v1::Scope_descriptor(), policy.scope())) faults.push_back("no scope");
  if (!IsValue(v1::Effect_descriptor(), policy.effect())) faults.push_back("no effect");
  bool unit_scope = policy.scope() == v1::SCOPE_UNIT;
  if (unit_scope && policy.unit_fields().empty()) faults.push_back("SCOPE_UNIT without unit_fields");
  if (!unit_scope && !policy.unit_fields().empty()) faults.push_back("unit_fields without SCOPE_UNIT");
  if (!unit_scope && policy.all_units_allowed()) faults.push_back("all_units_allowed without SCOPE_UNIT");
  if (!policy.services().empty() && !RoleHolds(v1::ROLE_SERVICE, policy.permission())) {
    faults.push_back("services listed for a permission that ROLE_SERVICE does not hold");
  }
}

void AddTargets(const FieldPath& path, const Message& request, bool first, std::vector<MethodAccess::Target>& targets) {
  const Message* message = &request;
  for (size_t i = 0; i + 1 < path.size() && message != nullptr; ++i) {
    const auto* reflection = message->GetReflection();
    message = reflection->HasField(*message, path[i]) ? &reflection->GetMessage(*message, path[i]) : nullptr;
  }
  const FieldDescriptor* field = path.back();
  size_t before = targets.size();
  if (message != nullptr && field->is_repeated()) {
    int count = message->GetReflection()->FieldSize(*message, field);
    for (int i = 0; i < count; ++i) {
      targets.push_back({fmt::format("{}[{}]", FieldName(path), i),
                         message->GetReflection()->GetRepeatedString(*message, field, i), first});
    }
  } else if (message != nullptr) {
    std::string name = message->GetReflection()->GetString(*message, field);
    if (first || !name.empty()) targets.push_back({FieldName(path), std::move(name), first});
  }
  if (first && targets.size() == before) targets.push_back({FieldName(path), "", true});
}

}  // namespace

absl::StatusOr<MethodAccess> MethodAccess::Read(const google::protobuf::MethodDescriptor* method) {
  MethodAccess access;
  access.method_ = method;
  std::vector<std::string> faults;
  if (method->options().HasExtension(v1::policy)) {
    access.policy_ = method->options().GetExtension(v1::policy);
    FindFaults(access.policy_, faults);
    for (const std::string& text : access.policy_.unit_fields()) {
      access.paths_.push_back(Resolve(method->input_type(), text));
      if (access.paths_.back().empty()) faults.push_back(fmt::format("{} is no string of the request", text));
    }
  } else {
    faults.push_back("no policy");
  }
  if (faults.empty()) return access;
  return absl::FailedPreconditionError(
      fmt::format("access policy of {}: {}", method->full_name(), fmt::join(faults, "; ")));
}

std::vector<MethodAccess::Target> MethodAccess::TargetsOf(const Message& request) const {
  std::vector<Target> targets;
  for (size_t i = 0; i < paths_.size(); ++i) AddTargets(paths_[i], request, i == 0, targets);
  return targets;
}

std::vector<std::string> MethodAccess::Targets(const Message& request) const {
  std::vector<std::string> names;
  for (Target& target : TargetsOf(request)) names.push_back(std::move(target.name));
  return names;
}

bool RoleHolds(v1::Role role, v1::Permission permission) {
  using Table = std::vector<std::vector<bool>>;
  // Read from the options once: this is asked for every grant at every call.
  static const Table* const table = [] {
    auto* made = new Table(v1::Permission_ARRAYSIZE, std::vector<bool>(v1::Role_ARRAYSIZE));
    const EnumDescriptor* permissions = v1::Permission_descriptor();
    for (int i = 0; i < permissions->value_count(); ++i) {
      const auto* value = permissions->value(i);
      for (int holder : value->options().GetExtension(v1::held_by).roles()) {
        if (v1::Role_IsValid(holder)) (*made)[value->number()][holder] = true;
      }
    }
    return made;
  }();
  return v1::Permission_IsValid(permission) && v1::Role_IsValid(role) && (*table)[permission][role];
}

}  // namespace ronghe::common
