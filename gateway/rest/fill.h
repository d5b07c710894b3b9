#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <nlohmann/json_fwd.hpp>

#include "services/common/values/status.h"

// Fills messages from what HTTP carries. All faults are collected, each with the path of its field.
namespace ronghe::gateway {

// Sets what the JSON says: proto3's JSON form, names in either case. `path`: of the message itself, for violations.
// UNKNOWN_FIELD, BAD_VALUE (not of the field's type or range), ONE_OF_ALREADY_SET. null leaves a field unset.
void FillFromJson(const nlohmann::json& value, std::string_view path, google::protobuf::Message& message,
                  common::Violations& violations);

// Sets or, where the field is repeated, adds one value given as text. Messages are taken where they have a text form
// (Timestamp, Duration, FieldMask, wrappers, google.type.Date as `2026-11-23`). BAD_VALUE.
void FillFromText(std::string_view text, std::string_view path, const google::protobuf::FieldDescriptor* field,
                  google::protobuf::Message& message, common::Violations& violations);

// A field by either name; null if there is none.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor* message, std::string_view name);

}  // namespace ronghe::gateway
