#include "tests/support/suite.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>

namespace ronghe::tests {

namespace {

constexpr char kLocalIssuer[] = "ronghe-local";

[[noreturn]] void Give(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
  std::exit(2);
}

void Must(const absl::Status& status, const std::string& what) {
  if (!status.ok()) Give(fmt::format("{}: {}", what, status.ToString()));
}

void WritePrivate(const std::string& path, const std::string& content) {
  std::ofstream(path) << content;
  chmod(path.c_str(), 0600);
}

std::string Tail(const std::string& text) {
  return text.size() > 2000 ? text.substr(text.size() - 2000) : text;
}

}  // namespace

const std::vector<std::string>& Suite::Services() {
  static const auto* const kServices =
      new std::vector<std::string>{"organization", "education", "rectification", "assessment", "gateway"};
  return *kServices;
}

Suite::Suite(Options options) : options_(std::move(options)) {
  std::filesystem::create_directories(File("keys"));
  for (const char* issuer : {"suite", "local"}) {
    const std::string base = File(fmt::format("keys/{}", issuer));
    Must(common::TokenMaker::CreateKey(base + ".jwk", base + ".jwks"), "making a key");
    auto maker = common::TokenMaker::Load(base + ".jwk", clock_, random_);
    Must(maker.status(), "reading the key");
    (std::string_view(issuer) == "suite" ? suite_ : local_) = *std::move(maker);
  }
  WritePrivate(File("keys/token-secret"), "0123456789abcdef0123456789abcdef\n");
  WritePrivate(File("keys/master-key"), "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n");
  for (const std::string& name : Names()) {
    members_[name].port = FreePort();
    members_[name].probe_port = FreePort();
  }
  if (!options_.start) return;
  for (const std::string& name : Names()) Start(name);
  for (const std::string& name : Names()) WaitReady(name);
}

Suite::~Suite() {
  const std::vector<std::string> names = Names();
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    if (Running(*it)) Terminate(*it);
  }
}

std::vector<std::string> Suite::Names() const {
  std::vector<std::string> names = Services();
  for (const auto& [name, service] : options_.more) names.push_back(name);
  return names;
}

std::string Suite::Program(std::string_view name) {
  const char* given = std::getenv("SUITE_PROGRAMS");
  return fmt::format("{}/{}", given != nullptr ? given : RONGHE_PROGRAMS, name);
}
std::string Suite::SourceFile(std::string_view path) {
  return fmt::format("{}/{}", RONGHE_SOURCES, path);
}

std::string Suite::Address(const std::string& service) const {
  return fmt::format("127.0.0.1:{}", members_.at(service).port);
}

std::string Suite::ProbeAddress(const std::string& service) const {
  return fmt::format("127.0.0.1:{}", members_.at(service).probe_port);
}

std::string Suite::Token(std::string_view subject, absl::Duration lifetime) {
  auto token = local_->Make(kLocalIssuer, subject, lifetime);
  Must(token.status(), "making a token");
  return *token;
}

std::string Suite::ServiceToken(std::string_view service) {
  auto token = suite_->Make(common::kSuiteIssuer, service, absl::Minutes(5));
  Must(token.status(), "making a token");
  return *token;
}

std::vector<std::string> Suite::CommandOf(const std::string& name) const {
  const auto one_of = options_.more.find(name);
  const std::string& service = one_of == options_.more.end() ? name : one_of->second;
  std::vector<std::string> command = {Program("ronghe-" + service),
                                      "--listen",
                                      Address(name),
                                      "--probe-listen",
                                      ProbeAddress(name),
                                      "--issuer",
                                      "ronghe-suite=" + File("keys/suite.jwks"),
                                      "--issuer",
                                      fmt::format("{}={}", kLocalIssuer, File("keys/local.jwks")),
                                      "--suite-key",
                                      File("keys/suite.jwk"),
                                      "--token-secret",
                                      File("keys/token-secret"),
                                      "--port-file",
                                      File(name + ".port")};
  auto add = [&](const std::string& flag, const std::string& value) {
    command.push_back(flag);
    command.push_back(value);
  };
  if (service == "gateway") {
    for (const std::string& other : Services()) {
      if (other != service) add("--" + other, Address(other));
    }
  } else {
    std::string database = options_.database.empty() ? "sqlite:" + File("{service}.db") : options_.database;
    if (const auto at = database.find("{service}"); at != std::string::npos) database.replace(at, 9, service);
    add("--database", database);
    if (service == "organization" || service == "education" || service == "rectification")
      add("--master-key", File("keys/master-key"));
    if (service == "organization") {
      add("--bootstrap-administrator", fmt::format("{}|administrator", kLocalIssuer));
    } else {
      add("--organization", Address("organization"));
    }
  }
  if (const auto more = options_.arguments.find(name); more != options_.arguments.end()) {
    command.insert(command.end(), more->second.begin(), more->second.end());
  }
  return command;
}

void Suite::Start(const std::string& service) {
  std::error_code ignored;
  std::filesystem::remove(File(service + ".port"), ignored);
  Subprocess::Options options;
  // A directory for each start, so that logs of earlier lives stay.
  options.output_dir = File(fmt::format("logs/{}.{}", service, ++runs_));
  std::filesystem::create_directories(options.output_dir);
  auto process = Subprocess::Start(CommandOf(service), options);
  Must(process.status(), "starting " + service);
  members_[service].process = *std::move(process);
}

void Suite::WaitReady(const std::string& service) {
  Subprocess& process = *members_.at(service).process;
  const std::string program = CommandOf(service).front();
  const std::vector<std::string> check = {program, "--listen", Address(service), "--health-check"};
  absl::Status status = process.WaitForFile(File(service + ".port"), absl::Minutes(1));
  if (status.ok()) {
    status = process.WaitFor([&] { return Subprocess::Run(check, {}, absl::Seconds(20)).ok(); }, absl::Minutes(1));
  }
  if (!status.ok()) {
    Give(fmt::format("{} is not ready: {}\n{}\n{}", service, status.ToString(), Tail(process.Stdout()),
                     Tail(process.Stderr())));
  }
}

void Suite::Kill9(const std::string& service) {
  Subprocess& process = *members_.at(service).process;
  process.Signal(SIGKILL);
  Must(process.WaitExit(absl::Seconds(30)).status(), "killing " + service);
}

void Suite::Pause(const std::string& service) {
  members_.at(service).process->Signal(SIGSTOP);
}

void Suite::Continue(const std::string& service) {
  members_.at(service).process->Signal(SIGCONT);
}

int Suite::Terminate(const std::string& service) {
  Subprocess& process = *members_.at(service).process;
  process.Signal(SIGTERM);
  auto code = process.WaitExit(absl::Minutes(1));
  if (!code.ok()) Give(fmt::format("{} does not stop: {}", service, Tail(process.Stdout())));
  return *code;
}

bool Suite::Running(const std::string& service) {
  auto& process = members_.at(service).process;
  return process != nullptr && process->Running();
}

double Suite::ResidentMegabytes(const std::string& service) {
  std::ifstream in(fmt::format("/proc/{}/status", members_.at(service).process->pid()));
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  }
  return 0;
}

std::string Suite::Log(const std::string& service) const {
  const Subprocess& process = *members_.at(service).process;
  return process.Stdout() + process.Stderr();
}

std::vector<std::string> Suite::DataFiles() const {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(temp_.path())) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  return files;
}

std::vector<std::string> Suite::CliCommand(const std::vector<std::string>& arguments) {
  const std::string token = File("administrator.token");
  WritePrivate(token, administrator());
  std::vector<std::string> command = {Program("ronghectl"), "--address", gateway(), "--token", token};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

CommandResult Suite::Cli(std::vector<std::string> arguments, absl::Duration timeout) {
  return Run(CliCommand(arguments), timeout);
}

CommandResult Suite::Run(std::vector<std::string> command, absl::Duration timeout) {
  Subprocess::Options options;
  options.output_dir = File(fmt::format("logs/run.{}", ++runs_));
  std::filesystem::create_directories(options.output_dir);
  auto process = Subprocess::Start(std::move(command), options);
  if (!process.ok()) return {-1, "", process.status().ToString()};
  auto code = (*process)->WaitExit(timeout);
  return {code.ok() ? *code : -1, (*process)->Stdout(),
          (*process)->Stderr() + (code.ok() ? "" : code.status().ToString())};
}

}  // namespace ronghe::tests
