#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

// A narrow layer over SQLite and PostgreSQL: one SQL subset, one behaviour.
//
// Errors: ABORTED for a conflict with another transaction (the caller may run it again); DEADLINE_EXCEEDED when the
// deadline cut a statement off; ALREADY_EXISTS for a violated unique constraint (reason UNIQUE); UNAVAILABLE when the
// database cannot be reached, is read-only or shuts down; RESOURCE_EXHAUSTED for a full disk or pool; INTERNAL for the
// rest. Driver texts are for the log (INTERNAL, WithLog) and never sent, and never contain values.
//
// Deadlines are real time, as gRPC gives them. After a statement has failed the transaction is lost: later statements
// fail too, and Write returns the first error even if its body does not.
namespace ronghe::common::sql {

enum class Engine { kSqlite, kPostgresql };

struct Null {};
struct Blob {
  std::string bytes;
};
// BIGINT, TEXT, BLOB/BYTEA or NULL.
using Value = std::variant<Null, int64_t, std::string, Blob>;

// A row while it is being read; views are valid until the callback returns. Column numbers from 0.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool IsNull(int column) const = 0;
  virtual int64_t Int(int column) const = 0;             // 0 for NULL
  virtual std::string_view Text(int column) const = 0;   // empty for NULL
  virtual std::string_view Bytes(int column) const = 0;  // BLOB/BYTEA; empty for NULL
};

// One statement, named for logs and metrics; `?` marks parameters. Statements are prepared once per connection and
// found again by their text. TEXT values must be valid UTF-8 without NUL (IsCleanUtf8), or the statement fails with
// INTERNAL.
struct Query {
  const char* name;
  std::string_view text;
};

// A transaction. Not thread-safe; valid inside the function it was given to.
class Session {
 public:
  virtual ~Session() = default;
  virtual Engine engine() const = 0;
  // Runs a statement; returns how many rows it inserted, updated or deleted.
  virtual absl::StatusOr<int64_t> Execute(const Query& query, std::span<const Value> args = {}) = 0;
  // A statement of which nothing is to be known but that it succeeds: it may be sent together with the next one, or
  // with the commit, and its error is then theirs. Saves a round trip on PostgreSQL.
  virtual absl::Status Queue(const Query& query, std::span<const Value> args) = 0;
  // Runs a query and calls `each` for every row; an error from `each` ends it and is returned. `each` may run further
  // statements in the session.
  virtual absl::Status Select(const Query& query, std::span<const Value> args,
                              absl::FunctionRef<absl::Status(const Row&)> each) = 0;
  // Inserts many rows into `table (columns…)`: COPY on PostgreSQL, one prepared INSERT on SQLite. All rows have
  // `columns.size()` values. The fastest way in; constraint violations fail the transaction.
  virtual absl::Status BulkInsert(const char* name, std::string_view table, std::span<const std::string_view> columns,
                                  std::span<const std::vector<Value>> rows) = 0;

  // Exactly the form `Execute("…", {a, b})`.
  absl::StatusOr<int64_t> Execute(const Query& query, std::initializer_list<Value> args) {
    return Execute(query, std::span<const Value>(args.begin(), args.size()));
  }
  absl::Status Queue(const Query& query, std::initializer_list<Value> args) {
    return Queue(query, std::span<const Value>(args.begin(), args.size()));
  }
  absl::Status Select(const Query& query, std::initializer_list<Value> args,
                      absl::FunctionRef<absl::Status(const Row&)> each) {
    return Select(query, std::span<const Value>(args.begin(), args.size()), each);
  }
  // The only row of a query, through `read`; false if there was none, INTERNAL if there were several.
  absl::StatusOr<bool> SelectOne(const Query& query, std::span<const Value> args,
                                 absl::FunctionRef<absl::Status(const Row&)> read);
  absl::StatusOr<bool> SelectOne(const Query& query, std::initializer_list<Value> args,
                                 absl::FunctionRef<absl::Status(const Row&)> read) {
    return SelectOne(query, std::span<const Value>(args.begin(), args.size()), read);
  }
};

// A database: many readers, one writer at a time on SQLite, a pool on PostgreSQL. Thread-safe. Do not call Write from
// the body of a Write: it would wait for itself. Waiting in vain for a connection until the deadline is
// RESOURCE_EXHAUSTED.
class Database {
 public:
  virtual ~Database() = default;
  virtual Engine engine() const = 0;
  // One consistent snapshot, read-only; it is taken by the first statement. One round trip per statement on PostgreSQL.
  virtual absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) = 0;
  // One transaction: OK commits (durably, before this returns), an error rolls back and is returned. READ COMMITTED on
  // PostgreSQL; serialise by updating a lock row first. UNAVAILABLE, reason COMMIT_UNKNOWN, if the connection was lost
  // while committing: the transaction may have been committed.
  virtual absl::Status Write(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) = 0;
  // OK while the database answers within the deadline.
  virtual absl::Status Ping(absl::Time deadline) = 0;
};

struct Options {
  int readers = 4;  // SQLite: reader connections; PostgreSQL: size of the pool
};

// `sqlite:PATH`, `sqlite::memory:` (tests; one shared in-memory database), or `postgresql://…`. INVALID_ARGUMENT for
// another form.
absl::StatusOr<std::unique_ptr<Database>> OpenDatabase(std::string_view url, const Options& options = {});

// One numbered step of the schema. The text holds statements of the portable subset separated by `;` at line ends.
// For SQLite `BYTEA` is written BLOB and `BIGINT` INTEGER, and tables become STRICT.
struct Migration {
  int number;
  std::string_view name;
  std::string_view text;
};
// Applies the missing ones in order, each in one transaction, under a lock so that two processes may call it at once;
// records them in `schema_migration` of `component`. FAILED_PRECONDITION with reason SCHEMA_NEWER if the database has
// later ones.
absl::Status Migrate(Database& database, std::string_view component, std::span<const Migration> migrations);
// How many are missing; readiness waits for 0.
absl::StatusOr<int> PendingMigrations(Database& database, std::string_view component,
                                      std::span<const Migration> migrations);

// `?, ?, ?` for IN lists. Round `count` up with PaddedCount and repeat the last value, so that few statements are
// prepared.
std::string Placeholders(int count);
int PaddedCount(int count);  // 1, 2, 4, 8, …, 512

}  // namespace ronghe::common::sql
