#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/common/values/clock.h"
#include "services/common/values/ids.h"

// Deadlines that change records when they pass. A timer is a row in the partition of its record and fires exactly once:
// in one transaction that deletes the row and lets the handler of its kind change the record and log.
namespace ronghe::common {

std::span<const sql::Migration> TimerMigrations();

// Sets the record's timer of a kind, in its partition, whatever it was set to before: a firing of the old deadline that
// has not been committed yet will not be. At most one timer for each kind and record. A deadline in the past fires
// soon.
absl::Status SetTimer(WriteTxn& txn, std::string_view kind, int64_t record, absl::Time due);
// The same in another partition, for what a change here is to bring about there. It fires soon.
absl::Status SetTimerIn(WriteTxn& txn, PartitionId partition, std::string_view kind, int64_t record);
// There is none any longer; OK if there was none.
absl::Status ClearTimer(WriteTxn& txn, std::string_view kind, int64_t record);
// When it is due; nullopt for none. For a record's own rules and for tests.
absl::StatusOr<std::optional<absl::Time>> TimerDue(sql::Session& session, PartitionId partition, std::string_view kind,
                                                   int64_t record);

// A timer that has passed.
struct DueTimer {
  std::string kind;
  int64_t record = 0;
  absl::Time due;
};

// Fires what is due: at once on a hint, at the time of the next one, and every second. Any number of loops, in any
// number of processes, may run on one database. Due is judged by the database server's clock, read once a batch; on
// SQLite by the injected one. A clock that is set back delays timers and never unfires one.
class TimerLoop {
 public:
  // In the firing transaction, which has deleted the timer; it may set it anew. Changes the record and logs, with what
  // it adds to totals. No effect but through its transaction: it may run again. Timers of the partition that came due
  // with this one may be gone already, and fire after it also if it clears them: the record's state decides. An error
  // leaves the timer, which is tried again later, after ever longer pauses, and holds up no other.
  using Handler = std::function<absl::Status(WriteTxn& txn, const DueTimer& timer)>;
  // The same for several of one partition, in their order, so that their records can be read in one go. An error is
  // nobody's: each is then tried by itself.
  using BatchHandler = std::function<absl::Status(WriteTxn& txn, std::span<const DueTimer> timers)>;
  struct Options {
    int batch = 500;                         // timers looked at in one go
    int together = 200;                      // of one partition, in one transaction
    absl::Duration poll = absl::Seconds(1);  // without a hint
    absl::Duration first_retry = absl::Seconds(1);
    absl::Duration last_retry = absl::Minutes(10);
    bool server_clock = true;  // false: the injected one, on every engine; for tests
  };
  // All outlive it.
  TimerLoop(sql::Database& database, ChangeLog& log, const Clock& clock, Options options);
  TimerLoop(sql::Database& database, ChangeLog& log, const Clock& clock);
  ~TimerLoop();  // stops

  // Set before Start. A timer of a kind without a handler is left alone until a process has one.
  void Handle(std::string kind, Handler handler);
  void HandleTogether(std::string kind, BatchHandler handler);
  // Called with errors of handlers and of the loop itself, which goes on. For the log. Set before Start.
  void OnError(std::function<void(const absl::Status&)> callback);
  void Start();
  void Stop();
  // Wakes the thread: a timer may have been set. Cheap, from any thread; for ChangeLog::OnCommit.
  void Hint();
  // Fires all that is due now, in the caller's thread; returns how many have fired. For tests.
  absl::StatusOr<int64_t> FireDue();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ronghe::common
