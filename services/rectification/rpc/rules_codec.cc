#include "services/rectification/rpc/rules_codec.h"

#include <fstream>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "services/common/values/status.h"
#include "services/common/values/wire.h"
#include "services/rectification/rpc/rules/default_calendar.txtpb.h"
#include "services/rectification/rpc/rules/default_policy.txtpb.h"

namespace ronghe::rectification {
namespace {

using common::Violations;

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

absl::Status Parse(std::string_view text, google::protobuf::Message& message) {
  Violations violations;
  ParseFaults faults(violations);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&faults);
  if (!parser.ParseFromString(std::string(text), &message) && violations.empty()) {
    violations.Add("line 1:1", "BAD_FORM", {"cannot be read", "无法读取"});
  }
  return violations.ToStatus();
}

template <typename Days>
std::vector<absl::CivilDay> DaysFrom(const Days& dates, const std::string& path, Violations& violations) {
  std::vector<absl::CivilDay> days;
  for (int i = 0; i < dates.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", path, i);
    const std::optional<absl::CivilDay> day = common::ReadDate(dates[i], at, violations);
    if (day) days.push_back(*day);
  }
  return days;
}

absl::StatusOr<std::string> TextOf(const std::string& file, std::string_view shipped, const char* setting) {
  if (file.empty()) return std::string(shipped);
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in || in.tellg() > kMaxFile) {
    return common::InvalidArgument(setting, "CANNOT_READ",
                                   {fmt::format("{} cannot be read", file), fmt::format("无法读取 {}", file)});
  }
  in.seekg(0);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

absl::StatusOr<LoadedPolicy> ReadPolicy(std::string_view text) {
  LoadedPolicy loaded;
  RONGHE_RETURN_IF_ERROR(Parse(text, loaded.message));
  Policy policy;
  policy.version = loaded.message.version();
  for (const v1::ProblemCategory& one : loaded.message.categories()) {
    policy.categories.push_back({one.code(), one.title_zh(), one.title_en()});
  }
  for (const v1::EscalationStep& one : loaded.message.escalation()) {
    policy.escalation.push_back({one.days(), one.level()});
  }
  policy.look_back_days.assign(loaded.message.look_back_days().begin(), loaded.message.look_back_days().end());
  policy.due_soon_days = loaded.message.due_soon_days();
  RONGHE_ASSIGN_OR_RETURN(loaded.policy, CheckPolicy(std::move(policy)));
  return loaded;
}

absl::StatusOr<LoadedCalendar> ReadCalendar(std::string_view text) {
  v1::WorkCalendar message;
  RONGHE_RETURN_IF_ERROR(Parse(text, message));
  Violations violations;
  std::vector<WorkCalendar::Year> years;
  for (int i = 0; i < message.years_size(); ++i) {
    const v1::WorkCalendarYear& one = message.years(i);
    years.push_back({one.year(), one.source(),
                     DaysFrom(one.holidays(), fmt::format("years[{}].holidays", i), violations),
                     DaysFrom(one.workdays(), fmt::format("years[{}].workdays", i), violations)});
  }
  absl::StatusOr<WorkCalendar> calendar = WorkCalendar::Create(message.version(), std::move(years));
  violations.AddAll(calendar.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return LoadedCalendar{std::move(message), *std::move(calendar)};
}

absl::StatusOr<LoadedPolicy> LoadPolicy(const std::string& file) {
  RONGHE_ASSIGN_OR_RETURN(const std::string text, TextOf(file, DefaultPolicy(), "policy"));
  return ReadPolicy(text);
}

absl::StatusOr<LoadedCalendar> LoadCalendar(const std::string& file) {
  RONGHE_ASSIGN_OR_RETURN(const std::string text, TextOf(file, DefaultCalendar(), "calendar"));
  return ReadCalendar(text);
}

std::string FaultsOf(const absl::Status& status, const std::string& file) {
  std::string faults;
  for (const common::Violation& fault : common::ViolationsOf(status)) {
    faults += fmt::format("{}{}: {}", faults.empty() ? "" : "; ", fault.field, fault.text.en);
  }
  return fmt::format("{}: {}", file.empty() ? "(shipped)" : file, faults);
}

}  // namespace ronghe::rectification
