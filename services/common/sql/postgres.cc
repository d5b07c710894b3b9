#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "services/common/sql/internal.h"
#include "services/common/sql/pool.h"
#include "services/common/sql/postgres_connection.h"
#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {
namespace {

// A commit may be waited for a little longer than for anything else: giving up leaves its outcome unknown.
constexpr absl::Duration kCommitPatience = absl::Seconds(2);

// Types of the portable subset in the server's numbering: bool, int8, int2, int4; bytea, name, text, unknown, varchar.
constexpr Oid kNumberOids[] = {16, 20, 21, 23};
constexpr Oid kOtherOids[] = {17, 19, 25, 705, 1043};

bool IsNumber(Oid type) {
  return std::find(std::begin(kNumberOids), std::end(kNumberOids), type) != std::end(kNumberOids);
}

absl::Status CheckColumns(const char* name, const PGresult* result) {
  for (int column = 0; column < PQnfields(result); ++column) {
    Oid type = PQftype(result, column);
    bool other = std::find(std::begin(kOtherOids), std::end(kOtherOids), type) != std::end(kOtherOids);
    if (!IsNumber(type) && !other) {
      return StatementFailed(name, fmt::format("column {} has type {}, which is not portable: CAST it", column, type));
    }
  }
  return absl::OkStatus();
}

class PgRow final : public Row {
 public:
  PgRow(const PGresult* result, int row) : result_(result), row_(row) {}
  bool IsNull(int column) const override { return PQgetisnull(result_, row_, column) == 1; }
  int64_t Int(int column) const override {
    if (!IsNumber(PQftype(result_, column)) || IsNull(column)) return 0;
    std::string_view bytes = Bytes(column);
    // Big-endian, of 1, 2, 4 or 8 bytes, signed.
    auto value = static_cast<uint64_t>(static_cast<int64_t>(static_cast<signed char>(bytes[0])));
    for (size_t i = 1; i < bytes.size(); ++i) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
    return static_cast<int64_t>(value);
  }
  std::string_view Text(int column) const override { return Bytes(column); }
  std::string_view Bytes(int column) const override {
    return {PQgetvalue(result_, row_, column), static_cast<size_t>(PQgetlength(result_, row_, column))};
  }

 private:
  const PGresult* result_;
  int row_;
};

struct Kind {
  const char* begin;
  PgConnection::Scope timeout;
};
constexpr Kind kRead{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", PgConnection::Scope::kSession};
// The timeout of a write is lifted for its COMMIT: a commit must not be cut off while it waits for a standby.
constexpr Kind kWrite{"BEGIN ISOLATION LEVEL READ COMMITTED", PgConnection::Scope::kTransaction};

class PgSession final : public Session {
 public:
  PgSession(PgConnection& connection, const Kind& kind, absl::Time deadline)
      : connection_(connection), kind_(kind), deadline_(deadline) {}

  Engine engine() const override { return Engine::kPostgresql; }

  absl::StatusOr<int64_t> Execute(const Query& query, std::span<const Value> args) override {
    RONGHE_ASSIGN_OR_RETURN(PgResult result, Run(query, args));
    std::string_view tag = PQcmdStatus(result.get());
    bool changes = tag.starts_with("INSERT") || tag.starts_with("UPDATE") || tag.starts_with("DELETE");
    return changes ? std::atoll(PQcmdTuples(result.get())) : 0;
  }

  absl::Status Queue(const Query& query, std::span<const Value> args) override {
    // The first statement finds out whether the connection is still there.
    if (!begun_) return Run(query, args).status();
    RONGHE_RETURN_IF_ERROR(Ready());
    RONGHE_RETURN_IF_ERROR(failure_.Note(CheckArgs(query.name, args)));
    connection_.QueueStatement(query, args, PgConnection::Outcome::kErrorOnly);
    return absl::OkStatus();
  }

  absl::Status Select(const Query& query, std::span<const Value> args,
                      absl::FunctionRef<absl::Status(const Row&)> each) override {
    RONGHE_ASSIGN_OR_RETURN(PgResult result, Run(query, args));
    RONGHE_RETURN_IF_ERROR(failure_.Note(CheckColumns(query.name, result.get())));
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      RONGHE_RETURN_IF_ERROR(each(PgRow(result.get(), row)));
    }
    return absl::OkStatus();
  }

  absl::Status BulkInsert(const char* name, std::string_view table, std::span<const std::string_view> columns,
                          std::span<const std::vector<Value>> rows) override {
    RONGHE_RETURN_IF_ERROR(Ready());
    std::string text;
    for (const std::vector<Value>& row : rows) {
      RONGHE_RETURN_IF_ERROR(failure_.Note(CheckArgs(name, row)));
      if (row.size() != columns.size()) return failure_.Note(StatementFailed(name, "values do not match the columns"));
      AppendCopyRow(row, text);
    }
    // What has been queued (BEGIN, the timeout) goes first: COPY cannot share their round trip.
    RONGHE_RETURN_IF_ERROR(RoundTrip(name, [] {}).status());
    std::string command = fmt::format("COPY {} ({}) FROM STDIN", table, fmt::join(columns, ", "));
    return failure_.Note(connection_.Copy(name, command, text, deadline_));
  }

  // Ends the transaction of a body that returned `body`.
  absl::Status Finish(absl::Status body) {
    absl::Status status = failure_.Outcome(std::move(body));
    bool writes = kind_.timeout == PgConnection::Scope::kTransaction;
    if (status.ok() && writes && begun_ && PastDeadline()) status = DeadlineExceeded();
    if (!begun_ || connection_.lost()) return status;
    if (status.ok() && writes) {
      status = Commit();
    } else {
      // Nobody has to wait for the end of a read or of a rollback.
      connection_.QueueControl(status.ok() ? "COMMIT" : "ROLLBACK");
      connection_.SendAndForget();
    }
    connection_.EndTransaction(status.ok());
    return status;
  }

 private:
  bool PastDeadline() const { return SystemClock().Now() >= deadline_; }

  absl::Status Ready() {
    if (!failure_.status().ok()) return failure_.status();
    return PastDeadline() ? failure_.Note(DeadlineExceeded()) : absl::OkStatus();
  }

  absl::StatusOr<PgResult> Run(const Query& query, std::span<const Value> args) {
    RONGHE_RETURN_IF_ERROR(Ready());
    RONGHE_RETURN_IF_ERROR(failure_.Note(CheckArgs(query.name, args)));
    auto result =
        RoundTrip(query.name, [&] { connection_.QueueStatement(query, args, PgConnection::Outcome::kResult); });
    if (result.ok() && *result == nullptr) return failure_.Note(StatementFailed(query.name, "no result"));
    return result;
  }

  // Sends what `queue` queues, before it BEGIN if nothing was sent yet, and waits for the answers.
  absl::StatusOr<PgResult> RoundTrip(std::string_view name, absl::FunctionRef<void()> queue) {
    bool first = !begun_;
    if (first && !connection_.LooksAlive()) {
      RONGHE_RETURN_IF_ERROR(failure_.Note(connection_.Connect(deadline_)));
    }
    bool may_have_been_lost_before = first && connection_.used();
    auto result = Send(name, queue);
    // Nothing of this transaction had happened, so it can begin again.
    if (may_have_been_lost_before && connection_.lost() && !PastDeadline()) {
      RONGHE_RETURN_IF_ERROR(failure_.Note(connection_.Connect(deadline_)));
      begun_ = false;
      result = Send(name, queue);
    }
    if (!result.ok()) failure_.Note(result.status()).IgnoreError();
    return result;
  }

  absl::StatusOr<PgResult> Send(std::string_view name, absl::FunctionRef<void()> queue) {
    if (!begun_) connection_.QueueControl(kind_.begin);
    begun_ = true;
    connection_.QueueTimeout(deadline_, kind_.timeout);
    queue();
    return connection_.Collect(name, deadline_);
  }

  absl::Status Commit() {
    connection_.QueueTimeout(absl::InfiniteFuture(), kind_.timeout);
    connection_.QueueControl("COMMIT");
    absl::Time until = std::max(deadline_, SystemClock().Now() + kCommitPatience);
    absl::Status status = connection_.Collect("sql.commit", until).status();
    if (!connection_.lost()) {
      // After an error of what was sent with it, the COMMIT was not run.
      if (!status.ok()) {
        connection_.QueueControl("ROLLBACK");
        connection_.SendAndForget();
      }
      return status;
    }
    return WithLog(Unavailable("COMMIT_UNKNOWN",
                               {"the database was lost while committing; the change may or may not "
                                "have been made: call again with the same request id",
                                "提交时与数据库的连接中断，更改可能已生效也可能未生效，请使用相同的请求标识重试"}),
                   LogOf(status));
  }

  PgConnection& connection_;
  const Kind kind_;
  const absl::Time deadline_;
  Failure failure_;
  bool begun_ = false;
};

class PgDatabase final : public Database {
 public:
  PgDatabase(const std::string& url, int connections)
      // Connecting is left to the session, which does it also after a loss.
      : pool_(connections, [url](absl::Time) { return std::make_unique<PgConnection>(url); }) {}

  Engine engine() const override { return Engine::kPostgresql; }

  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) override {
    return Run(kRead, deadline, body);
  }
  absl::Status Write(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) override {
    return Run(kWrite, deadline, body);
  }
  absl::Status Ping(absl::Time deadline) override {
    return Read(deadline, [](Session& session) {
      return session.Select(kPing, {}, [](const Row&) { return absl::OkStatus(); });
    });
  }

 private:
  absl::Status Run(const Kind& kind, absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) {
    if (SystemClock().Now() >= deadline) return DeadlineExceeded();
    RONGHE_ASSIGN_OR_RETURN(auto connection, pool_.Take(deadline));
    PgSession session(*connection, kind, deadline);
    absl::Status status = session.Finish(body(session));
    if (connection->lost() || connection->worn_out()) connection.Discard();
    return status;
  }

  Pool<PgConnection> pool_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> OpenPostgres(const std::string& url, const Options& options) {
  char* error = nullptr;
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(PQconninfoParse(url.c_str(), &error),
                                                                      &PQconninfoFree);
  if (error != nullptr) PQfreemem(error);  // it may quote the password
  if (parsed == nullptr) {
    return InvalidArgument("database", "BAD_URL",
                           {"is not a valid postgresql:// address", "不是有效的 postgresql:// 地址"});
  }
  return std::make_unique<PgDatabase>(url, options.readers);
}

}  // namespace ronghe::common::sql
