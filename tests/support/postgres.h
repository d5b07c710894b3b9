#pragma once

#include <memory>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {

// A private PostgreSQL on a free loopback port, stopped and deleted at the end. Its programs come from the newest
// /usr/lib/postgresql/*/bin, or from RONGHE_TEST_POSTGRESQL_BIN. Not thread-safe.
class PostgresServer {
 public:
  // kNever: nothing is flushed to disk. What was committed outlives kill -9 all the same, but no power cut; for tests
  // that are about neither.
  enum class Flush { kAsInProduction, kNever };
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(Flush flush = Flush::kAsInProduction);
  ~PostgresServer();

  // Of a new, empty database.
  absl::StatusOr<std::string> CreateDatabase();
  // The same by name: lower case letters and underscores.
  absl::StatusOr<std::string> CreateDatabase(const std::string& name);
  int port() const { return port_; }
  std::string Url(const std::string& database) const;
  // Ends all its processes at once.
  void Kill9();
  // Starts it again on the same port with the same data, after Kill9.
  absl::Status Restart();
  // What it has logged.
  std::string Log() const;

 private:
  explicit PostgresServer(Flush flush) : flush_(flush) {}
  absl::Status Initialise();
  absl::Status Launch();
  Subprocess::Options As(const std::string& folder) const;

  const Flush flush_;
  TempDir dir_;
  std::string bin_;
  std::string user_;  // empty: ours
  int port_ = 0;
  int databases_ = 0;
  std::unique_ptr<Subprocess> process_;
};

// The one server of this test program, started when first asked for; without flushing.
PostgresServer& SharedPostgres();

}  // namespace ronghe::tests
