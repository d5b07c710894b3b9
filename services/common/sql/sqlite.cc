#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "services/common/sql/internal.h"
#include "services/common/sql/pool.h"
#include "services/common/sql/sqlite_connection.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {
namespace {

constexpr Query kBeginRead{"sql.begin_read", "BEGIN DEFERRED"};
constexpr Query kBeginWrite{"sql.begin_write", "BEGIN IMMEDIATE"};
constexpr Query kCommit{"sql.commit", "COMMIT"};
constexpr Query kRollback{"sql.rollback", "ROLLBACK"};

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool IsNull(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  int64_t Int(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view Text(int column) const override {
    const unsigned char* text = sqlite3_column_text(statement_, column);
    return View(text, column);
  }
  std::string_view Bytes(int column) const override {
    const void* bytes = sqlite3_column_blob(statement_, column);
    return View(bytes, column);
  }

 private:
  // The size is only right after the bytes were asked for, which may convert them.
  std::string_view View(const void* bytes, int column) const {
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
  }
  sqlite3_stmt* statement_;
};

class SqliteSession final : public Session {
 public:
  explicit SqliteSession(SqliteConnection& connection) : connection_(connection) {}

  Engine engine() const override { return Engine::kSqlite; }

  absl::StatusOr<int64_t> Execute(const Query& query, std::span<const Value> args) override {
    int64_t before = sqlite3_total_changes64(connection_.handle());
    RONGHE_RETURN_IF_ERROR(Select(query, args, [](const Row&) { return absl::OkStatus(); }));
    // The count of changes stays what it was after statements that change no rows.
    if (sqlite3_total_changes64(connection_.handle()) == before) return 0;
    return sqlite3_changes64(connection_.handle());
  }

  absl::Status Queue(const Query& query, std::span<const Value> args) override { return Execute(query, args).status(); }

  absl::Status Select(const Query& query, std::span<const Value> args,
                      absl::FunctionRef<absl::Status(const Row&)> each) override {
    RONGHE_RETURN_IF_ERROR(Ready());
    RONGHE_RETURN_IF_ERROR(failure_.Note(CheckArgs(query.name, args)));
    auto statement = connection_.Prepare(query);
    if (!statement.ok()) return failure_.Note(statement.status());
    if (!statement->Bind(args)) return failure_.Note(StatementFailed(query.name, "parameters do not match"));
    SqliteRow row(statement->get());
    while (true) {
      int code = sqlite3_step(statement->get());
      if (code == SQLITE_DONE) return absl::OkStatus();
      if (code != SQLITE_ROW) return failure_.Note(connection_.ToStatus(query.name, code));
      RONGHE_RETURN_IF_ERROR(each(row));
    }
  }

  absl::Status BulkInsert(const char* name, std::string_view table, std::span<const std::string_view> columns,
                          std::span<const std::vector<Value>> rows) override {
    std::string text = fmt::format("INSERT INTO {} ({}) VALUES ({})", table, fmt::join(columns, ", "),
                                   Placeholders(static_cast<int>(columns.size())));
    RONGHE_RETURN_IF_ERROR(Ready());
    auto statement = connection_.Prepare({name, text});
    if (!statement.ok()) return failure_.Note(statement.status());
    for (const std::vector<Value>& row : rows) {
      RONGHE_RETURN_IF_ERROR(failure_.Note(CheckArgs(name, row)));
      if (!statement->Bind(row)) return failure_.Note(StatementFailed(name, "values do not match the columns"));
      int code = sqlite3_step(statement->get());
      if (code != SQLITE_DONE) return failure_.Note(connection_.ToStatus(name, code));
      sqlite3_reset(statement->get());
    }
    return absl::OkStatus();
  }

  const Failure& failure() const { return failure_; }

 private:
  // Also cuts off bodies that run many short statements.
  absl::Status Ready() {
    if (!failure_.status().ok()) return failure_.status();
    return connection_.PastDeadline() ? failure_.Note(DeadlineExceeded()) : absl::OkStatus();
  }

  SqliteConnection& connection_;
  Failure failure_;
};

class SqliteDatabase final : public Database {
 public:
  // `folder`, if not empty, is removed with everything in it.
  SqliteDatabase(const std::string& path, int readers, std::string folder)
      : folder_(std::move(folder)),
        writer_(1, Opener(path, SqliteConnection::Role::kWriter)),
        readers_(readers, Opener(path, SqliteConnection::Role::kReader)) {}
  ~SqliteDatabase() override {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  Engine engine() const override { return Engine::kSqlite; }

  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) override {
    RONGHE_ASSIGN_OR_RETURN(auto connection, readers_.Take(deadline));
    return Run(*connection, kBeginRead, deadline, body);
  }

  absl::Status Write(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) override {
    RONGHE_ASSIGN_OR_RETURN(auto connection, writer_.Take(deadline));
    return Run(*connection, kBeginWrite, deadline, body);
  }

  absl::Status Ping(absl::Time deadline) override {
    return Read(deadline, [](Session& session) {
      return session.Select(kPing, {}, [](const Row&) { return absl::OkStatus(); });
    });
  }

 private:
  Pool<SqliteConnection>::Open Opener(const std::string& path, SqliteConnection::Role role) const {
    return [path, role, durable = folder_.empty()](absl::Time) { return SqliteConnection::Open(path, role, durable); };
  }

  static absl::Status Run(SqliteConnection& connection, const Query& begin, absl::Time deadline,
                          absl::FunctionRef<absl::Status(Session&)> body) {
    connection.SetDeadline(deadline);
    if (connection.PastDeadline()) return DeadlineExceeded();
    RONGHE_RETURN_IF_ERROR(connection.Run(begin));
    SqliteSession session(connection);
    absl::Status status = session.failure().Outcome(body(session));
    if (status.ok() && connection.PastDeadline()) status = DeadlineExceeded();
    if (status.ok()) status = connection.Run(kCommit);
    if (!status.ok() && connection.InTransaction()) {
      connection.SetDeadline(absl::InfiniteFuture());
      connection.Run(kRollback).IgnoreError();
    }
    return status;
  }

  const std::string folder_;
  Pool<SqliteConnection> writer_;
  Pool<SqliteConnection> readers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenSqlite(const std::string& path, const Options& options) {
  auto database = std::make_unique<SqliteDatabase>(path, options.readers, "");
  // A path that cannot be opened shall stop the start.
  RONGHE_RETURN_IF_ERROR(database->Write(absl::InfiniteFuture(), [](Session&) { return absl::OkStatus(); }));
  return database;
}

// A folder of its own rather than SQLite's shared cache, in which readers block writers and see no snapshot.
absl::StatusOr<std::unique_ptr<Database>> OpenSqliteInMemory(const Options& options) {
  std::error_code error;
  std::string root = std::filesystem::is_directory("/dev/shm", error)
                         ? "/dev/shm"
                         : std::filesystem::temp_directory_path(error).string();
  std::string folder = root + "/ronghe-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return DatabaseUnavailable("cannot make a folder in " + root);
  return std::make_unique<SqliteDatabase>(folder + "/memory.db", options.readers, folder);
}

}  // namespace ronghe::common::sql
