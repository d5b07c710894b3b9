#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "services/common/timer/timer.h"
#include "services/common/timer/timer_rows.h"
#include "services/common/values/call.h"
#include "services/common/values/mutex.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using timer::TimerRow;

constexpr absl::Duration kStatementDeadline = absl::Seconds(10);
// Hints come with every commit; between two looks there is at least so much time.
constexpr absl::Duration kSpacing = absl::Milliseconds(50);
constexpr int kMaxDoublings = 30;
// For so many rounds a loop leaves a partition to the process that it met there.
constexpr int kRoundsApart = 20;

// Deadlines of the database are real time, whatever the injected clock says.
absl::Time StatementDeadline() {
  return SystemClock().Now() + kStatementDeadline;
}

}  // namespace

struct TimerLoop::Impl {
  Impl(sql::Database& d, ChangeLog& l, const Clock& c, Options o) : database(d), log(l), clock(c), options(o) {
    options.batch = std::max(options.batch, 1);
    options.together = std::max(options.together, 1);
  }

  // What a round found.
  struct Round {
    std::vector<TimerRow> due;
    absl::Time now;
    absl::Time next = absl::InfiniteFuture();  // the next one, where it is near
    bool more = false;                         // may be due now
  };

  // What became of timers that were to be fired together.
  struct Shot {
    int64_t fired = 0;
    bool met = false;  // none was left: another process is at work in the partition, or they were cleared
  };

  absl::Status Look(Round& round);
  absl::Status LookOnce(Round& round);
  absl::StatusOr<int64_t> Fire(const Round& round);
  absl::StatusOr<Shot> FireTogether(std::span<const TimerRow> rows, absl::Time now);
  absl::Status Handled(WriteTxn& txn, std::span<const TimerRow> rows);
  absl::Status PutOff(const TimerRow& row, absl::Time now);
  void Run() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // waiting is beyond it
  bool Stopping() {
    MutexLock lock(mutex);
    return stopping;
  }
  void Report(const absl::Status& status) const {
    if (!status.ok() && on_error) on_error(status);
  }

  sql::Database& database;
  ChangeLog& log;
  const Clock& clock;
  Options options;
  std::map<std::string, BatchHandler> handlers;
  // Partitions where another process is at work: the loop goes where it is not in its way. Of the loop's thread.
  std::set<PartitionId> apart;
  int rounds_apart = 0;
  std::function<void(const absl::Status&)> on_error;

  Mutex mutex;
  std::condition_variable changed;
  bool hinted ABSL_GUARDED_BY(mutex) = false;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::thread thread ABSL_GUARDED_BY(mutex);
};

absl::Status TimerLoop::Impl::Look(Round& round) {
  if (!apart.empty() && ++rounds_apart > kRoundsApart) apart.clear();
  RONGHE_RETURN_IF_ERROR(LookOnce(round));
  if (apart.empty()) return absl::OkStatus();
  if (!round.due.empty()) {
    round.more = true;
    return absl::OkStatus();
  }
  // There is work nowhere else: then side by side.
  apart.clear();
  return LookOnce(round);
}

absl::Status TimerLoop::Impl::LookOnce(Round& round) {
  const auto body = [&](sql::Session& session) -> absl::Status {
    round = {};
    round.now = clock.Now();
    if (options.server_clock && session.engine() == sql::Engine::kPostgresql) {
      RONGHE_ASSIGN_OR_RETURN(round.now, timer::ServerTime(session));
    }
    // With those that will be due before the next look.
    const int64_t until_us = absl::ToUnixMicros(round.now + options.poll);
    for (const auto& [kind, handler] : handlers) {
      RONGHE_ASSIGN_OR_RETURN(std::vector<TimerRow> rows,
                              timer::ReadTimers(session, kind, until_us, apart, options.batch));
      const bool full = static_cast<int>(rows.size()) == options.batch;
      round.more = round.more || (full && absl::FromUnixMicros(rows.back().attempt_us) <= round.now);
      for (TimerRow& row : rows) {
        const absl::Time attempt = absl::FromUnixMicros(row.attempt_us);
        if (attempt <= round.now) {
          round.due.push_back(std::move(row));
        } else {
          round.next = std::min(round.next, attempt);
        }
      }
    }
    return absl::OkStatus();
  };
  return database.Read(StatementDeadline(), body);
}

absl::StatusOr<int64_t> TimerLoop::Impl::Fire(const Round& round) {
  std::map<PartitionId, std::vector<TimerRow>> partitions;
  for (const TimerRow& row : round.due) partitions[row.partition].push_back(row);
  int64_t fired = 0;
  for (const auto& [partition, rows] : partitions) {
    for (std::span<const TimerRow> left(rows); !left.empty();) {
      if (Stopping()) return fired;
      const size_t count = std::min(left.size(), static_cast<size_t>(options.together));
      RONGHE_ASSIGN_OR_RETURN(const Shot shot, FireTogether(left.first(count), round.now));
      fired += shot.fired;
      left = left.subspan(count);
      if (!shot.met) continue;
      if (apart.empty()) rounds_apart = 0;
      apart.insert(partition);
      break;
    }
  }
  return fired;
}

// Those of one partition, in one transaction; if that fails, each in its own. Whatever the reason is, one that fails is
// put off: what a handler logs may fail later than the handler.
absl::StatusOr<TimerLoop::Impl::Shot> TimerLoop::Impl::FireTogether(std::span<const TimerRow> rows, absl::Time now) {
  Shot shot;
  Call call;
  call.deadline = StatementDeadline();
  const absl::Status status =
      log.Write(rows.front().partition, call,
                [&](WriteTxn& txn) -> absl::Status {
                  RONGHE_ASSIGN_OR_RETURN(const std::vector<bool> ours, timer::DeleteTimers(txn.session(), rows));
                  std::vector<TimerRow> left;
                  for (size_t i = 0; i < rows.size(); ++i) {
                    // The others were fired elsewhere, cleared, or set anew.
                    if (ours[i]) left.push_back(rows[i]);
                  }
                  shot = {static_cast<int64_t>(left.size()), left.empty()};
                  return Handled(txn, left);
                })
          .status();
  if (status.ok()) return shot;
  shot = {};
  if (rows.size() == 1) {
    Report(status);
    RONGHE_RETURN_IF_ERROR(PutOff(rows.front(), now));
    return shot;
  }
  for (size_t i = 0; i < rows.size() && !Stopping(); ++i) {
    RONGHE_ASSIGN_OR_RETURN(const Shot one, FireTogether(rows.subspan(i, 1), now));
    shot.fired += one.fired;
  }
  return shot;
}

// Those of one kind that stand together, together.
absl::Status TimerLoop::Impl::Handled(WriteTxn& txn, std::span<const TimerRow> rows) {
  while (!rows.empty()) {
    const std::string& kind = rows.front().kind;
    std::vector<DueTimer> together;
    for (const TimerRow& row : rows) {
      if (row.kind != kind) break;
      together.push_back({row.kind, row.record, absl::FromUnixMicros(row.due_us)});
    }
    RONGHE_RETURN_IF_ERROR(handlers.at(kind)(txn, together));
    rows = rows.subspan(together.size());
  }
  return absl::OkStatus();
}

absl::Status TimerLoop::Impl::PutOff(const TimerRow& row, absl::Time now) {
  const auto doublings = static_cast<int>(std::min<int64_t>(row.attempts, kMaxDoublings));
  const absl::Duration pause = std::min(options.first_retry * (int64_t{1} << doublings), options.last_retry);
  return database.Write(StatementDeadline(), [&](sql::Session& session) {
    return timer::Postpone(session, row, absl::ToUnixMicros(now + pause));
  });
}

void TimerLoop::Impl::Run() {
  std::unique_lock lock(mutex.native());
  while (!stopping) {
    hinted = false;
    lock.unlock();
    Round round;
    absl::Status status = Look(round);
    if (status.ok()) status = Fire(round).status();
    Report(status);
    const absl::Duration pause =
        status.ok() ? std::clamp(round.next - round.now, absl::ZeroDuration(), options.poll) : options.poll;
    lock.lock();
    if (status.ok() && (round.more || !apart.empty())) continue;
    const auto stop = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping; };
    const auto wake = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping || hinted; };
    changed.wait_for(lock, absl::ToChronoMicroseconds(std::min(kSpacing, pause)), stop);
    if (pause > kSpacing) changed.wait_for(lock, absl::ToChronoMicroseconds(pause - kSpacing), wake);
  }
}

TimerLoop::TimerLoop(sql::Database& database, ChangeLog& log, const Clock& clock)
    : TimerLoop(database, log, clock, Options{}) {}
TimerLoop::TimerLoop(sql::Database& database, ChangeLog& log, const Clock& clock, Options options)
    : impl_(std::make_unique<Impl>(database, log, clock, options)) {}
TimerLoop::~TimerLoop() {
  Stop();
}

void TimerLoop::Handle(std::string kind, Handler handler) {
  HandleTogether(std::move(kind), [handler = std::move(handler)](WriteTxn& txn, std::span<const DueTimer> timers) {
    absl::Status status;
    for (size_t i = 0; status.ok() && i < timers.size(); ++i) status = handler(txn, timers[i]);
    return status;
  });
}

void TimerLoop::HandleTogether(std::string kind, BatchHandler handler) {
  impl_->handlers[std::move(kind)] = std::move(handler);
}

void TimerLoop::OnError(std::function<void(const absl::Status&)> callback) {
  impl_->on_error = std::move(callback);
}

void TimerLoop::Start() {
  MutexLock lock(impl_->mutex);
  if (impl_->thread.joinable()) return;
  impl_->stopping = false;
  impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
}

void TimerLoop::Stop() {
  std::thread thread;
  {
    MutexLock lock(impl_->mutex);
    impl_->stopping = true;
    thread = std::move(impl_->thread);
  }
  impl_->changed.notify_all();
  if (thread.joinable()) thread.join();
}

void TimerLoop::Hint() {
  {
    MutexLock lock(impl_->mutex);
    impl_->hinted = true;
  }
  impl_->changed.notify_one();
}

absl::StatusOr<int64_t> TimerLoop::FireDue() {
  int64_t fired = 0;
  for (;;) {
    Impl::Round round;
    RONGHE_RETURN_IF_ERROR(impl_->Look(round));
    RONGHE_ASSIGN_OR_RETURN(const int64_t some, impl_->Fire(round));
    fired += some;
    const bool more = round.more || !impl_->apart.empty();
    if (!more || impl_->Stopping()) return fired;
  }
}

}  // namespace ronghe::common
