#include "gateway/cli/labels.h"

#include <absl/strings/ascii.h>
#include <absl/time/time.h>
#include <fmt/format.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/type/date.pb.h>

#include "ronghe/common/v1/label.pb.h"
#include "ronghe/common/v1/metric.pb.h"

namespace ronghe::gateway::cli {
namespace pb = google::protobuf;
namespace {

const std::string& Pick(const common::v1::Label& label, Language language) {
  return language == Language::kChinese ? label.zh() : label.en();
}

// `UnitKind` is `UNIT_KIND_`.
std::string PrefixOf(const pb::EnumDescriptor* type) {
  std::string prefix;
  for (const char c : type->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return prefix + "_";
}

std::string MessageValue(const pb::Message& value) {
  if (value.GetDescriptor() == google::type::Date::descriptor()) {
    const auto& date = static_cast<const google::type::Date&>(value);
    if (date.month() == 0) return fmt::format("{:04}", date.year());  // masked: the year alone
    return fmt::format("{:04}-{:02}-{:02}", date.year(), date.month(), date.day());
  }
  if (value.GetDescriptor() == pb::Timestamp::descriptor()) {
    const auto& time = static_cast<const pb::Timestamp&>(value);
    return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
  }
  return value.ShortDebugString();
}

// What one value of an enum is called.
std::string EnumValue(const pb::FieldDescriptor* field, int number, Language language) {
  const pb::EnumValueDescriptor* value = field->enum_type()->FindValueByNumber(number);
  return value == nullptr ? std::to_string(number) : LabelOf(value, language);
}

// All values of a list of texts or of enums; nothing for others.
std::string RepeatedValue(const pb::Message& message, const pb::FieldDescriptor* field, Language language) {
  const pb::Reflection* reflection = message.GetReflection();
  const bool texts = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING;
  if (!texts && field->cpp_type() != pb::FieldDescriptor::CPPTYPE_ENUM) return "";
  std::string all;
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    all += i == 0 ? "" : ", ";
    all += texts ? reflection->GetRepeatedString(message, field, i)
                 : EnumValue(field, reflection->GetRepeatedEnumValue(message, field, i), language);
  }
  return all;
}

}  // namespace

std::string LabelOf(const pb::FieldDescriptor* field, Language language) {
  if (!HasLabel(field)) return field->name();
  return Pick(field->options().GetExtension(common::v1::field_label), language);
}

bool HasLabel(const pb::FieldDescriptor* field) {
  return field->options().HasExtension(common::v1::field_label);
}

std::string LabelOf(const pb::EnumValueDescriptor* value, Language language) {
  if (value->number() == 0) return "";
  if (!value->options().HasExtension(common::v1::value_label)) return ShortNameOf(value);
  return Pick(value->options().GetExtension(common::v1::value_label), language);
}

std::string ShortNameOf(const pb::EnumValueDescriptor* value) {
  const std::string prefix = PrefixOf(value->type());
  return value->name().starts_with(prefix) ? value->name().substr(prefix.size()) : value->name();
}

std::vector<MetricColumn> MetricColumns(const pb::Descriptor* message, Language language, bool all) {
  std::vector<MetricColumn> columns;
  for (int i = 0; i < message->field_count(); ++i) {
    const pb::FieldDescriptor* field = message->field(i);
    if (!field->options().HasExtension(common::v1::metric)) continue;
    const common::v1::Metric& metric = field->options().GetExtension(common::v1::metric);
    if (!all && !metric.shown_by_default()) continue;
    columns.push_back({field, language == Language::kChinese ? metric.label_zh() : metric.label_en()});
  }
  return columns;
}

std::string Thousands(int64_t number) {
  const std::string digits = std::to_string(number);
  const size_t start = number < 0 ? 1 : 0;
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > start && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

bool IsDate(const pb::FieldDescriptor* field) {
  return field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE &&
         field->message_type() == google::type::Date::descriptor();
}

std::string DisplayValue(const pb::Message& message, const pb::FieldDescriptor* field, Language language) {
  const pb::Reflection* reflection = message.GetReflection();
  if (field->is_repeated()) return RepeatedValue(message, field, language);
  switch (field->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(message, field);
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return EnumValue(field, reflection->GetEnumValue(message, field), language);
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(reflection->GetInt64(message, field));
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(reflection->GetInt32(message, field));
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return reflection->HasField(message, field) ? MessageValue(reflection->GetMessage(message, field)) : "";
    default:
      return "";
  }
}

std::string_view CodeOf(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::string UnitName(std::string_view name_or_code) {
  if (name_or_code.find('/') != std::string_view::npos) return std::string(name_or_code);
  return fmt::format("units/{}", name_or_code);
}

}  // namespace ronghe::gateway::cli
