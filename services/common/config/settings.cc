#include "services/common/config/settings.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <limits>
#include <map>

#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kPrefix = "RONGHE_";
// Those of ronghectl, which people keep in their shells.
constexpr std::string_view kClientVariables[] = {"RONGHE_ADDRESS", "RONGHE_TOKEN_FILE"};

std::string VariableOf(std::string_view name) {
  std::string variable(kPrefix);
  for (char c : name) variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return variable;
}

// Settings are read by operators in a terminal and a log: what is wrong is said in English alone, in one line.
absl::Status Wrong(const std::string& what) {
  std::string line = what;
  std::replace(line.begin(), line.end(), '\n', ' ');
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return InvalidArgument("", "INVALID_SETTING", {line, line});
}

template <typename Number>
absl::StatusOr<Number> ParseNumber(const std::string& text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return absl::InvalidArgumentError("must be a number");
  return number;
}

std::string PlainMessage(const absl::Status& status) {
  if (auto violations = ViolationsOf(status); !violations.empty()) return violations.front().text.en;
  return std::string(status.message());
}

using Parser = std::function<absl::Status(const std::vector<std::string>&)>;

// A parser of exactly one value.
Parser Single(std::function<absl::Status(const std::string&)> parse) {
  return [parse = std::move(parse)](const std::vector<std::string>& values) {
    if (values.size() != 1) return absl::InvalidArgumentError("must be given once");
    return parse(values.front());
  };
}

}  // namespace

struct Settings::Setting::Rule {
  std::string name;
  std::string help;
  std::function<absl::Status(const std::vector<std::string>&)> parse;
  std::function<std::string()> show;
  bool list = false;
  bool flag = false;
  bool secret = false;
  bool required = false;
  int64_t least = std::numeric_limits<int64_t>::min();
  int64_t greatest = std::numeric_limits<int64_t>::max();
  std::vector<std::string> allowed;

  absl::Status CheckNumber(int64_t number) const {
    if (number >= least && number <= greatest) return absl::OkStatus();
    return absl::InvalidArgumentError(fmt::format("must be {} to {}", least, greatest));
  }
};

struct Settings::Impl {
  std::string program;
  std::string version;
  std::string about;
  std::deque<Setting::Rule> rules;  // addresses stay
  bool migrate = false;
  bool health_check = false;

  absl::Status Apply(const Setting::Rule& rule, const std::vector<std::string>& values,
                     const std::string& source) const;
  absl::Status ReadEnvironment(const std::vector<std::string>& environment,
                               std::map<std::string, std::string>& variables) const;
};

Settings::Setting& Settings::Setting::Secret() {
  rule_->secret = true;
  return *this;
}

Settings::Setting& Settings::Setting::Required() {
  rule_->required = true;
  return *this;
}

Settings::Setting& Settings::Setting::List() {
  rule_->list = true;
  return *this;
}

Settings::Setting& Settings::Setting::Range(int64_t least, int64_t greatest) {
  rule_->least = least;
  rule_->greatest = greatest;
  return *this;
}

Settings::Setting& Settings::Setting::OneOf(std::vector<std::string> values) {
  rule_->allowed = std::move(values);
  return *this;
}

Settings::Settings(std::string program, std::string version, std::string about) : impl_(std::make_unique<Impl>()) {
  impl_->program = std::move(program);
  impl_->version = std::move(version);
  impl_->about = std::move(about);
}

Settings::~Settings() = default;

Settings::Setting Settings::Add(std::string name, std::string help, Parser parse, std::function<std::string()> show) {
  Setting::Rule& rule = impl_->rules.emplace_back();
  rule.name = std::move(name);
  rule.help = std::move(help);
  rule.parse = std::move(parse);
  rule.show = std::move(show);
  return Setting(&rule);
}

Settings::Setting Settings::Add(std::string name, std::string& target, std::string help) {
  return Add(std::move(name), std::move(help), Single([&target](const std::string& value) {
               target = value;
               return absl::OkStatus();
             }),
             [&target] { return target; });
}

Settings::Setting Settings::Add(std::string name, int64_t& target, std::string help) {
  Setting setting = Add(std::move(name), std::move(help), nullptr, [&target] { return std::to_string(target); });
  setting.rule_->parse = Single([&target, rule = setting.rule_](const std::string& value) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(int64_t number, ParseNumber<int64_t>(value));
    RONGHE_RETURN_IF_ERROR(rule->CheckNumber(number));
    target = number;
    return absl::OkStatus();
  });
  return setting;
}

Settings::Setting Settings::Add(std::string name, int& target, std::string help) {
  Setting setting = Add(std::move(name), std::move(help), nullptr, [&target] { return std::to_string(target); });
  setting.rule_->parse = Single([&target, rule = setting.rule_](const std::string& value) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(int number, ParseNumber<int>(value));
    RONGHE_RETURN_IF_ERROR(rule->CheckNumber(number));
    target = number;
    return absl::OkStatus();
  });
  return setting;
}

Settings::Setting Settings::Add(std::string name, bool& target, std::string help) {
  Setting setting = Add(std::move(name), std::move(help), Single([&target](const std::string& value) -> absl::Status {
                          if (value != "true" && value != "false") {
                            return absl::InvalidArgumentError("must be true or false");
                          }
                          target = value == "true";
                          return absl::OkStatus();
                        }),
                        [&target] { return std::string(target ? "true" : "false"); });
  setting.rule_->flag = true;
  return setting;
}

Settings::Setting Settings::Add(std::string name, absl::Duration& target, std::string help) {
  return Add(std::move(name), std::move(help), Single([&target](const std::string& value) -> absl::Status {
               RONGHE_ASSIGN_OR_RETURN(target, ParseDuration(value));
               return absl::OkStatus();
             }),
             [&target] { return DurationText(target); });
}

Settings::Setting Settings::Add(std::string name, std::vector<std::string>& target, std::string help) {
  Setting setting = Add(
      std::move(name), std::move(help),
      [&target](const std::vector<std::string>& values) {
        target = values;
        return absl::OkStatus();
      },
      [&target] { return absl::StrJoin(target, ","); });
  setting.rule_->list = true;
  return setting;
}

absl::Status Settings::Impl::Apply(const Setting::Rule& rule, const std::vector<std::string>& values,
                                   const std::string& source) const {
  for (const std::string& value : values) {
    if (rule.allowed.empty() || std::find(rule.allowed.begin(), rule.allowed.end(), value) != rule.allowed.end()) {
      continue;
    }
    return Wrong(fmt::format("{}: must be one of {}", source, absl::StrJoin(rule.allowed, ", ")));
  }
  absl::Status parsed = rule.parse(values);
  if (!parsed.ok()) return Wrong(fmt::format("{}: {}", source, PlainMessage(parsed)));
  return absl::OkStatus();
}

absl::Status Settings::Impl::ReadEnvironment(const std::vector<std::string>& environment,
                                             std::map<std::string, std::string>& variables) const {
  for (const std::string& line : environment) {
    if (!line.starts_with(kPrefix)) continue;
    size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::string name = line.substr(0, equals);
    if (std::find(std::begin(kClientVariables), std::end(kClientVariables), name) != std::end(kClientVariables))
      continue;
    bool known = std::any_of(rules.begin(), rules.end(),
                             [&name](const Setting::Rule& rule) { return VariableOf(rule.name) == name; });
    if (!known) return Wrong(fmt::format("{}: no such setting (see --help)", name));
    variables[name] = line.substr(equals + 1);
  }
  return absl::OkStatus();
}

absl::StatusOr<StartMode> Settings::Parse(int argc, const char* const* argv) {
  std::vector<std::string> environment;
  for (char** line = environ; line != nullptr && *line != nullptr; ++line) environment.emplace_back(*line);
  return Parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc), environment);
}

absl::StatusOr<StartMode> Settings::Parse(const std::vector<std::string>& arguments,
                                          const std::vector<std::string>& environment) {
  CLI::App app(impl_->about, impl_->program);
  app.set_version_flag("--version", fmt::format("{} {}", impl_->program, impl_->version));
  app.add_flag("--health-check", impl_->health_check, "ask the running process whether it serves; exits 0 or 1");
  app.add_flag("--migrate", impl_->migrate, "bring the database up to date and exit");
  app.allow_extras(false);
  std::map<std::string, CLI::Option*> options;
  for (const Setting::Rule& rule : impl_->rules) {
    std::string help = fmt::format("{} [{}{}{}]", rule.help, VariableOf(rule.name),
                                   rule.secret || rule.show().empty() ? "" : fmt::format(", default {}", rule.show()),
                                   rule.required ? ", required" : "");
    CLI::callback_t accept = [](const CLI::results_t&) { return true; };
    CLI::Option* option = app.add_option("--" + rule.name, accept, help)->type_name(rule.list ? "VALUE ..." : "VALUE");
    option->expected(rule.flag ? 0 : 1, 1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    if (rule.flag) option->default_str("true");
    options[rule.name] = option;
  }
  // CLI11 reports by exceptions; they end here.
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::Success& success) {
    app.exit(success);
    return StartMode::kExit;
  } catch (const CLI::ParseError& error) {
    return Wrong(error.what());
  }
  std::map<std::string, std::string> variables;
  RONGHE_RETURN_IF_ERROR(impl_->ReadEnvironment(environment, variables));
  for (const Setting::Rule& rule : impl_->rules) {
    auto variable = variables.find(VariableOf(rule.name));
    if (const CLI::Option* option = options[rule.name]; option->count() > 0) {
      RONGHE_RETURN_IF_ERROR(impl_->Apply(rule, option->results(), "--" + rule.name));
    } else if (variable != variables.end()) {
      std::vector<std::string> split{variable->second};
      if (rule.list) split = absl::StrSplit(variable->second, ',', absl::SkipEmpty());
      RONGHE_RETURN_IF_ERROR(impl_->Apply(rule, split, variable->first));
    } else if (rule.required && !impl_->health_check) {
      return Wrong(fmt::format("--{}: is required (or {})", rule.name, VariableOf(rule.name)));
    }
  }
  return impl_->health_check ? StartMode::kHealthCheck : StartMode::kServe;
}

bool Settings::migrate() const {
  return impl_->migrate;
}

std::vector<std::pair<std::string, std::string>> Settings::Effective() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Setting::Rule& rule : impl_->rules) {
    std::string value = rule.show();
    if (rule.secret && !value.empty()) value = "***";
    all.emplace_back(rule.name, std::move(value));
  }
  return all;
}

}  // namespace ronghe::common
