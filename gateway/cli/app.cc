#include "gateway/cli/app.h"

#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "gateway/cli/commands.h"
#include "gateway/cli/completion.h"
#include "gateway/cli/declare.h"
#include "gateway/cli/failure.h"
#include "services/common/config/settings.h"

namespace ronghe::gateway::cli {
namespace {

constexpr char kAbout[] = "ronghectl: the command line of the Ronghe suite / 融合套件命令行工具";
constexpr char kFooter[] =
    "Units are given by code or name (370783, units/370783); - is everything in your scope.\n"
    "\n"
    "Exit codes: 0 done · 1 failure · 2 wrong usage or input · 3 not identified or not permitted · 4 not found ·\n"
    "5 refused by the state of things · 6 unavailable, too slow or too many: call again · 7 rows of an import refused "
    "·\n"
    "130 interrupted";

// Where deploy/local/up puts the administrator's token, seen from the checkout or from the program in build/bin.
std::string LocalToken(const std::string& program) {
  std::vector<std::filesystem::path> roots = {"."};
  if (!program.empty()) roots.push_back(std::filesystem::path(program).parent_path() / ".." / "..");
  for (const std::filesystem::path& root : roots) {
    std::error_code error;
    const std::filesystem::path file = (root / ".local" / "tokens" / "administrator").lexically_normal();
    if (std::filesystem::exists(file, error)) return file;
  }
  return ".local/tokens/administrator";
}

std::string VariableOr(const Environment& environment, const char* name, std::string otherwise) {
  const char* value = environment.variable(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

int Fail(const absl::Status& status, const Console& console) {
  *console.err << (console.json ? FailureJson(status) : DescribeFailure(status)) << std::flush;
  return ExitCodeOf(status);
}

// Texts of the global options, before they are checked.
struct Globals {
  std::string timeout = "30s";
  std::string language;
};

absl::Status Apply(const Globals& globals, const CLI::App& app, Context& context) {
  absl::StatusOr<absl::Duration> timeout = common::ParseDuration(globals.timeout);
  if (!timeout.ok() || *timeout <= absl::ZeroDuration()) {
    return common::InvalidArgument("timeout", "BAD_DURATION",
                                   {"a duration such as 500ms, 30s or 5m", "请写作 500ms、30s 或 5m 之类的时长"});
  }
  context.connect.timeout = *timeout;
  context.timeout_given = app.count("--timeout") > 0;
  if (globals.language == "zh") context.console().language = Language::kChinese;
  if (globals.language == "en") context.console().language = Language::kEnglish;
  return absl::OkStatus();
}

void AddGlobals(CLI::App& app, Globals& globals, Context& context) {
  app.add_option("--address", context.connect.address, "gateway, host:port (or RONGHE_ADDRESS)")->capture_default_str();
  app.add_option("--token", context.connect.token_file,
                 "file with the token, - for standard input (or RONGHE_TOKEN_FILE)")
      ->capture_default_str();
  app.add_option("--ca", context.connect.ca_file, "certificates to trust (PEM); the connection uses TLS then");
  app.add_option("--timeout", globals.timeout, "for each call, for example 500ms or 30s")->capture_default_str();
  app.add_option("--lang", globals.language, "language of labels: zh or en (default from LANG)")
      ->check(CLI::IsMember({"zh", "en"}));
  app.add_flag("--json", context.console().json, "JSON instead of tables");
}

void AddOwnCommands(CLI::App& app, Context& context, Command& command) {
  auto* version = app.add_subcommand("version", "print the version / 版本");
  version->callback([&] {
    command = [&] {
      context.out() << (context.console().json ? fmt::format("{{\"version\":\"{}\"}}\n", RONGHE_VERSION)
                                               : fmt::format("ronghectl {}\n", RONGHE_VERSION));
      return absl::OkStatus();
    };
  });
  auto* completion = app.add_subcommand("completion", "print a completion script: source <(ronghectl completion bash)");
  auto shell = std::make_shared<std::string>();
  completion->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&app, &context, &command, shell] {
    command = [&app, &context, shell] {
      context.out() << CompletionScript(app, *shell).value_or("");
      return absl::OkStatus();
    };
  });
}

}  // namespace

int Run(const std::vector<std::string>& arguments, Environment& environment) {
  Context context{environment, {}, false, nullptr};
  context.connect.address = VariableOr(environment, "RONGHE_ADDRESS", "127.0.0.1:7300");
  context.connect.token_file = VariableOr(environment, "RONGHE_TOKEN_FILE", LocalToken(environment.program));
  const Console& console = environment.console;
  Command command;
  Globals globals;
  CLI::App app(kAbout, "ronghectl");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();  // global options may also follow the command
  app.set_version_flag("--version", RONGHE_VERSION);
  AddGlobals(app, globals, context);
  DeclareViews(app, context, command);
  DeclareUnits(app, context, command);
  DeclareMembers(app, context, command);
  DeclareReadings(app, context, command);
  DeclarePosts(app, context, command);
  DeclareWorkplaces(app, context, command);
  DeclareDuties(app, context, command);
  DeclareActivities(app, context, command);
  DeclareLearning(app, context, command);
  DeclareProblems(app, context, command);
  DeclareChecklists(app, context, command);
  DeclareRisks(app, context, command);
  DeclareTransfers(app, context, command);
  DeclareAccess(app, context, command);
  AddOwnCommands(app, context, command);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    *console.out << out.str() << std::flush;
    *console.err << err.str() << std::flush;
    return code == 0 ? 0 : kExitUsage;
  }
  if (absl::Status status = Apply(globals, app, context); !status.ok()) return Fail(status, console);
  const absl::Status status = command();
  console.out->flush();
  if (!status.ok()) return Fail(status, console);
  if (!*console.out) return kExitFailure;
  return 0;
}

}  // namespace ronghe::gateway::cli
