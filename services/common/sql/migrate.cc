#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "services/common/sql/internal.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {
namespace {

constexpr absl::Duration kLongestStep = absl::Minutes(10);
constexpr absl::Duration kLongestLook = absl::Seconds(10);
constexpr int kCreateAttempts = 5;

constexpr Query kCreateTable{"migrate.create_table",
                             "CREATE TABLE IF NOT EXISTS schema_migration (component TEXT NOT NULL, number BIGINT NOT "
                             "NULL, name TEXT NOT NULL, PRIMARY KEY (component, number))"};
constexpr Query kHasTableSqlite{
    "migrate.has_table", "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'"};
constexpr Query kHasTablePostgresql{"migrate.has_table",
                                    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
                                    "current_schema() AND table_name = 'schema_migration'"};
// Row 0 of a component is the lock under which its steps are taken.
constexpr Query kInsertLock{"migrate.insert_lock",
                            "INSERT INTO schema_migration (component, number, name) VALUES (?, 0, '') ON CONFLICT DO "
                            "NOTHING"};
constexpr Query kLock{"migrate.lock", "UPDATE schema_migration SET name = '' WHERE component = ? AND number = 0"};
constexpr Query kLast{"migrate.last",
                      "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) FROM schema_migration WHERE component = ?"};
constexpr Query kRecord{"migrate.record", "INSERT INTO schema_migration (component, number, name) VALUES (?, ?, ?)"};

absl::Time In(absl::Duration time) {
  return SystemClock().Now() + time;
}

absl::StatusOr<int64_t> Count(Session& session, const Query& query, std::span<const Value> args) {
  int64_t count = 0;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(query, args,
                                        [&](const Row& row) {
                                          count = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return count;
}

int64_t Newest(std::span<const Migration> migrations) {
  return migrations.empty() ? 0 : migrations.back().number;
}

absl::Status CheckNotNewer(std::string_view component, int64_t last, std::span<const Migration> migrations) {
  if (last <= Newest(migrations)) return absl::OkStatus();
  return FailedPrecondition(
      "SCHEMA_NEWER", {fmt::format("the schema of {} is at {}, this program knows {}: start a newer program", component,
                                   last, Newest(migrations)),
                       fmt::format("{} 的数据库结构版本为 {}，本程序只支持到 {}，请使用更新的程序", component, last,
                                   Newest(migrations))});
}

// Two processes that create it at the same moment may both see it missing; the loser finds it the next time.
absl::Status CreateTable(Database& database) {
  absl::Status status;
  for (int attempt = 0; attempt < kCreateAttempts; ++attempt) {
    status = database.Write(In(kLongestStep), [&](Session& session) -> absl::Status {
      for (const std::string& text : SplitMigration(kCreateTable.text, session.engine())) {
        RONGHE_RETURN_IF_ERROR(session.Execute({kCreateTable.name, text}).status());
      }
      return absl::OkStatus();
    });
    if (status.ok() || status.code() == absl::StatusCode::kUnavailable) return status;
  }
  return status;
}

// Takes the first missing step, if any; true if more may follow.
absl::StatusOr<bool> TakeStep(Session& session, const Value& component, std::string_view name,
                              std::span<const Migration> migrations) {
  RONGHE_RETURN_IF_ERROR(session.Execute(kInsertLock, {component}).status());
  RONGHE_RETURN_IF_ERROR(session.Execute(kLock, {component}).status());
  RONGHE_ASSIGN_OR_RETURN(int64_t last, Count(session, kLast, {&component, 1}));
  RONGHE_RETURN_IF_ERROR(CheckNotNewer(name, last, migrations));
  auto next = std::find_if(migrations.begin(), migrations.end(), [&](const Migration& m) { return m.number > last; });
  if (next == migrations.end()) return false;
  std::string query_name = fmt::format("migrate.{}.{}", name, next->number);
  for (const std::string& statement : SplitMigration(next->text, session.engine())) {
    RONGHE_RETURN_IF_ERROR(session.Execute({query_name.c_str(), statement}).status());
  }
  RONGHE_RETURN_IF_ERROR(
      session.Execute(kRecord, {component, int64_t{next->number}, std::string(next->name)}).status());
  return true;
}

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool Same(std::string_view word, std::string_view upper) {
  return std::equal(word.begin(), word.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; });
}

std::string_view Dialect(std::string_view word, Engine engine) {
  if (engine != Engine::kSqlite) return word;
  if (Same(word, "BYTEA")) return "BLOB";
  return Same(word, "BIGINT") ? "INTEGER" : word;
}

void Finish(std::string statement, Engine engine, std::vector<std::string>& statements) {
  size_t begin = statement.find_first_not_of(" \n\t\r");
  if (begin == std::string::npos) return;
  statement = statement.substr(begin, statement.find_last_not_of(" \n\t\r") + 1 - begin);
  bool makes_table = Same(std::string_view(statement).substr(0, 13), "CREATE TABLE ");
  if (engine == Engine::kSqlite && makes_table && statement.ends_with(')')) statement += " STRICT";
  statements.push_back(std::move(statement));
}

}  // namespace

std::vector<std::string> SplitMigration(std::string_view text, Engine engine) {
  std::vector<std::string> statements;
  std::string current;
  while (!text.empty()) {
    size_t length = 1;
    if (text.starts_with("--")) {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
      continue;
    }
    if (text.front() == '\'' || text.front() == '"') {
      length = std::min(text.find(text.front(), 1), text.size() - 1) + 1;
      current += text.substr(0, length);
    } else if (IsWordCharacter(text.front())) {
      length = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsWordCharacter) - text.begin());
      current += Dialect(text.substr(0, length), engine);
    } else if (text.front() == ';') {
      Finish(std::exchange(current, {}), engine, statements);
    } else {
      current += text.front();
    }
    text.remove_prefix(length);
  }
  Finish(std::move(current), engine, statements);
  return statements;
}

absl::Status Migrate(Database& database, std::string_view component, std::span<const Migration> migrations) {
  RONGHE_RETURN_IF_ERROR(CreateTable(database));
  Value key = std::string(component);
  bool more = true;
  while (more) {
    RONGHE_RETURN_IF_ERROR(database.Write(In(kLongestStep), [&](Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(more, TakeStep(session, key, component, migrations));
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> PendingMigrations(Database& database, std::string_view component,
                                      std::span<const Migration> migrations) {
  int64_t last = 0;
  RONGHE_RETURN_IF_ERROR(database.Read(In(kLongestLook), [&](Session& session) -> absl::Status {
    const Query& has_table = session.engine() == Engine::kSqlite ? kHasTableSqlite : kHasTablePostgresql;
    RONGHE_ASSIGN_OR_RETURN(int64_t tables, Count(session, has_table, {}));
    if (tables == 0) return absl::OkStatus();
    Value key = std::string(component);
    RONGHE_ASSIGN_OR_RETURN(last, Count(session, kLast, {&key, 1}));
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(CheckNotNewer(component, last, migrations));
  return static_cast<int>(
      std::count_if(migrations.begin(), migrations.end(), [&](const Migration& m) { return m.number > last; }));
}

}  // namespace ronghe::common::sql
