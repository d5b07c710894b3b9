#include "gateway/rest/fill.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include <absl/strings/escaping.h>
#include <absl/time/civil_time.h>
#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>

#include "services/common/values/utf8.h"

namespace ronghe::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::json;

std::string Join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

void Bad(common::Violations& violations, std::string_view path, std::string_view en, std::string_view zh) {
  violations.Add(path.empty() ? "$" : std::string(path), "BAD_VALUE", {std::string(en), std::string(zh)});
}

template <typename Int>
std::optional<Int> IntegerOf(const json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    Int number{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
  }
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<Int>::max())) return std::nullopt;
    return static_cast<Int>(number);
  }
  if (value.is_number_integer()) {
    const auto number = value.get<int64_t>();
    if (number < static_cast<int64_t>(std::numeric_limits<Int>::min())) return std::nullopt;
    return static_cast<Int>(number);
  }
  if (value.is_number_float()) {  // 1e3 and 5.0 are integers
    const double number = value.get<double>();
    if (std::trunc(number) != number || std::abs(number) > 9007199254740992.0) return std::nullopt;
    if (number < static_cast<double>(std::numeric_limits<Int>::min()) ||
        number > static_cast<double>(std::numeric_limits<Int>::max())) {
      return std::nullopt;
    }
    return static_cast<Int>(number);
  }
  return std::nullopt;
}

std::optional<double> DoubleOf(const json& value) {
  if (value.is_number()) {
    const double number = value.get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<std::string> BytesOf(const json& value) {
  std::string bytes;
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (absl::Base64Unescape(text, &bytes) || absl::WebSafeBase64Unescape(text, &bytes)) return bytes;
  return std::nullopt;
}

const EnumValueDescriptor* EnumOf(const json& value, const FieldDescriptor* field) {
  if (value.is_string()) return field->enum_type()->FindValueByName(value.get_ref<const std::string&>());
  const std::optional<int32_t> number = IntegerOf<int32_t>(value);
  return number.has_value() ? field->enum_type()->FindValueByNumber(*number) : nullptr;
}

// Sets or adds, so that single and repeated fields need one way only.
#define RONGHE_PUT_(Kind, value)                                                     \
  (field->is_repeated() ? message.GetReflection()->Add##Kind(&message, field, value) \
                        : message.GetReflection()->Set##Kind(&message, field, value))

// False if the value is not of the field's type.
bool PutScalar(const json& value, const FieldDescriptor* field, Message& message) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto number = IntegerOf<int32_t>(value);
      if (number.has_value()) RONGHE_PUT_(Int32, *number);
      return number.has_value();
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto number = IntegerOf<int64_t>(value);
      if (number.has_value()) RONGHE_PUT_(Int64, *number);
      return number.has_value();
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto number = IntegerOf<uint32_t>(value);
      if (number.has_value()) RONGHE_PUT_(UInt32, *number);
      return number.has_value();
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const auto number = IntegerOf<uint64_t>(value);
      if (number.has_value()) RONGHE_PUT_(UInt64, *number);
      return number.has_value();
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const auto number = DoubleOf(value);
      if (!number.has_value()) return false;
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
        RONGHE_PUT_(Double, *number);
      } else {
        RONGHE_PUT_(Float, static_cast<float>(*number));
      }
      return true;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      if (value.is_boolean()) RONGHE_PUT_(Bool, value.get<bool>());
      return value.is_boolean();
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumValueDescriptor* found = EnumOf(value, field);
      if (found != nullptr) RONGHE_PUT_(Enum, found);
      return found != nullptr;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::optional<std::string> text;
      if (field->type() == FieldDescriptor::TYPE_BYTES) {
        text = BytesOf(value);
      } else if (value.is_string()) {
        text = value.get_ref<const std::string&>();
      }
      if (text.has_value()) RONGHE_PUT_(String, *text);
      return text.has_value();
    }
    default:
      return false;
  }
}

#undef RONGHE_PUT_

bool IsWellKnown(const Descriptor* type) {
  return type->full_name().rfind("google.protobuf.", 0) == 0;
}

// Types that proto3's JSON writes in a form of their own.
bool PutWellKnown(const json& value, Message& message) {
  return google::protobuf::util::JsonStringToMessage(value.dump(), &message).ok();
}

void FillOne(const json& value, const std::string& path, const FieldDescriptor* field, Message& message,
             common::Violations& violations) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    if (!PutScalar(value, field, message)) {
      Bad(violations, path, "the value does not fit the field", "值与字段类型不符");
    }
    return;
  }
  Message* inner = field->is_repeated() ? message.GetReflection()->AddMessage(&message, field)
                                        : message.GetReflection()->MutableMessage(&message, field);
  FillFromJson(value, path, *inner, violations);
}

void FillMap(const json& value, const std::string& path, const FieldDescriptor* field, Message& message,
             common::Violations& violations) {
  if (!value.is_object()) return Bad(violations, path, "must be an object", "应为对象");
  const Descriptor* entry = field->message_type();
  for (const auto& [key, item] : value.items()) {
    const std::string at = fmt::format("{}[{}]", path, common::CleanUtf8(key, 100));
    Message* pair = message.GetReflection()->AddMessage(&message, field);
    const bool is_bool = entry->map_key()->cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
    if (is_bool ? !PutScalar(json(key == "true"), entry->map_key(), *pair) || (key != "true" && key != "false")
                : !PutScalar(json(key), entry->map_key(), *pair)) {
      Bad(violations, at, "the key does not fit the field", "键与字段类型不符");
    }
    FillOne(item, at, entry->map_value(), *pair, violations);
  }
}

void FillField(const json& value, const std::string& path, const FieldDescriptor* field, Message& message,
               common::Violations& violations) {
  if (value.is_null()) return;
  if (field->is_map()) return FillMap(value, path, field, message, violations);
  if (!field->is_repeated()) return FillOne(value, path, field, message, violations);
  if (!value.is_array()) return Bad(violations, path, "must be a list", "应为列表");
  for (size_t i = 0; i < value.size(); ++i) {
    FillOne(value[i], fmt::format("{}[{}]", path, i), field, message, violations);
  }
}

}  // namespace

const FieldDescriptor* FindField(const Descriptor* message, std::string_view name) {
  const std::string text(name);
  if (const FieldDescriptor* field = message->FindFieldByName(text)) return field;
  for (int i = 0; i < message->field_count(); ++i) {
    if (message->field(i)->json_name() == name) return message->field(i);
  }
  return nullptr;
}

void FillFromJson(const json& value, std::string_view path, Message& message, common::Violations& violations) {
  const Descriptor* type = message.GetDescriptor();
  if (IsWellKnown(type)) {
    if (!PutWellKnown(value, message)) Bad(violations, path, "the value does not fit the field", "值与字段类型不符");
    return;
  }
  if (!value.is_object()) return Bad(violations, path, "must be an object", "应为对象");
  for (const auto& [name, item] : value.items()) {
    const FieldDescriptor* field = FindField(type, name);
    const std::string at = Join(path, field == nullptr ? common::CleanUtf8(name, 100) : field->name());
    if (field == nullptr) {
      violations.Add(at, "UNKNOWN_FIELD", {"there is no such field", "没有这个字段"});
      continue;
    }
    if (item.is_null()) continue;
    const google::protobuf::OneofDescriptor* choice = field->real_containing_oneof();
    const bool twice =
        (field->has_presence() && message.GetReflection()->HasField(message, field)) ||
        (choice != nullptr && message.GetReflection()->HasOneof(message, choice)) ||
        (value.contains(field->name()) && value.contains(field->json_name()) && field->name() != field->json_name());
    if (twice) {
      violations.Add(
          at, "ALREADY_SET",
          {"is given more than once, or excludes another field that is given", "重复给出，或与已给出的另一字段互斥"});
      continue;
    }
    FillField(item, at, field, message, violations);
  }
}

void FillFromText(std::string_view text, std::string_view path, const FieldDescriptor* field, Message& message,
                  common::Violations& violations) {
  const std::string at(path);
  const json value(text);
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    if (text != "true" && text != "false") return Bad(violations, at, "must be true or false", "应为 true 或 false");
    PutScalar(json(text == "true"), field, message);
    return;
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const std::optional<int32_t> number = IntegerOf<int32_t>(value);
    return FillOne(number.has_value() ? json(*number) : value, at, field, message, violations);
  }
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return FillOne(value, at, field, message, violations);
  const Descriptor* type = field->message_type();
  if (type->full_name() == "google.type.Date") {
    absl::CivilDay day;
    if (text.size() != 10 || !absl::ParseCivilTime(std::string(text), &day)) {
      return Bad(violations, at, "must be a date like 2026-11-23", "应为 2026-11-23 形式的日期");
    }
    return FillOne(json{{"year", day.year()}, {"month", day.month()}, {"day", day.day()}}, at, field, message,
                   violations);
  }
  if (!IsWellKnown(type) || field->is_map()) {
    return Bad(violations, at, "give its fields one by one", "请分别给出其各字段");
  }
  // Wrappers of numbers and booleans are written without quotes.
  const FieldDescriptor* wrapped = type->FindFieldByName("value");
  const bool bare = wrapped != nullptr && wrapped->cpp_type() == FieldDescriptor::CPPTYPE_BOOL;
  FillOne(bare ? json(text == "true") : value, at, field, message, violations);
}

}  // namespace ronghe::gateway
