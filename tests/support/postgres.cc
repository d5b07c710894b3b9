#include "tests/support/postgres.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include <pwd.h>
#include <unistd.h>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <libpq-fe.h>

namespace ronghe::tests {
namespace {

constexpr absl::Duration kPostgresStartTimeout = absl::Seconds(60);
constexpr int kPostgresStartAttempts = 5;

std::string FindBin() {
  if (const char* given = std::getenv("RONGHE_TEST_POSTGRESQL_BIN"); given != nullptr) return given;
  std::string newest;
  int newest_version = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    int version = std::atoi(entry.path().filename().c_str());
    if (version > newest_version && std::filesystem::exists(entry.path() / "bin/initdb")) {
      newest_version = version;
      newest = entry.path() / "bin";
    }
  }
  return newest;
}

// Its children have sessions of their own, so the group does not reach them.
std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  std::ifstream list(fmt::format("/proc/{0}/task/{0}/children", parent));
  for (pid_t pid = 0; list >> pid;) children.push_back(pid);
  return children;
}

absl::Status RunSql(const std::string& url, const std::string& text) {
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
  std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), text.c_str()), &PQclear);
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return absl::OkStatus();
  return absl::InternalError(PQerrorMessage(connection.get()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(Flush flush) {
  std::unique_ptr<PostgresServer> server(new PostgresServer(flush));
  if (absl::Status status = server->Initialise(); !status.ok()) return status;
  absl::Status status;
  for (int attempt = 0; attempt < kPostgresStartAttempts; ++attempt) {
    server->port_ = FreePort();  // somebody else may take it before the server does
    status = server->Launch();
    if (status.ok()) return server;
  }
  return status;
}

absl::Status PostgresServer::Initialise() {
  bin_ = FindBin();
  if (bin_.empty()) return absl::NotFoundError("PostgreSQL is not installed: apt-get install postgresql-15");
  if (geteuid() == 0) {
    user_ = "postgres";  // PostgreSQL refuses to run as root
    passwd* entry = getpwnam(user_.c_str());
    if (entry == nullptr || chown(dir_.path().c_str(), entry->pw_uid, entry->pw_gid) != 0) {
      return absl::NotFoundError("no user postgres");
    }
  }
  std::error_code error;
  std::filesystem::create_directory(dir_.File("init"), error);
  return Subprocess::Run({bin_ + "/initdb", "--pgdata=" + dir_.File("data"), "--username=postgres", "--auth=trust",
                          "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"},
                         As("init"), kPostgresStartTimeout);
}

Subprocess::Options PostgresServer::As(const std::string& folder) const {
  Subprocess::Options options;
  options.output_dir = dir_.File(folder);
  options.user = user_;
  return options;
}

absl::Status PostgresServer::Launch() {
  std::error_code error;
  std::filesystem::create_directory(dir_.File("run"), error);
  std::vector<std::string> command = {
      bin_ + "/postgres",           "-D", dir_.File("data"),          "-p", std::to_string(port_), "-c",
      "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "shared_buffers=32MB", "-c",
      "max_connections=200",        "-c", "deadlock_timeout=200ms"};
  if (flush_ == Flush::kNever) {
    for (const char* setting : {"fsync=off", "full_page_writes=off"}) {
      command.insert(command.end(), {"-c", setting});
    }
  }
  auto started = Subprocess::Start(command, As("run"));
  if (!started.ok()) return started.status();
  process_ = *std::move(started);
  std::string url = Url("postgres");
  return process_->WaitFor([&] { return PQping(url.c_str()) == PQPING_OK; }, kPostgresStartTimeout);
}

std::string PostgresServer::Url(const std::string& database) const {
  return fmt::format("postgresql://postgres@127.0.0.1:{}/{}", port_, database);
}

absl::StatusOr<std::string> PostgresServer::CreateDatabase() {
  return CreateDatabase(fmt::format("test_{}", ++databases_));
}

absl::StatusOr<std::string> PostgresServer::CreateDatabase(const std::string& name) {
  if (absl::Status status = RunSql(Url("postgres"), "CREATE DATABASE " + name); !status.ok()) return status;
  return Url(name);
}

void PostgresServer::Kill9() {
  std::vector<pid_t> children = ChildrenOf(process_->pid());
  process_->Signal(SIGKILL);
  for (pid_t child : children) kill(child, SIGKILL);
  process_->WaitExit(absl::Seconds(10)).IgnoreError();
  process_.reset();
}

absl::Status PostgresServer::Restart() {
  absl::Status status;
  // A process of the old server that has not gone yet keeps the new one from starting.
  for (absl::Time deadline = absl::Now() + kPostgresStartTimeout; absl::Now() < deadline;) {
    status = Launch();
    if (status.ok()) return status;
  }
  return status;
}

std::string PostgresServer::Log() const {
  return ReadFile(dir_.File("run/stderr"));
}

PostgresServer::~PostgresServer() {
  if (process_ == nullptr) return;
  process_->Signal(SIGQUIT);  // immediate: the data is thrown away anyway
  if (!process_->WaitExit(absl::Seconds(10)).ok()) Kill9();
}

PostgresServer& SharedPostgres() {
  static std::unique_ptr<PostgresServer> server = [] {
    auto started = PostgresServer::Start(PostgresServer::Flush::kNever);
    if (!started.ok()) {
      fmt::print(stderr, "{}\n", started.status().ToString());
      std::abort();
    }
    return *std::move(started);
  }();
  return *server;
}

}  // namespace ronghe::tests
