#include "services/common/import/import_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ronghe::common {
namespace {

constexpr int kDueAtOnce = 64;
constexpr int kStepsInARow = 16;  // of one import, before the others get their turn
constexpr int kDropped = 5'000;

}  // namespace

ImportRunner::ImportRunner(ImportEngine& engine, ImportHub& hub, Options options, Report report)
    : engine_(engine), hub_(hub), options_(std::move(options)), report_(std::move(report)) {}

ImportRunner::~ImportRunner() {
  Stop();
}

void ImportRunner::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void ImportRunner::Stop() {
  {
    common::MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ImportRunner::Wake() {
  {
    common::MutexLock lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

bool ImportRunner::stopping() const {
  common::MutexLock lock(mutex_);
  return stopping_;
}

common::Call ImportRunner::NewCall() const {
  common::Call call;
  call.actor.service = "organization";
  call.cancelled = [this] { return stopping(); };
  return call;
}

void ImportRunner::Loop() {
  while (!stopping()) {
    const absl::StatusOr<bool> more = Round();
    if (!more.ok()) report_("imports", more.status());
    if (more.ok() && *more) continue;
    Follow();
    hub_.Flush();
    std::unique_lock<std::mutex> lock(mutex_.native());
    wake_.wait_for(lock, absl::ToChronoMilliseconds(options_.look),
                   [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return woken_ || stopping_; });
    [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { woken_ = false; }();
  }
  // So that another process need not wait for the lease to run out.
  if (leased_until_ > engine_.clock().Now()) engine_.store().Release(NewCall(), options_.holder).IgnoreError();
}

absl::Status ImportRunner::RunOnce() {
  for (;;) {
    RONGHE_ASSIGN_OR_RETURN(const bool more, Round());
    if (!more) return absl::OkStatus();
  }
}

absl::StatusOr<bool> ImportRunner::HoldLease() {
  const absl::Time now = engine_.clock().Now();
  if (leased_until_ - now > options_.lease / 2) return true;
  const absl::Time until = now + options_.lease;
  RONGHE_ASSIGN_OR_RETURN(const bool held, engine_.store().Lease(NewCall(), options_.holder, until));
  leased_until_ = held ? until : absl::InfinitePast();
  return held;
}

absl::StatusOr<bool> ImportRunner::Round() {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<int64_t> due, engine_.store().Due(NewCall(), kDueAtOnce));
  const bool keep_house = engine_.clock().Now() - housekept_ >= options_.housekeeping;
  if (due.empty() && !keep_house) {
    troubles_.clear();
    return false;
  }
  RONGHE_ASSIGN_OR_RETURN(const bool held, HoldLease());
  if (!held) return false;
  bool more = false;
  for (const int64_t id : due) {
    if (stopping()) return false;
    if (Advance(id)) more = true;
  }
  if (keep_house) {
    housekept_ = engine_.clock().Now();
    if (absl::Status status = Housekeep(); !status.ok()) report_("imports: housekeeping", status);
  }
  return more;
}

bool ImportRunner::Advance(int64_t id) {
  const auto trouble = troubles_.find(id);
  if (trouble != troubles_.end() && engine_.clock().Now() < trouble->second.not_before) return false;
  const auto beat = [this](const Import& import) {
    hub_.Publish(import);
    const absl::StatusOr<bool> held = HoldLease();
    return held.ok() && *held && !stopping();
  };
  for (int i = 0; i < kStepsInARow; ++i) {
    const common::Call call = NewCall();
    absl::StatusOr<ImportEngine::StepResult> step = engine_.Step(call, id, beat);
    if (!step.ok()) {
      if (stopping()) return false;
      Trouble& now = troubles_[id];
      now.failures = std::min(now.failures + 1, 8);
      now.not_before = engine_.clock().Now() + absl::Milliseconds(50) * (1 << now.failures);
      report_("imports: step", step.status());
      return false;
    }
    hub_.Publish(step->import);
    if (step->idle) return false;
    if (!beat(step->import)) return false;
  }
  troubles_.erase(id);
  return true;
}

void ImportRunner::Follow() {
  // Imports that another process runs, or that the last step of ours left as they are: streams here wait for their
  // news.
  if (leased_until_ > engine_.clock().Now()) return;
  for (const int64_t id : hub_.Tracked()) {
    const absl::StatusOr<Import> import = engine_.store().Get(NewCall(), id);
    if (import.ok()) hub_.Publish(*import);
  }
}

absl::Status ImportRunner::Housekeep() {
  const absl::Time now = engine_.clock().Now();
  ImportStore& store = engine_.store();
  const auto drop = [&](const std::vector<int64_t>& ids, absl::Duration kept) -> absl::Status {
    for (const int64_t id : ids) {
      const absl::StatusOr<Import> import = store.Get(NewCall(), id);
      if (!import.ok()) return import.status();
      if (now - import->update_time < kept) continue;
      for (bool gone = false; !gone && !stopping();) {
        RONGHE_ASSIGN_OR_RETURN(gone, store.Drop(NewCall(), *import, kDropped));
      }
    }
    return absl::OkStatus();
  };
  RONGHE_ASSIGN_OR_RETURN(const std::vector<int64_t> unfinished,
                          store.Unfinished(NewCall(), now - kReceivingKept, kDueAtOnce));
  RONGHE_RETURN_IF_ERROR(drop(unfinished, kReceivingKept));
  RONGHE_ASSIGN_OR_RETURN(const std::vector<int64_t> ended, store.Ended(NewCall(), now - kEndedKept, kDueAtOnce));
  return drop(ended, kEndedKept);
}

}  // namespace ronghe::common
