#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
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

  absl::Status Look(Round& round);
  absl::StatusOr<int64_t> Fire(const Round& round);
  absl::StatusOr<int64_t> FireTogether(std::span<const TimerRow> rows, absl::Time now);
  absl::Status FireOne(WriteTxn& txn, const TimerRow& row, int64_t& fired);
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
  std::map<std::string, Handler> handlers;
  std::function<void(const absl::Status&)> on_error;

  Mutex mutex;
  std::condition_variable changed;
  bool hinted ABSL_GUARDED_BY(mutex) = false;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::thread thread ABSL_GUARDED_BY(mutex);
};

absl::Status TimerLoop::Impl::Look(Round& round) {
  const auto body = [&](sql::Session& session) -> absl::Status {
    round = {};
    round.now = clock.Now();
    if (options.server_clock && session.engine() == sql::Engine::kPostgresql) {
      RONGHE_ASSIGN_OR_RETURN(round.now, timer::ServerTime(session));
    }
    // With those that will be due before the next look.
    const int64_t until_us = absl::ToUnixMicros(round.now + options.poll);
    for (const auto& [kind, handler] : handlers) {
      RONGHE_ASSIGN_OR_RETURN(std::vector<TimerRow> rows, timer::ReadTimers(session, kind, until_us, options.batch));
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
      RONGHE_ASSIGN_OR_RETURN(const int64_t some, FireTogether(left.first(count), round.now));
      fired += some;
      left = left.subspan(count);
    }
  }
  return fired;
}

// Those of one partition, in one transaction; if that fails, each in its own. Whatever the reason is, one that fails is
// put off: what a handler logs may fail later than the handler.
absl::StatusOr<int64_t> TimerLoop::Impl::FireTogether(std::span<const TimerRow> rows, absl::Time now) {
  int64_t fired = 0;
  Call call;
  call.deadline = StatementDeadline();
  const absl::Status status =
      log.Write(rows.front().partition, call,
                [&](WriteTxn& txn) -> absl::Status {
                  fired = 0;
                  RONGHE_ASSIGN_OR_RETURN(const std::vector<bool> ours, timer::DeleteTimers(txn.session(), rows));
                  for (size_t i = 0; i < rows.size(); ++i) {
                    // The others were fired elsewhere, cleared, or set anew.
                    if (ours[i]) RONGHE_RETURN_IF_ERROR(FireOne(txn, rows[i], fired));
                  }
                  return absl::OkStatus();
                })
          .status();
  if (status.ok()) return fired;
  if (rows.size() == 1) {
    Report(status);
    RONGHE_RETURN_IF_ERROR(PutOff(rows.front(), now));
    return 0;
  }
  fired = 0;
  for (size_t i = 0; i < rows.size() && !Stopping(); ++i) {
    RONGHE_ASSIGN_OR_RETURN(const int64_t one, FireTogether(rows.subspan(i, 1), now));
    fired += one;
  }
  return fired;
}

absl::Status TimerLoop::Impl::FireOne(WriteTxn& txn, const TimerRow& row, int64_t& fired) {
  const absl::Status handled = handlers.at(row.kind)(txn, {row.kind, row.record, absl::FromUnixMicros(row.due_us)});
  fired += handled.ok() ? 1 : 0;
  return handled;
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
    if (status.ok() && round.more) continue;
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
    if (!round.more || impl_->Stopping()) return fired;
  }
}

}  // namespace ronghe::common
