#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>
#include <sqlite3.h>

#include "services/common/sql/internal.h"

namespace ronghe::common::sql {

class SqliteConnection;

// A prepared statement on loan: reset when destroyed, finalized if it is not kept in the cache.
class SqliteStatement {
 public:
  SqliteStatement(sqlite3_stmt* statement, bool* in_use) : statement_(statement), in_use_(in_use) {}
  SqliteStatement(SqliteStatement&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), in_use_(other.in_use_) {}
  SqliteStatement& operator=(SqliteStatement&&) = delete;
  ~SqliteStatement();
  sqlite3_stmt* get() const { return statement_; }
  // False: the wrong number, or the library refused.
  bool Bind(std::span<const Value> args);

 private:
  sqlite3_stmt* statement_;
  bool* in_use_;  // null: not in the cache
};

// One connection, used by one thread at a time.
class SqliteConnection {
 public:
  enum class Role { kWriter, kReader };
  // `durable` false: for databases that need not survive (tests).
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path, Role role, bool durable);
  ~SqliteConnection();

  // From now on statements that run longer are interrupted.
  void SetDeadline(absl::Time deadline);
  bool PastDeadline() const;
  bool InTransaction() const { return sqlite3_get_autocommit(connection_) == 0; }

  absl::StatusOr<SqliteStatement> Prepare(const Query& query);
  // A statement without parameters and rows.
  absl::Status Run(const Query& query);
  // The status of a result code of a call just made.
  absl::Status ToStatus(std::string_view name, int code) const;
  sqlite3* handle() const { return connection_; }

 private:
  struct Cached {
    sqlite3_stmt* statement = nullptr;
    bool in_use = false;
  };
  SqliteConnection() = default;
  absl::Status Configure(Role role, bool durable);
  absl::StatusOr<sqlite3_stmt*> Compile(const Query& query, unsigned flags);
  void ForgetUnused();

  sqlite3* connection_ = nullptr;
  absl::Time deadline_ = absl::InfiniteFuture();
  absl::flat_hash_map<std::string, std::unique_ptr<Cached>> statements_;
};

}  // namespace ronghe::common::sql
