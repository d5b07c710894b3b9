#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <libpq-fe.h>

#include "services/common/sql/internal.h"

namespace ronghe::common::sql {

struct PgResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, PgResultDeleter>;

// One connection in pipeline mode, used by one thread at a time. Commands are queued, then sent and answered together
// by Collect: one round trip. After an error of the connection itself it is `lost` and good for nothing but Connect.
class PgConnection {
 public:
  explicit PgConnection(std::string url) : url_(std::move(url)) {}
  ~PgConnection() { Close(); }
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  // Connects anew. UNAVAILABLE if that fails.
  absl::Status Connect(absl::Time deadline);
  void Close();
  // False if it is lost, also where nobody has used it since; costs no round trip.
  bool LooksAlive();
  bool lost() const { return lost_; }
  // Whether it was used before the present transaction, so that a loss may be older than this.
  bool used() const { return used_; }
  // To be closed rather than used again.
  bool worn_out() const { return worn_out_ || statements_.size() > kMaxStatements; }

  // Statements from now on shall not run beyond `deadline`; queues a change of the server's setting where it is needed.
  // kSession lasts, so that the next transaction with a like deadline need not set it; kTransaction ends with the
  // transaction.
  enum class Scope { kSession, kTransaction };
  void QueueTimeout(absl::Time deadline, Scope scope);
  // Call when a transaction has ended: after a rollback the session's setting is not known.
  void EndTransaction(bool committed);
  // BEGIN, COMMIT and the like.
  void QueueControl(const char* text);
  // A statement: Collect returns the result of the one that was queued with kResult, at most one, and the errors of
  // all.
  enum class Outcome { kResult, kErrorOnly };
  void QueueStatement(const Query& query, std::span<const Value> args, Outcome outcome);
  // Sends what is queued, without waiting: the answers are read, and errors in them ignored, by the next Collect.
  void SendAndForget();
  // Sends what is queued and waits for all answers: the result of the statement (null without one), or the first error.
  // `name` is for errors that belong to no statement.
  absl::StatusOr<PgResult> Collect(std::string_view name, absl::Time deadline);
  // COPY … FROM STDIN of `text` in its text format.
  absl::Status Copy(const char* name, const std::string& command, std::string_view text, absl::Time deadline);

 private:
  static constexpr size_t kMaxStatements = 500;
  enum class Expected { kControl, kPrepare, kStatement, kSync };
  struct Answer {
    Expected expected;
    bool ignored = false;
    std::string prepared = {};  // the text that a kPrepare prepares
    std::string name = {};      // of the statement
    Outcome outcome = Outcome::kErrorOnly;
  };
  struct Prepared {
    std::string name;
  };

  absl::Status WaitFor(short events, absl::Time until);
  absl::Status Flush(absl::Time until);
  // Null: the end of a command's results.
  absl::StatusOr<PgResult> Next(absl::Time until);
  absl::Status Read(const Answer& answer, std::string_view name, absl::Time until, PgResult& statement,
                    absl::Status& first_error);
  absl::Status CopyAll(const char* name, const std::string& command, std::string_view text, absl::Time until);
  absl::Status Lost(std::string_view what);
  void Sent(bool ok, Answer answer);
  std::string Prepare(const Query& query, std::span<const Value> args);

  const std::string url_;
  PGconn* connection_ = nullptr;
  bool lost_ = true;
  bool used_ = false;
  bool worn_out_ = false;
  bool send_failed_ = false;
  std::deque<Answer> awaited_;
  absl::flat_hash_map<std::string, Prepared> statements_;
  int64_t statement_number_ = 0;
  // What the server has been told.
  std::optional<int64_t> session_timeout_ms_;
  std::optional<int64_t> transaction_timeout_ms_;
};

// The status of a failed result.
absl::Status PgToStatus(std::string_view name, const PGresult* result);

// `?` outside quotes and comments → `$1`, `$2`, …
std::string NumberPlaceholders(std::string_view text);

// One row in COPY's text format, appended.
void AppendCopyRow(std::span<const Value> row, std::string& text);

}  // namespace ronghe::common::sql
