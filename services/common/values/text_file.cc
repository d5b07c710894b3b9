#include "services/common/values/text_file.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::streamoff kMaxFile = 4 << 20;

// What the parser of the text format complains about, at its place.
class ParseFaults final : public google::protobuf::io::ErrorCollector {
 public:
  explicit ParseFaults(Violations& violations) : violations_(violations) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    violations_.Add(fmt::format("line {}:{}", line + 1, column + 1), "BAD_FORM", {message, "文本格式有误：" + message});
  }

 private:
  Violations& violations_;
};

}  // namespace

absl::StatusOr<std::string> ReadRulesFile(const std::string& file, std::string_view shipped, const char* setting) {
  if (file.empty()) return std::string(shipped);
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in || in.tellg() > kMaxFile) {
    return InvalidArgument(setting, "CANNOT_READ",
                           {fmt::format("{} cannot be read", file), fmt::format("无法读取 {}", file)});
  }
  in.seekg(0);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

absl::Status ParseText(std::string_view text, google::protobuf::Message& message) {
  Violations violations;
  ParseFaults faults(violations);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&faults);
  if (!parser.ParseFromString(std::string(text), &message) && violations.empty()) {
    violations.Add("line 1:1", "BAD_FORM", {"cannot be read", "无法读取"});
  }
  return violations.ToStatus();
}

std::vector<std::string> FaultsOf(const absl::Status& status) {
  std::vector<std::string> faults;
  for (const Violation& fault : ViolationsOf(status)) {
    faults.push_back(fmt::format("{}: {}", fault.field, fault.text.en));
  }
  return faults;
}

}  // namespace ronghe::common
