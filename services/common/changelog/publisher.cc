#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "services/common/changelog/changelog.h"
#include "services/common/changelog/publication.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

using publication::Batch;
using publication::Lease;
using publication::Look;

// As many partitions as one batch looks at.
constexpr int kMaxBatch = 5000;
constexpr absl::Duration kStepDeadline = absl::Seconds(10);
// Of one change alone, which cannot be split.
constexpr absl::Duration kSingleDeadline = absl::Minutes(10);
constexpr absl::Duration kAfterError = absl::Milliseconds(200);
// By how much a batch shrinks that took too long.
constexpr int kShrink = 8;
// Where looking is dear (many partitions, a far database), it is done less often: at most 2% of the time is spent on
// it.
constexpr int kIdleShare = 50;
constexpr absl::Duration kLongestPoll = absl::Milliseconds(250);
// How long a publication is followed by none, in lengths of itself; never longer than a poll.
constexpr int kRestPerWork = 2;

// Deadlines of the database are real time, whatever the injected clock says.
absl::Time StatementDeadline() {
  return SystemClock().Now() + kStepDeadline;
}

bool LeaseLost(const absl::Status& status) {
  return absl::IsAborted(status);
}

}  // namespace

struct Publisher::Impl {
  Impl(sql::Database& d, const Clock& c, Random& random, Options o)
      : database(d), clock(c), options(o), holder(random.Uuid()) {
    options.batch = std::clamp(options.batch, 1, kMaxBatch);
    limit = options.batch;
  }

  // How a publication went.
  struct Round {
    bool more = false;         // at once
    absl::Duration look_cost;  // of seeing whether there is something to do
    absl::Duration rest;       // before the next one, hinted or not
  };

  absl::StatusOr<Look> LookNow() {
    Look look;
    const auto body = [&](sql::Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(look, publication::LookAround(session));
      return absl::OkStatus();
    };
    RONGHE_RETURN_IF_ERROR(database.Read(StatementDeadline(), body));
    return look;
  }

  // `full`: as many as were allowed, so there may be more.
  struct Published : Batch {
    bool full = false;
  };
  absl::StatusOr<Published> Publish(const Lease& seen) {
    const absl::Time now = clock.Now();
    const Lease next{.epoch = seen.holder == holder ? seen.epoch : seen.epoch + 1,
                     .holder = holder,
                     .until_us = absl::ToUnixMicros(now + options.lease)};
    const int tried = limit;
    Published batch;
    const auto body = [&](sql::Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(static_cast<Batch&>(batch),
                              publication::PublishBatch(session, seen, next, absl::ToUnixMicros(now), tried));
      if (step == nullptr || batch.count == 0) return absl::OkStatus();
      return step->Publish(session, batch.position - batch.count, batch.position);
    };
    const absl::Time deadline = tried > 1 ? StatementDeadline() : SystemClock().Now() + kSingleDeadline;
    const absl::Status written = database.Write(deadline, body);
    if (step != nullptr) step->Ended(written.ok());
    // How much work a change is for the step is not known before: what takes too long is tried in smaller batches.
    if (absl::IsDeadlineExceeded(written)) limit = std::max(tried / kShrink, 1);
    RONGHE_RETURN_IF_ERROR(written);
    limit = std::min(tried * 2, options.batch);
    batch.full = batch.count >= tried;
    return batch;
  }

  bool MayPublish(const Lease& lease) const {
    return lease.holder == holder || lease.until_us <= absl::ToUnixMicros(clock.Now());
  }

  // Tells the last position, each once and only forwards.
  void Announce(int64_t position) {
    int64_t before = announced.load();
    while (before < position && !announced.compare_exchange_weak(before, position)) {
    }
    if (before < position && on_published) on_published(position);
  }

  // One look, and one batch if there is something and it is ours to do.
  absl::StatusOr<Round> RunRound() {
    const absl::Time start = clock.Now();
    RONGHE_ASSIGN_OR_RETURN(const Look look, LookNow());
    Round round;
    round.look_cost = clock.Now() - start;
    Announce(look.position);
    if (!look.pending || !MayPublish(look.lease)) return round;
    absl::StatusOr<Published> batch = Publish(look.lease);
    if (LeaseLost(batch.status())) return round;
    RONGHE_RETURN_IF_ERROR(batch.status());
    Announce(batch->position);
    round.more = batch->full;
    // Under load, hints come with every commit, and batches of a few changes would take what the writers need.
    round.rest = std::min((clock.Now() - start) * kRestPerWork, options.poll);
    return round;
  }

  absl::StatusOr<int64_t> PublishAll() {
    for (;;) {
      RONGHE_ASSIGN_OR_RETURN(const Look look, LookNow());
      Announce(look.position);
      if (!look.pending) return look.position;
      const int before = limit;
      absl::StatusOr<Published> batch = Publish(look.lease);
      if (LeaseLost(batch.status())) continue;  // taken in between: take it back
      if (absl::IsDeadlineExceeded(batch.status()) && limit < before) continue;
      RONGHE_RETURN_IF_ERROR(batch.status());
      Announce(batch->position);
      if (!batch->full) return batch->position;
    }
  }

  absl::StatusOr<int64_t> DropExpired();
  // Runs `batch` in transactions of its own until it finds nothing more.
  absl::Status DropAll(absl::FunctionRef<absl::StatusOr<int64_t>(sql::Session&)> batch, int64_t& total);
  void Run() ABSL_NO_THREAD_SAFETY_ANALYSIS;  // waiting is beyond it
  bool Stopping() {
    MutexLock lock(mutex);
    return stopping;
  }

  sql::Database& database;
  const Clock& clock;
  Options options;
  const std::string holder;
  PublicationStep* step = nullptr;
  std::function<void(int64_t)> on_published;
  std::function<void(const absl::Status&)> on_error;
  std::atomic<int64_t> announced = 0;
  std::atomic<int> limit = 1;  // of the next batch

  Mutex mutex;
  std::condition_variable changed;
  bool hinted ABSL_GUARDED_BY(mutex) = false;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  std::thread thread ABSL_GUARDED_BY(mutex);
};

absl::Status Publisher::Impl::DropAll(absl::FunctionRef<absl::StatusOr<int64_t>(sql::Session&)> batch, int64_t& total) {
  int64_t dropped = 0;
  const auto body = [&](sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(dropped, batch(session));
    return absl::OkStatus();
  };
  do {
    RONGHE_RETURN_IF_ERROR(database.Write(StatementDeadline(), body));
    total += dropped;
  } while (dropped > 0 && !Stopping());
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Publisher::Impl::DropExpired() {
  const absl::Time now = clock.Now();
  const int64_t now_us = absl::ToUnixMicros(now);
  const int64_t cutoff_us = absl::ToUnixMicros(now - options.retention);
  int64_t total = 0;
  const auto feed = [&](sql::Session& session) { return publication::DropFeed(session, cutoff_us); };
  RONGHE_RETURN_IF_ERROR(DropAll(feed, total));
  std::vector<int64_t> registries;
  const auto find = [&](sql::Session& session) -> absl::Status {
    for (int i = 0; i < kRegistryPartitions; ++i) {
      const int64_t registry = kRegistryPartition.value + i;
      RONGHE_ASSIGN_OR_RETURN(const bool has, publication::HasExpiredRequests(session, registry, now_us));
      if (has) registries.push_back(registry);
    }
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database.Read(StatementDeadline(), find));
  for (const int64_t registry : registries) {
    const auto requests = [&](sql::Session& session) { return publication::DropRequests(session, registry, now_us); };
    RONGHE_RETURN_IF_ERROR(DropAll(requests, total));
  }
  return total;
}

void Publisher::Impl::Run() {
  absl::Time next_retention = clock.Now() + options.retention_interval;
  const auto report = [this](const absl::Status& status) {
    if (!status.ok() && on_error) on_error(status);
  };
  std::unique_lock lock(mutex.native());
  while (!stopping) {
    hinted = false;
    lock.unlock();
    const absl::StatusOr<Round> round = RunRound();
    report(round.status());
    if (round.ok() && clock.Now() >= next_retention) {
      // Another process that drops at the same time is no fault.
      if (const absl::Status dropped = DropExpired().status(); !absl::IsAborted(dropped)) report(dropped);
      next_retention = clock.Now() + options.retention_interval;
    }
    absl::Duration pause = kAfterError;
    if (round.ok())
      pause = std::clamp(round->look_cost * kIdleShare, options.poll, std::max(options.poll, kLongestPoll));
    lock.lock();
    if (round.ok() && round->more) continue;
    if (!round.ok()) hinted = false;  // a database that is away is not asked at the writers' pace
    // Waking for no reason does no harm.
    if (round.ok() && round->rest > absl::ZeroDuration()) {
      changed.wait_for(lock, absl::ToChronoMicroseconds(round->rest),
                       [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopping; });
    }
    if (!stopping && !hinted) changed.wait_for(lock, absl::ToChronoMicroseconds(pause));
  }
}

Publisher::Publisher(sql::Database& database, const Clock& clock, Random& random)
    : Publisher(database, clock, random, Options{}) {}
Publisher::Publisher(sql::Database& database, const Clock& clock, Random& random, Options options)
    : impl_(std::make_unique<Impl>(database, clock, random, options)) {}
Publisher::~Publisher() {
  Stop();
}

void Publisher::Start() {
  MutexLock lock(impl_->mutex);
  if (impl_->thread.joinable()) return;
  impl_->stopping = false;
  impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
}

void Publisher::Stop() {
  std::thread thread;
  {
    MutexLock lock(impl_->mutex);
    impl_->stopping = true;
    thread = std::move(impl_->thread);
  }
  impl_->changed.notify_all();
  if (thread.joinable()) thread.join();
}

void Publisher::Hint() {
  {
    MutexLock lock(impl_->mutex);
    impl_->hinted = true;
  }
  impl_->changed.notify_one();
}

absl::StatusOr<int64_t> Publisher::PublishOnce() {
  return impl_->PublishAll();
}
absl::StatusOr<int64_t> Publisher::DropExpired() {
  return impl_->DropExpired();
}
void Publisher::OnPublished(std::function<void(int64_t)> callback) {
  impl_->on_published = std::move(callback);
}
void Publisher::SetStep(PublicationStep& step) {
  impl_->step = &step;
}
void Publisher::OnError(std::function<void(const absl::Status&)> callback) {
  impl_->on_error = std::move(callback);
}

}  // namespace ronghe::common
