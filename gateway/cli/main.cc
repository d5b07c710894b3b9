#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>

#include <unistd.h>

#include "gateway/cli/app.h"

namespace {

void Pause(absl::Duration duration) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, absl::ToChronoMilliseconds(duration));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ronghe;
  // A reader that has gone (`ronghectl export … | head`) is a failed write, not a death.
  std::signal(SIGPIPE, SIG_IGN);
  common::SystemClock clock;
  common::SystemRandom random;
  std::error_code error;
  gateway::cli::Environment environment{
      {&std::cin, &std::cout, &std::cerr, isatty(STDERR_FILENO) == 1,
       gateway::cli::LanguageOf(std::getenv("LC_ALL"), std::getenv("LC_MESSAGES"), std::getenv("LANG")), false},
      [](const char* name) { return std::getenv(name); },
      clock,
      random,
      Pause,
      std::filesystem::read_symlink("/proc/self/exe", error).string()};
  return gateway::cli::Run(std::vector<std::string>(argv + 1, argv + argc), environment);
}
