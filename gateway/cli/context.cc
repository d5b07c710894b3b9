#include "gateway/cli/context.h"

#include <algorithm>

#include <google/protobuf/util/json_util.h>

#include "gateway/cli/labels.h"
#include "gateway/cli/width.h"

namespace ronghe::gateway::cli {
namespace pb = google::protobuf;

absl::StatusOr<Session*> Context::session() {
  if (connected == nullptr) {
    auto made = Connect(connect, *environment.console.in, environment.clock, environment.random);
    if (!made.ok()) return made.status();
    connected = *std::move(made);
  }
  return connected.get();
}

std::string ToJson(const pb::Message& message, bool indented) {
  pb::util::JsonPrintOptions options;
  options.add_whitespace = indented;
  std::string json;
  if (!pb::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

void PrintResource(Context& context, const pb::Message& message) {
  if (context.console().json) {
    context.out() << ToJson(message, /*indented=*/true);
    return;
  }
  const Language language = context.console().language;
  std::vector<std::pair<std::string, std::string>> lines;
  int width = 0;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const pb::FieldDescriptor* field = message.GetDescriptor()->field(i);
    std::string value = Printable(DisplayValue(message, field, language));
    if (value.empty()) continue;
    lines.emplace_back(LabelOf(field, language), std::move(value));
    width = std::max(width, DisplayWidth(lines.back().first));
  }
  for (const auto& [label, value] : lines) {
    context.out() << label << std::string(static_cast<size_t>(width - DisplayWidth(label) + 2), ' ') << value << '\n';
  }
}

}  // namespace ronghe::gateway::cli
