#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

// The settings of a process, each declared once: name, target (whose value is the default), help. A flag
// (`--pool-threads 8`) goes before the environment (`RONGHE_POOL_THREADS=8`), which goes before the default. Unknown
// flags, unknown RONGHE_* variables and bad values are errors that name the setting and what is wrong with it.
//
//   Settings settings("ronghe-organization", kVersion, "Units and members.");
//   settings.Add("database", config.database, "sqlite:FILE or postgresql://…").Secret();
//   auto outcome = settings.Parse(argc, argv);
namespace ronghe::common {

// `250ms`, `30s`, `5m`, `2h`; INVALID_ARGUMENT for anything else, also for negative ones.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
std::string DurationText(absl::Duration duration);

// What a start is for.
enum class StartMode {
  kServe,
  kExit,         // --help or --version: printed, nothing more to do
  kHealthCheck,  // --health-check: ask the running process and exit
};

class Settings {
 public:
  // Says more about the setting that was just added.
  class Setting {
   public:
    // Its value is never shown.
    Setting& Secret();
    Setting& Required();
    // May be repeated (flags) or hold several values separated by commas (the variable).
    Setting& List();
    // Inclusive, for numbers.
    Setting& Range(int64_t least, int64_t greatest);
    Setting& OneOf(std::vector<std::string> values);

   private:
    friend class Settings;
    struct Rule;
    explicit Setting(Rule* rule) : rule_(rule) {}
    Rule* rule_;
  };

  // `name` in lower case with dashes: `pool-threads`.
  Settings(std::string program, std::string version, std::string about);
  ~Settings();

  Setting Add(std::string name, std::string& target, std::string help);
  Setting Add(std::string name, int& target, std::string help);
  Setting Add(std::string name, int64_t& target, std::string help);
  Setting Add(std::string name, bool& target, std::string help);
  Setting Add(std::string name, absl::Duration& target, std::string help);
  // Flags may be repeated; the variable separates by commas.
  Setting Add(std::string name, std::vector<std::string>& target, std::string help);
  // Any other type: `parse` sets the target; `show` gives the text of its value.
  Setting Add(std::string name, std::string help, std::function<absl::Status(const std::vector<std::string>&)> parse,
              std::function<std::string()> show);

  // Reads everything into the targets. INVALID_ARGUMENT in one line. Every process has --help, --version,
  // --health-check and
  // --migrate besides.
  absl::StatusOr<StartMode> Parse(int argc, const char* const* argv);
  // The same with an environment of `NAME=value` lines.
  absl::StatusOr<StartMode> Parse(const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment);

  // --migrate: bring the database's schema up to date and exit.
  bool migrate() const;
  // After Parse: names and values in force, secrets as `***` (empty ones as empty).
  std::vector<std::pair<std::string, std::string>> Effective() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
