#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

namespace ronghe::tests {

// A program started by a test, in a process group of its own. Killed with the whole group at destruction, and by the
// kernel when the thread that started it ends: start it from the test's thread. Not thread-safe.
class Subprocess {
 public:
  struct Options {
    std::map<std::string, std::string> environment = {};  // added to the test's own
    std::string output_dir = "";                          // stdout and stderr go to files there; empty: /dev/null
    std::string user = "";                                // run as this user; only for root
  };

  // `args[0]` is looked for in PATH. NOT_FOUND if it cannot be executed.
  static absl::StatusOr<std::unique_ptr<Subprocess>> Start(std::vector<std::string> args, const Options& options);
  static absl::StatusOr<std::unique_ptr<Subprocess>> Start(std::vector<std::string> args) {
    return Start(std::move(args), Options());
  }
  // Runs to the end; INTERNAL with the end of stderr if it does not exit with 0 within `timeout`.
  static absl::Status Run(std::vector<std::string> args, const Options& options, absl::Duration timeout);

  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  bool Running();
  // To the program alone.
  void Signal(int signal);
  // To the program and all it started in its group.
  void SignalGroup(int signal);
  // The exit code, or 128 + the signal that ended it; DEADLINE_EXCEEDED if it still runs.
  absl::StatusOr<int> WaitExit(absl::Duration timeout);
  // OK once the file is there and not empty; ABORTED if the program ended before, DEADLINE_EXCEEDED after `timeout`.
  absl::Status WaitForFile(const std::string& path, absl::Duration timeout);
  // The same for any condition, looked at every few milliseconds.
  absl::Status WaitFor(const std::function<bool()>& condition, absl::Duration timeout);

  // What it has printed so far.
  std::string Stdout() const;
  std::string Stderr() const;

 private:
  Subprocess() = default;
  void Reap(int wait_status);

  pid_t pid_ = -1;
  int pidfd_ = -1;
  bool reaped_ = false;
  int exit_code_ = 0;
  std::string output_dir_;
};

// The whole file; empty if there is none.
std::string ReadFile(const std::string& path);
// A TCP port on 127.0.0.1 that was free a moment ago.
int FreePort();
// Whether something accepts connections there.
bool PortOpen(int port);

}  // namespace ronghe::tests
