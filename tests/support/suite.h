#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/time/time.h>

#include "services/common/auth/auth.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {

// What a command printed and how it ended.
struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// The five processes, and more of them where wanted, as deploy/local/up starts them, on free ports, with data, keys and
// logs in a directory of its own that is deleted at the end. Constructed it is ready to be called; a start that fails
// ends the test program with the log.
class Suite {
 public:
  struct Options {
    // `{service}` stands for the service; empty: SQLite files.
    std::string database;
    std::map<std::string, std::vector<std::string>> arguments;  // more flags, by process
    bool start = true;
    // More processes of a service, by names of their own: {"gateway-2", "gateway"}. They share the service's database.
    std::map<std::string, std::string> more;
  };
  Suite() : Suite(Options{}) {}
  explicit Suite(Options options);
  ~Suite();

  static const std::vector<std::string>& Services();  // gateway last

  // Below a process is named by its service, or as in Options::more.
  // gRPC address; stays the same over restarts.
  std::string Address(const std::string& service) const;
  std::string ProbeAddress(const std::string& service) const;
  std::string gateway() const { return Address("gateway"); }
  const std::string& directory() const { return temp_.path(); }
  std::string File(const std::string& name) const { return temp_.File(name); }

  // A token of the local issuer; `administrator` holds OPERATOR, OFFICER and AUDITOR on everything.
  std::string Token(std::string_view subject, absl::Duration lifetime = absl::Hours(1));
  std::string administrator() { return Token("administrator"); }
  // A token by which a process of the suite speaks for itself.
  std::string ServiceToken(std::string_view service);

  void Start(const std::string& service);      // does not wait
  void WaitReady(const std::string& service);  // at most a minute
  void Kill9(const std::string& service);
  // It stands still: connections stay, and nothing answers.
  void Pause(const std::string& service);
  void Continue(const std::string& service);
  int Terminate(const std::string& service);  // SIGTERM; returns the exit code
  bool Running(const std::string& service);
  double ResidentMegabytes(const std::string& service);
  std::string Log(const std::string& service) const;
  // All files below the directory, for searching what must not be there.
  std::vector<std::string> DataFiles() const;

  // ronghectl with the administrator's token, to the end, or only its whole command line.
  CommandResult Cli(std::vector<std::string> arguments, absl::Duration timeout = absl::Minutes(2));
  std::vector<std::string> CliCommand(const std::vector<std::string>& arguments);
  // Any program, to the end; `command[0]` is looked for in PATH.
  CommandResult Run(std::vector<std::string> command, absl::Duration timeout = absl::Minutes(2));

  // In the build's own bin, or in SUITE_PROGRAMS: another build's.
  static std::string Program(std::string_view name);
  static std::string SourceFile(std::string_view path);

 private:
  struct Member {
    std::unique_ptr<Subprocess> process;
    int port = 0;
    int probe_port = 0;
  };
  std::vector<std::string> Names() const;  // of all processes, those behind others first
  std::vector<std::string> CommandOf(const std::string& name) const;

  Options options_;
  TempDir temp_;
  common::SystemClock clock_;
  common::SystemRandom random_;
  std::unique_ptr<common::TokenMaker> local_;
  std::unique_ptr<common::TokenMaker> suite_;
  int runs_ = 0;
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> tokens_;
};

}  // namespace ronghe::tests
