#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/sql/database.h"

// What the two engines share. For services/common/sql only.
namespace ronghe::common::sql {

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const std::string& path, const Options& options);
// An empty database that is gone when closed.
absl::StatusOr<std::unique_ptr<Database>> OpenSqliteInMemory(const Options& options);
absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string& url, const Options& options);

inline constexpr Query kPing{"sql.ping", "SELECT 1"};

// The errors of the contract. `name` is the statement's; `logged` the driver's text.
absl::Status UniqueViolated(std::string_view name, std::string_view logged);
absl::Status Conflict(std::string_view name, std::string_view logged);
absl::Status DatabaseUnavailable(std::string_view logged);
absl::Status DatabaseFull(std::string_view logged);
absl::Status StatementFailed(std::string_view name, std::string_view logged);

// What no engine would store alike: text that is not clean UTF-8.
absl::Status CheckArgs(std::string_view name, std::span<const Value> args);

// Statements that define the schema run once and are not worth a place in a cache.
bool DefinesSchema(std::string_view text);

// The statements of a migration's text, without comments, in the engine's dialect.
std::vector<std::string> SplitMigration(std::string_view text, Engine engine);

// Kept by a session: the first error of a transaction.
class Failure {
 public:
  const absl::Status& status() const { return status_; }
  // Remembers an error, and gives the status back.
  absl::Status Note(absl::Status status) {
    if (!status.ok() && status_.ok()) status_ = status;
    return status;
  }
  // The outcome of a transaction whose body returned `body`.
  absl::Status Outcome(absl::Status body) const { return body.ok() ? status_ : body; }

 private:
  absl::Status status_;
};

}  // namespace ronghe::common::sql
