#include "services/common/sql/sqlite_connection.h"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {
namespace {

// A few hundred microseconds of work between looks at the clock.
constexpr int kOpsBetweenLooks = 10'000;
constexpr size_t kMaxStatements = 500;
constexpr absl::Duration kLongestBusyWait = absl::Minutes(5);

int BindOne(sqlite3_stmt* statement, int index, const Value& value) {
  // The arguments outlive the use of the statement, so nothing is copied.
  if (const auto* number = std::get_if<int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    return sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, index);
}

}  // namespace

SqliteStatement::~SqliteStatement() {
  if (statement_ == nullptr) return;
  if (in_use_ == nullptr) {
    sqlite3_finalize(statement_);
    return;
  }
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  *in_use_ = false;
}

bool SqliteStatement::Bind(std::span<const Value> args) {
  if (static_cast<size_t>(sqlite3_bind_parameter_count(statement_)) != args.size()) return false;
  for (size_t i = 0; i < args.size(); ++i) {
    if (BindOne(statement_, static_cast<int>(i) + 1, args[i]) != SQLITE_OK) return false;
  }
  return true;
}

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path, Role role,
                                                                         bool durable) {
  // SQLite gives its log the permissions of the database: nobody else shall read either. Only a file that is not there
  // is opened: closing it would drop the locks that this process' other connections hold on it, and another process
  // that closes the database would then delete the log from under them.
  int file = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection());
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(path.c_str(), &connection->connection_, flags, nullptr);
  if (code != SQLITE_OK) return DatabaseUnavailable(fmt::format("{}: {}", path, sqlite3_errstr(code)));
  RONGHE_RETURN_IF_ERROR(connection->Configure(role, durable));
  return connection;
}

absl::Status SqliteConnection::Configure(Role role, bool durable) {
  sqlite3_busy_timeout(connection_, 10'000);
  sqlite3_progress_handler(
      connection_, kOpsBetweenLooks,
      [](void* self) { return static_cast<SqliteConnection*>(self)->PastDeadline() ? 1 : 0; }, this);
  for (const char* pragma : {"PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON", "PRAGMA trusted_schema = OFF",
                             "PRAGMA temp_store = MEMORY", "PRAGMA journal_size_limit = 67108864"}) {
    RONGHE_RETURN_IF_ERROR(Run({"sql.configure", pragma}));
  }
  // KiB of pages that the connection keeps for itself. Readers are several, and the system keeps the file's pages
  // anyway.
  const bool reader = role == Role::kReader;
  RONGHE_RETURN_IF_ERROR(Run({"sql.configure", reader ? "PRAGMA cache_size = -1024" : "PRAGMA cache_size = -4096"}));
  RONGHE_RETURN_IF_ERROR(Run({"sql.configure", durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF"}));
  if (reader) RONGHE_RETURN_IF_ERROR(Run({"sql.configure", "PRAGMA query_only = ON"}));
  return absl::OkStatus();
}

SqliteConnection::~SqliteConnection() {
  for (auto& [text, cached] : statements_) sqlite3_finalize(cached->statement);
  sqlite3_close_v2(connection_);
}

void SqliteConnection::SetDeadline(absl::Time deadline) {
  deadline_ = deadline;
  absl::Duration left = std::clamp(deadline - SystemClock().Now(), absl::ZeroDuration(), kLongestBusyWait);
  sqlite3_busy_timeout(connection_, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
}

bool SqliteConnection::PastDeadline() const {
  return deadline_ != absl::InfiniteFuture() && SystemClock().Now() >= deadline_;
}

absl::StatusOr<sqlite3_stmt*> SqliteConnection::Compile(const Query& query, unsigned flags) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  int code =
      sqlite3_prepare_v3(connection_, query.text.data(), static_cast<int>(query.text.size()), flags, &statement, &tail);
  if (code != SQLITE_OK) return ToStatus(query.name, code);
  std::string_view rest(tail, static_cast<size_t>(query.text.data() + query.text.size() - tail));
  if (statement == nullptr || rest.find_first_not_of(" \n\t\r;") != std::string_view::npos) {
    sqlite3_finalize(statement);
    return StatementFailed(query.name, "not exactly one statement");
  }
  return statement;
}

absl::StatusOr<SqliteStatement> SqliteConnection::Prepare(const Query& query) {
  auto found = statements_.find(absl::string_view(query.text.data(), query.text.size()));
  if (found != statements_.end() && !found->second->in_use) {
    found->second->in_use = true;
    return SqliteStatement(found->second->statement, &found->second->in_use);
  }
  bool keep = found == statements_.end() && !DefinesSchema(query.text);
  RONGHE_ASSIGN_OR_RETURN(sqlite3_stmt * statement, Compile(query, keep ? SQLITE_PREPARE_PERSISTENT : 0));
  if (!keep) return SqliteStatement(statement, nullptr);
  if (statements_.size() >= kMaxStatements) ForgetUnused();
  auto& cached = statements_[std::string(query.text)];
  cached = std::make_unique<Cached>(Cached{statement, true});
  return SqliteStatement(statement, &cached->in_use);
}

void SqliteConnection::ForgetUnused() {
  absl::erase_if(statements_, [](const auto& entry) {
    if (entry.second->in_use) return false;
    sqlite3_finalize(entry.second->statement);
    return true;
  });
}

absl::Status SqliteConnection::Run(const Query& query) {
  RONGHE_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(query));
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement.get());
  return code == SQLITE_DONE ? absl::OkStatus() : ToStatus(query.name, code);
}

absl::Status SqliteConnection::ToStatus(std::string_view name, int code) const {
  const char* text = sqlite3_errmsg(connection_);
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return UniqueViolated(name, text);
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return PastDeadline() ? DeadlineExceeded() : Conflict(name, text);
    case SQLITE_INTERRUPT:
      return DeadlineExceeded();
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return DatabaseFull(text);
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return DatabaseUnavailable(fmt::format("{}: {} ({})", name, text, code));
    default:
      return StatementFailed(name, fmt::format("{} ({})", text, code));
  }
}

}  // namespace ronghe::common::sql
