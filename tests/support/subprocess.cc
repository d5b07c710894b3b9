#include "tests/support/subprocess.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <absl/time/clock.h>
#include <fmt/format.h>

extern char** environ;

namespace ronghe::tests {
namespace {

constexpr int kExecFailed = 127;
constexpr absl::Duration kLook = absl::Milliseconds(3);

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string text = *entry;
    if (added.count(text.substr(0, text.find('='))) == 0) all.push_back(std::move(text));
  }
  for (const auto& [name, value] : added) all.push_back(name + "=" + value);
  return all;
}

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

// In the child: everything was prepared before the fork, so that only system calls remain.
[[noreturn]] void Become(const std::string& program, char** args, char** environment, const User* user, int out,
                         int err, pid_t parent) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(out >= 0 ? out : null, STDOUT_FILENO);
  dup2(err >= 0 ? err : null, STDERR_FILENO);
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->gid) != 0 || setuid(user->uid) != 0)) {
    _exit(kExecFailed);
  }
  // After the change of user, which clears it.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kExecFailed);
  environ = environment;
  execvp(program.c_str(), args);
  _exit(kExecFailed);
}

int OpenOutput(const std::string& dir, const char* name) {
  if (dir.empty()) return -1;
  return open((dir + "/" + name).c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Subprocess>> Subprocess::Start(std::vector<std::string> args, const Options& options) {
  User user;
  if (!options.user.empty()) {
    passwd* entry = getpwnam(options.user.c_str());
    if (entry == nullptr) return absl::NotFoundError("no user " + options.user);
    user = {entry->pw_uid, entry->pw_gid};
  }
  std::vector<std::string> environment = Environment(options.environment);
  std::vector<char*> arg_pointers = Pointers(args);
  std::vector<char*> environment_pointers = Pointers(environment);
  int out = OpenOutput(options.output_dir, "stdout");
  int err = OpenOutput(options.output_dir, "stderr");
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    Become(args[0], arg_pointers.data(), environment_pointers.data(), options.user.empty() ? nullptr : &user, out, err,
           parent);
  }
  if (out >= 0) close(out);
  if (err >= 0) close(err);
  if (pid < 0) return absl::InternalError(fmt::format("fork: {}", strerror(errno)));
  setpgid(pid, pid);  // also here: a signal to the group may come before the child has run
  std::unique_ptr<Subprocess> process(new Subprocess());
  process->pid_ = pid;
  process->pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  process->output_dir_ = options.output_dir;
  return process;
}

absl::Status Subprocess::Run(std::vector<std::string> args, const Options& options, absl::Duration timeout) {
  std::string name = args[0];
  auto process = Start(std::move(args), options);
  if (!process.ok()) return process.status();
  auto code = (*process)->WaitExit(timeout);
  if (!code.ok()) return code.status();
  if (*code == 0) return absl::OkStatus();
  std::string errors = (*process)->Stderr();
  return absl::InternalError(fmt::format("{} exited with {}: {}", name, *code,
                                         errors.substr(errors.size() - std::min<size_t>(errors.size(), 2000))));
}

Subprocess::~Subprocess() {
  SignalGroup(SIGKILL);
  if (!reaped_) {
    int status = 0;
    waitpid(pid_, &status, 0);
  }
  if (pidfd_ >= 0) close(pidfd_);
}

void Subprocess::Reap(int wait_status) {
  reaped_ = true;
  exit_code_ = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

bool Subprocess::Running() {
  if (reaped_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) Reap(status);
  return !reaped_;
}

void Subprocess::Signal(int signal) {
  if (!reaped_) kill(pid_, signal);
}

void Subprocess::SignalGroup(int signal) {
  kill(-pid_, signal);
}

absl::StatusOr<int> Subprocess::WaitExit(absl::Duration timeout) {
  absl::Time deadline = absl::Now() + timeout;
  while (Running()) {
    absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("the program still runs");
    pollfd waiting{pidfd_, POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
  }
  return exit_code_;
}

absl::Status Subprocess::WaitFor(const std::function<bool()>& condition, absl::Duration timeout) {
  absl::Time deadline = absl::Now() + timeout;
  while (!condition()) {
    if (!Running()) return absl::AbortedError(fmt::format("the program ended with {}: {}", exit_code_, Stderr()));
    if (absl::Now() > deadline) return absl::DeadlineExceededError("waited in vain");
    pollfd waiting{pidfd_, POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(kLook)));
  }
  return absl::OkStatus();
}

absl::Status Subprocess::WaitForFile(const std::string& path, absl::Duration timeout) {
  return WaitFor([&] { return !ReadFile(path).empty(); }, timeout);
}

std::string Subprocess::Stdout() const {
  return output_dir_.empty() ? "" : ReadFile(output_dir_ + "/stdout");
}
std::string Subprocess::Stderr() const {
  return output_dir_.empty() ? "" : ReadFile(output_dir_ + "/stderr");
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return text.str();
}

int FreePort() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
               getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

bool PortOpen(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  bool open = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return open;
}

}  // namespace ronghe::tests
