#include "gateway/cli/row_mapper.h"

#include <charconv>
#include <optional>
#include <set>

#include <absl/strings/ascii.h>
#include <absl/time/civil_time.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/type/date.pb.h>
#include <nlohmann/json.hpp>

#include "gateway/cli/labels.h"
#include "gateway/cli/width.h"
#include "ronghe/common/v1/access.pb.h"

namespace ronghe::gateway::cli {
namespace pb = google::protobuf;
namespace {

bool IsOutputOnly(const pb::FieldDescriptor* field) {
  return field->options().GetExtension(common::v1::output_only);
}
bool IsRequired(const pb::FieldDescriptor* field) {
  return field->options().GetExtension(common::v1::required);
}
bool IsPersonal(const pb::FieldDescriptor* field) {
  return field->options().GetExtension(common::v1::data_class) != common::v1::DATA_CLASS_UNSPECIFIED;
}
// Fields whose values are names of units, which people write as bare codes.
bool NamesUnit(const pb::FieldDescriptor* field) {
  return field->name() == "parent" || field->name() == "unit" || field->name() == "supervising_unit";
}

std::string Normal(std::string_view title) {
  std::string out;
  for (const char c : title) {
    if (c == ' ' || c == '_' || c == '*' || c == '\t') continue;
    out += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return out;
}

std::string Quoted(const pb::FieldDescriptor* field, std::string_view text) {
  return IsPersonal(field) ? std::string() : fmt::format(" “{}”", Shorten(Printable(text), 40));
}

// Digits separated by anything that people put between the parts of a date.
std::optional<absl::CivilDay> ParseDay(std::string_view text) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) {
      parts.back() += text[i];
      continue;
    }
    bool separator = false;
    for (const std::string_view mark : {"-", "/", ".", "年", "月", "日"}) {
      if (!text.substr(i).starts_with(mark)) continue;
      separator = true;
      i += mark.size() - 1;
      if (mark != "日" || i + 1 != text.size()) parts.emplace_back();
      break;
    }
    if (!separator) return std::nullopt;
  }
  if (parts.size() == 1 && parts[0].size() == 8)
    parts = {parts[0].substr(0, 4), parts[0].substr(4, 2), parts[0].substr(6)};
  if (parts.size() != 3 || parts[0].size() != 4) return std::nullopt;
  for (size_t i = 1; i < 3; ++i) {
    if (parts[i].empty() || parts[i].size() > 2) return std::nullopt;
  }
  const absl::CivilDay day(std::stoi(parts[0]), std::stoi(parts[1]), std::stoi(parts[2]));
  const bool real = day.month() == std::stoi(parts[1]) && day.day() == std::stoi(parts[2]) && day.year() > 0;
  return real ? std::optional(day) : std::nullopt;
}

const pb::EnumValueDescriptor* FindValue(const pb::EnumDescriptor* type, std::string_view text) {
  const std::string wanted = Normal(text);
  for (int i = 0; i < type->value_count(); ++i) {
    const pb::EnumValueDescriptor* value = type->value(i);
    if (value->number() == 0) continue;
    for (const std::string& name :
         {value->name(), ShortNameOf(value), LabelOf(value, Language::kChinese), LabelOf(value, Language::kEnglish)}) {
      if (Normal(name) == wanted) return value;
    }
  }
  return nullptr;
}

void SetEnum(pb::Message& message, const pb::FieldDescriptor* field, std::string_view text,
             common::Violations& violations) {
  if (const pb::EnumValueDescriptor* value = FindValue(field->enum_type(), text); value != nullptr) {
    message.GetReflection()->SetEnum(&message, field, value);
    return;
  }
  std::vector<std::string> zh;
  std::vector<std::string> en;
  for (int i = 0; i < field->enum_type()->value_count(); ++i) {
    const pb::EnumValueDescriptor* value = field->enum_type()->value(i);
    if (value->number() == 0) continue;
    zh.push_back(LabelOf(value, Language::kChinese));
    en.push_back(LabelOf(value, Language::kEnglish));
  }
  violations.Add(field->name(), "UNKNOWN_VALUE",
                 {fmt::format("unknown value{}: one of {}", Quoted(field, text), fmt::join(en, ", ")),
                  fmt::format("无法识别的取值{}：应为{}之一", Quoted(field, text), fmt::join(zh, "、"))});
}

void SetDate(pb::Message& message, const pb::FieldDescriptor* field, std::string_view text,
             common::Violations& violations) {
  const std::optional<absl::CivilDay> day = ParseDay(text);
  if (!day.has_value()) {
    violations.Add(field->name(), "BAD_DATE",
                   {fmt::format("not a date{}: write 2020-01-31", Quoted(field, text)),
                    fmt::format("不是有效日期{}：请写作 2020-01-31", Quoted(field, text))});
    return;
  }
  auto* date = static_cast<google::type::Date*>(message.GetReflection()->MutableMessage(&message, field));
  date->set_year(static_cast<int32_t>(day->year()));
  date->set_month(day->month());
  date->set_day(day->day());
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Exports put an apostrophe before what a spreadsheet would take for a formula.
std::string_view WithoutGuard(std::string_view text) {
  const bool guarded =
      text.size() > 1 && text[0] == '\'' && std::string_view("=+-@").find(text[1]) != std::string_view::npos;
  return guarded ? text.substr(1) : text;
}

}  // namespace

void SetField(pb::Message& message, const pb::FieldDescriptor* field, std::string_view text,
              common::Violations& violations) {
  text = WithoutGuard(Trim(text));
  if (text.empty()) return;
  if (text.find("\uFFFD") != std::string_view::npos) {
    violations.Add(field->name(), "BAD_ENCODING",
                   {"characters that are neither UTF-8 nor GB18030", "字符编码有误：应为 UTF-8 或 GB18030"});
    return;
  }
  if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_ENUM) return SetEnum(message, field, text, violations);
  if (IsDate(field)) return SetDate(message, field, text, violations);
  if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
    const bool bare = NamesUnit(field) && text.find('/') == std::string_view::npos;
    message.GetReflection()->SetString(&message, field, bare ? UnitName(text) : std::string(text));
    return;
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool small = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_INT32;
  if ((!small && field->cpp_type() != pb::FieldDescriptor::CPPTYPE_INT64) || error != std::errc() ||
      end != text.data() + text.size() || (small && number != static_cast<int32_t>(number))) {
    violations.Add(field->name(), "BAD_NUMBER", {"not a whole number", "不是整数"});
    return;
  }
  if (small) {
    message.GetReflection()->SetInt32(&message, field, static_cast<int32_t>(number));
    return;
  }
  message.GetReflection()->SetInt64(&message, field, number);
}

std::vector<const pb::FieldDescriptor*> InputFields(const pb::Descriptor* type) {
  std::vector<const pb::FieldDescriptor*> fields;
  for (int i = 0; i < type->field_count(); ++i) {
    if (HasLabel(type->field(i)) && !IsOutputOnly(type->field(i))) fields.push_back(type->field(i));
  }
  return fields;
}

const pb::FieldDescriptor* FindField(const pb::Descriptor* type, std::string_view title) {
  const std::string wanted = Normal(title);
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    for (const std::string& name :
         {field->name(), field->json_name(), LabelOf(field, Language::kChinese), LabelOf(field, Language::kEnglish)}) {
      if (Normal(name) == wanted) return field;
    }
  }
  return nullptr;
}

absl::StatusOr<RowMapper> RowMapper::Create(const pb::Descriptor* type, const std::vector<std::string>& titles) {
  RowMapper mapper;
  common::Violations violations;
  std::set<const pb::FieldDescriptor*> seen;
  for (const std::string& title : titles) {
    const pb::FieldDescriptor* field = FindField(type, title);
    const std::string shown = Shorten(Printable(title), 60);
    if (field == nullptr) {
      violations.Add("header", "UNKNOWN_COLUMN",
                     {fmt::format("unknown column “{}”", shown), fmt::format("无法识别的列“{}”", shown)});
    } else if (!seen.insert(field).second) {
      violations.Add("header", "DUPLICATE_COLUMN",
                     {fmt::format("column “{}” twice", shown), fmt::format("列“{}”重复", shown)});
    }
    mapper.fields_.push_back(field != nullptr && !IsOutputOnly(field) ? field : nullptr);
  }
  for (const pb::FieldDescriptor* field : InputFields(type)) {
    if (!IsRequired(field) || seen.contains(field)) continue;
    violations.Add("header", "MISSING_COLUMN",
                   {fmt::format("column “{}” is missing", LabelOf(field, Language::kEnglish)),
                    fmt::format("缺少列“{}”", LabelOf(field, Language::kChinese))});
  }
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return mapper;
}

common::Violations RowMapper::Fill(const std::vector<std::string>& cells, pb::Message& message) const {
  common::Violations violations;
  for (size_t i = 0; i < cells.size() && i < fields_.size(); ++i) {
    if (fields_[i] != nullptr) SetField(message, fields_[i], cells[i], violations);
  }
  for (size_t i = fields_.size(); i < cells.size(); ++i) {
    if (cells[i].empty()) continue;
    violations.Add("", "TOO_MANY_CELLS",
                   {fmt::format("{} cells under {} columns", cells.size(), fields_.size()),
                    fmt::format("共 {} 个单元格，但只有 {} 列", cells.size(), fields_.size())});
    break;
  }
  return violations;
}

namespace {

using Json = nlohmann::json;

void FillObject(const Json& object, const std::map<std::string, std::string>& columns, const std::string& path,
                pb::Message& message, common::Violations& violations);

void FillArray(const Json& array, const std::string& path, const pb::FieldDescriptor* field, pb::Message& message,
               common::Violations& violations) {
  for (size_t i = 0; i < array.size(); ++i) {
    const std::string at = fmt::format("{}{}[{}]", path, field->name(), i);
    if (!array[i].is_object()) {
      violations.Add(at, "BAD_VALUE", {"a value of the wrong kind", "取值类型有误"});
      continue;
    }
    FillObject(array[i], {}, at + ".", *message.GetReflection()->AddMessage(&message, field), violations);
  }
}

void FillValue(const Json& value, const std::string& path, const pb::FieldDescriptor* field, pb::Message& message,
               common::Violations& violations) {
  common::Violations found;
  if (value.is_string()) {
    SetField(message, field, value.get_ref<const std::string&>(), found);
  } else if (value.is_number_integer()) {
    SetField(message, field, value.dump(), found);
  } else if (value.is_object() && IsDate(field) && value.value("year", Json()).is_number_integer()) {
    const auto part = [&date = value](const char* name) {
      const auto it = date.find(name);
      return it != date.end() && it->is_number_integer() ? it->get<int>() : 0;
    };
    SetField(message, field, fmt::format("{:04}-{:02}-{:02}", part("year"), part("month"), part("day")), found);
  } else {
    found.Add(field->name(), "BAD_VALUE", {"a value of the wrong kind", "取值类型有误"});
  }
  for (const common::Violation& one : found.list()) violations.Add(path + one.field, one.reason, one.text);
}

void FillObject(const Json& object, const std::map<std::string, std::string>& columns, const std::string& path,
                pb::Message& message, common::Violations& violations) {
  for (const auto& [key, value] : object.items()) {
    const auto mapped = columns.find(key);
    const pb::FieldDescriptor* field =
        FindField(message.GetDescriptor(), mapped == columns.end() ? key : mapped->second);
    if (field == nullptr) {
      const std::string shown = Shorten(Printable(key), 60);
      violations.Add(path + shown, "UNKNOWN_FIELD",
                     {fmt::format("unknown field “{}”", shown), fmt::format("无法识别的字段“{}”", shown)});
    } else if (IsOutputOnly(field) || value.is_null()) {
      continue;
    } else if (field->is_repeated() && field->message_type() != nullptr && value.is_array()) {
      FillArray(value, path, field, message, violations);
    } else {
      FillValue(value, path, field, message, violations);
    }
  }
}

}  // namespace

common::Violations FillFromJson(std::string_view line, pb::Message& message,
                                const std::map<std::string, std::string>& columns) {
  common::Violations violations;
  const auto object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (object.is_object()) {
    FillObject(object, columns, "", message, violations);
  } else {
    violations.Add("", "BAD_JSON", {"not a JSON object", "不是 JSON 对象"});
  }
  return violations;
}

}  // namespace ronghe::gateway::cli
