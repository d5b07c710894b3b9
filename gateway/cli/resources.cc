#include "gateway/cli/resources.h"

#include "gateway/cli/labels.h"
#include "gateway/cli/row_mapper.h"
#include "gateway/cli/table.h"

namespace ronghe::gateway::cli {
namespace pb = google::protobuf;

absl::Status FillFields(const FieldTexts& fields, pb::Message& message) {
  common::Violations violations;
  for (const auto& [name, text] : fields) {
    SetField(message, message.GetDescriptor()->FindFieldByName(name), text, violations);
  }
  return violations.ToStatus();
}

void SetDateText(pb::Message& message, const char* field, const std::string& text, common::Violations& violations) {
  if (!text.empty()) SetField(message, message.GetDescriptor()->FindFieldByName(field), text, violations);
}

void PrintList(Context& context, const std::vector<const pb::Message*>& messages,
               const std::vector<std::string_view>& fields) {
  if (context.console().json) {
    context.out() << '[';
    for (size_t i = 0; i < messages.size(); ++i) context.out() << (i > 0 ? ",\n " : "") << ToJson(*messages[i]);
    context.out() << "]\n";
    return;
  }
  if (messages.empty()) {
    context.err() << context.console().Say({"none", "无"}) << '\n';
    return;
  }
  const Language language = context.console().language;
  std::vector<Table::Column> columns;
  for (const std::string_view name : fields) {
    columns.push_back({LabelOf(messages[0]->GetDescriptor()->FindFieldByName(std::string(name)), language)});
  }
  Table table(std::move(columns));
  for (const pb::Message* message : messages) {
    std::vector<std::string> cells;
    for (const std::string_view name : fields) {
      cells.push_back(DisplayValue(*message, message->GetDescriptor()->FindFieldByName(std::string(name)), language));
    }
    table.AddRow(std::move(cells));
  }
  context.out() << table.Render();
}

std::string ShortName(std::string text) {
  for (char& c : text) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

absl::StatusOr<int> ValueOf(const google::protobuf::EnumDescriptor* type, std::string text, std::string_view field) {
  if (text.empty()) return 0;
  text = ShortName(std::move(text));
  for (int i = 1; i < type->value_count(); ++i) {
    if (ShortNameOf(type->value(i)) == text) return type->value(i)->number();
  }
  return common::InvalidArgument(std::string(field), "UNKNOWN_VALUE", {"is not a known value", "取值未知"});
}

}  // namespace ronghe::gateway::cli
