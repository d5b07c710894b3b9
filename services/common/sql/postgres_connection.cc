#include "services/common/sql/postgres_connection.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <utility>

#include <poll.h>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::common::sql {
namespace {

constexpr Oid kInt8Oid = 20;
constexpr Oid kTextOid = 25;
constexpr Oid kByteaOid = 17;
constexpr int kTextFormat = 0;
constexpr int kBinaryFormat = 1;
constexpr absl::Duration kLongestConnect = absl::Seconds(5);
constexpr size_t kCopyChunk = 64 * 1024;

absl::Time Now() {
  return SystemClock().Now();
}

// The server cuts a statement off at the deadline; only if it does not answer even then is it given up.
absl::Time Patience(absl::Time deadline) {
  absl::Duration left = std::max(deadline - Now(), absl::ZeroDuration());
  return deadline + absl::Milliseconds(250) + left / 32;
}

// Milliseconds until the deadline, rounded up to six significant bits, so that calls with the usual deadline find the
// server's setting as it is; 0 for none.
int64_t TimeoutFor(absl::Time deadline) {
  if (deadline == absl::InfiniteFuture()) return 0;
  int64_t ms = std::clamp<int64_t>(absl::ToInt64Milliseconds(deadline - Now()), 1, 1'000'000'000);
  int shift = std::max(0, static_cast<int>(std::bit_width(static_cast<uint64_t>(ms))) - 6);
  int64_t unit = int64_t{1} << shift;
  return (ms + unit - 1) / unit * unit;
}

// Arguments as libpq wants them. Numbers go as digits and text as text, which every type of the server understands; the
// bytes of a blob are the same in every type that could hold it.
class Arguments {
 public:
  explicit Arguments(std::span<const Value> args) {
    digits_.resize(args.size());
    for (size_t i = 0; i < args.size(); ++i) Add(args[i], digits_[i]);
  }
  int size() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  using Digits = std::array<char, 24>;
  void Add(const Value& value, Digits& digits) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      *std::to_chars(digits.begin(), digits.end() - 1, *number).ptr = '\0';
      Push(digits.data(), 0, kTextFormat);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      Push(text->c_str(), 0, kTextFormat);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      Push(blob->bytes.data(), static_cast<int>(blob->bytes.size()), kBinaryFormat);
    } else {
      Push(nullptr, 0, kTextFormat);
    }
  }
  void Push(const char* value, int length, int format) {
    values_.push_back(value);
    lengths_.push_back(length);
    formats_.push_back(format);
  }

  std::vector<Digits> digits_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// Typed by the first arguments a statement is prepared with; the server infers what is NULL then.
std::vector<Oid> TypesOf(std::span<const Value> args) {
  std::vector<Oid> types;
  for (const Value& value : args) {
    constexpr std::array<Oid, 4> kOids{0, kInt8Oid, kTextOid, kByteaOid};
    types.push_back(kOids[value.index()]);
  }
  return types;
}

}  // namespace

void PgConnection::Close() {
  if (connection_ != nullptr) PQfinish(connection_);
  connection_ = nullptr;
  lost_ = true;
  used_ = false;
  worn_out_ = false;
  send_failed_ = false;
  awaited_.clear();
  statements_.clear();
  session_timeout_ms_.reset();
  transaction_timeout_ms_.reset();
}

absl::Status PgConnection::Connect(absl::Time deadline) {
  Close();
  absl::Time until = std::min(deadline, Now() + kLongestConnect);
  // What stands before `dbname` may be changed by the URL, what stands behind may not.
  const char* names[] = {
      "application_name", "keepalives_idle", "tcp_user_timeout", "options", "dbname", "client_encoding", nullptr};
  const char* values[] = {"ronghe", "30", "30000", "-c jit=off", url_.c_str(), "UTF8", nullptr};
  connection_ = PQconnectStartParams(names, values, 1);
  if (connection_ == nullptr) return DatabaseFull("no memory for a connection");
  lost_ = false;
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED || PQstatus(connection_) == CONNECTION_BAD) return Lost("connecting");
    absl::Status waited = WaitFor(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until);
    if (!waited.ok()) return Lost("connecting: no answer");
    state = PQconnectPoll(connection_);
  }
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(connection_, 1) != 0 || PQenterPipelineMode(connection_) != 1) return Lost("pipeline mode");
  return absl::OkStatus();
}

// The library's text about a broken connection names host, port and user, never a password.
absl::Status PgConnection::Lost(std::string_view what) {
  lost_ = true;
  const char* why = PQstatus(connection_) == CONNECTION_BAD ? PQerrorMessage(connection_) : "given up";
  return DatabaseUnavailable(fmt::format("{}: {}", what, why));
}

bool PgConnection::LooksAlive() {
  if (lost_ || send_failed_ || PQstatus(connection_) != CONNECTION_OK) return false;
  // A server that went away has left its farewell or the end of the stream to be read.
  return PQconsumeInput(connection_) == 1;
}

absl::Status PgConnection::WaitFor(short events, absl::Time until) {
  while (true) {
    pollfd waiting{PQsocket(connection_), events, 0};
    absl::Duration left = until - Now();
    if (left <= absl::ZeroDuration()) {
      lost_ = true;
      return DeadlineExceeded();
    }
    int ms = static_cast<int>(absl::ToInt64Milliseconds(std::min(left, absl::Minutes(1)))) + 1;
    int ready = poll(&waiting, 1, ms);
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return Lost("poll");
  }
}

absl::Status PgConnection::Flush(absl::Time until) {
  while (true) {
    int left = PQflush(connection_);
    if (left == 0) return absl::OkStatus();
    if (left < 0) return Lost("sending");
    RONGHE_RETURN_IF_ERROR(WaitFor(POLLIN | POLLOUT, until));
    // The server may not read before it has been able to write.
    if (PQconsumeInput(connection_) != 1) return Lost("receiving");
  }
}

absl::StatusOr<PgResult> PgConnection::Next(absl::Time until) {
  while (PQisBusy(connection_) == 1) {
    RONGHE_RETURN_IF_ERROR(WaitFor(POLLIN, until));
    if (PQconsumeInput(connection_) != 1) return Lost("receiving");
  }
  return PgResult(PQgetResult(connection_));
}

void PgConnection::Sent(bool ok, Answer answer) {
  if (ok) {
    awaited_.push_back(std::move(answer));
  } else {
    send_failed_ = true;
  }
}

void PgConnection::QueueTimeout(absl::Time deadline, Scope scope) {
  int64_t timeout = TimeoutFor(deadline);
  bool lasts = scope == Scope::kSession;
  std::optional<int64_t>& told = lasts ? session_timeout_ms_ : transaction_timeout_ms_;
  if (told == timeout) return;
  told = timeout;
  const Query query{"sql.timeout", lasts ? "SELECT set_config('statement_timeout', ?, false)"
                                         : "SELECT set_config('statement_timeout', ?, true)"};
  Value value = std::to_string(timeout);
  std::string name = Prepare(query, {&value, 1});
  Arguments arguments({&value, 1});
  Sent(PQsendQueryPrepared(connection_, name.c_str(), 1, arguments.values(), arguments.lengths(), arguments.formats(),
                           kBinaryFormat) == 1,
       {Expected::kControl});
}

void PgConnection::EndTransaction(bool committed) {
  transaction_timeout_ms_.reset();
  if (!committed) session_timeout_ms_.reset();
}

void PgConnection::QueueControl(const char* text) {
  std::string name = Prepare({"sql.control", text}, {});
  Sent(PQsendQueryPrepared(connection_, name.c_str(), 0, nullptr, nullptr, nullptr, kBinaryFormat) == 1,
       {Expected::kControl});
}

void PgConnection::QueueStatement(const Query& query, std::span<const Value> args, Outcome outcome) {
  Arguments arguments(args);
  std::string name = Prepare(query, args);
  Sent(PQsendQueryPrepared(connection_, name.c_str(), arguments.size(), arguments.values(), arguments.lengths(),
                           arguments.formats(), kBinaryFormat) == 1,
       {.expected = Expected::kStatement, .ignored = false, .prepared = "", .name = query.name, .outcome = outcome});
}

// Queues the preparation where the server does not have the statement yet. A statement that is not kept has no name.
std::string PgConnection::Prepare(const Query& query, std::span<const Value> args) {
  auto found = statements_.find(absl::string_view(query.text.data(), query.text.size()));
  if (found != statements_.end()) return found->second.name;
  bool keep = !DefinesSchema(query.text);
  std::string name = keep ? fmt::format("s{}", ++statement_number_) : "";
  std::vector<Oid> types = TypesOf(args);
  Sent(PQsendPrepare(connection_, name.c_str(), NumberPlaceholders(query.text).c_str(), static_cast<int>(types.size()),
                     types.data()) == 1,
       {.expected = Expected::kPrepare,
        .ignored = false,
        .prepared = keep ? std::string(query.text) : "",
        .name = query.name});
  // Taken back if the preparation fails.
  if (keep) statements_[std::string(query.text)] = {name};
  return name;
}

void PgConnection::SendAndForget() {
  Sent(PQpipelineSync(connection_) == 1, {Expected::kSync});
  for (Answer& answer : awaited_) answer.ignored = true;
  used_ = true;
  // Little is sent, so the socket takes it at once; if not, the next Collect sends the rest.
  if (PQflush(connection_) < 0) lost_ = true;
}

absl::StatusOr<PgResult> PgConnection::Collect(std::string_view name, absl::Time deadline) {
  Sent(PQpipelineSync(connection_) == 1, {Expected::kSync});
  if (send_failed_ || lost_) return Lost("sending");
  absl::Time until = Patience(deadline);
  RONGHE_RETURN_IF_ERROR(Flush(until));
  PgResult statement;
  absl::Status first_error;
  while (!awaited_.empty()) {
    Answer answer = std::move(awaited_.front());
    awaited_.pop_front();
    RONGHE_RETURN_IF_ERROR(Read(answer, name, until, statement, first_error));
  }
  used_ = true;
  if (!first_error.ok()) return first_error;
  return statement;
}

absl::Status PgConnection::Read(const Answer& answer, std::string_view name, absl::Time until, PgResult& statement,
                                absl::Status& first_error) {
  RONGHE_ASSIGN_OR_RETURN(PgResult result, Next(until));
  ExecStatusType status = PQresultStatus(result.get());
  if (PQstatus(connection_) == CONNECTION_BAD || result == nullptr) {
    lost_ = true;
    // The server's own words (it shuts down) if it had any.
    bool spoke = result != nullptr && PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) != nullptr;
    return spoke ? PgToStatus(name, result.get()) : Lost(name);
  }
  if (answer.expected == Expected::kSync) {
    return status == PGRES_PIPELINE_SYNC ? absl::OkStatus() : Lost("out of step");
  }
  bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
  if (!ok && answer.expected == Expected::kPrepare) statements_.erase(answer.prepared);
  if (!ok && !answer.ignored && first_error.ok()) {
    first_error = PgToStatus(answer.name.empty() ? name : answer.name, result.get());
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    // A plan that the schema has outgrown: the next connection plans anew.
    if (answer.expected == Expected::kStatement && state != nullptr && std::string_view(state) == "0A000") {
      worn_out_ = true;
      first_error = Conflict(name, "the schema has changed");
    }
    if (state != nullptr && std::string_view(state).starts_with("57P")) lost_ = true;
  }
  if (ok && answer.expected == Expected::kStatement && answer.outcome == Outcome::kResult)
    statement = std::move(result);
  RONGHE_ASSIGN_OR_RETURN(PgResult end, Next(until));
  return end == nullptr ? absl::OkStatus() : Lost("out of step");
}

absl::Status PgConnection::Copy(const char* name, const std::string& command, std::string_view text,
                                absl::Time deadline) {
  absl::Time until = Patience(deadline);
  // COPY is not possible in a pipeline.
  if (PQexitPipelineMode(connection_) != 1) return Lost("leaving pipeline mode");
  absl::Status status = CopyAll(name, command, text, until);
  if (!lost_ && PQenterPipelineMode(connection_) != 1) return Lost("pipeline mode");
  return status;
}

absl::Status PgConnection::CopyAll(const char* name, const std::string& command, std::string_view text,
                                   absl::Time until) {
  if (PQsendQuery(connection_, command.c_str()) != 1) return Lost(name);
  RONGHE_RETURN_IF_ERROR(Flush(until));
  RONGHE_ASSIGN_OR_RETURN(PgResult ready, Next(until));
  absl::Status status;
  if (PQresultStatus(ready.get()) == PGRES_COPY_IN) {
    while (!text.empty()) {
      std::string_view chunk = text.substr(0, kCopyChunk);
      int put = PQputCopyData(connection_, chunk.data(), static_cast<int>(chunk.size()));
      if (put < 0) return Lost(name);
      if (put == 1) text.remove_prefix(chunk.size());
      RONGHE_RETURN_IF_ERROR(Flush(until));
    }
    int ended = 0;
    while ((ended = PQputCopyEnd(connection_, nullptr)) == 0) RONGHE_RETURN_IF_ERROR(Flush(until));
    if (ended < 0) return Lost(name);
    RONGHE_RETURN_IF_ERROR(Flush(until));
    RONGHE_ASSIGN_OR_RETURN(ready, Next(until));
  }
  while (ready != nullptr) {
    if (PQresultStatus(ready.get()) == PGRES_FATAL_ERROR && status.ok()) status = PgToStatus(name, ready.get());
    if (PQstatus(connection_) == CONNECTION_BAD) return Lost(name);
    RONGHE_ASSIGN_OR_RETURN(ready, Next(until));
  }
  return status;
}

}  // namespace ronghe::common::sql
