#include "services/organization/storage/directory_feed.h"

#include <chrono>
#include <mutex>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

constexpr std::chrono::milliseconds kTick(200);
// Real time, as the database has it.
constexpr absl::Duration kRound = absl::Seconds(4);
constexpr absl::Duration kReload = absl::Minutes(1);

}  // namespace

absl::Status DirectoryFeed::Start(absl::Time deadline) {
  RONGHE_RETURN_IF_ERROR(Reload(deadline));
  RONGHE_RETURN_IF_ERROR(RunOnce(deadline));
  thread_ = std::thread([this] { Loop(); });
  return absl::OkStatus();
}

void DirectoryFeed::Stop() {
  {
    common::MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void DirectoryFeed::Wake() {
  {
    common::MutexLock lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

absl::Status DirectoryFeed::Reload(absl::Time deadline) {
  RONGHE_ASSIGN_OR_RETURN(std::vector<common::DirectoryDelta> pieces, loader_.LoadAll(deadline));
  for (const common::DirectoryDelta& piece : pieces) directory_.Apply(piece, clock_.Now());
  return absl::OkStatus();
}

absl::Status DirectoryFeed::RunOnce(absl::Time deadline) {
  while (true) {
    int64_t position = directory_.position();
    absl::StatusOr<common::DirectoryDelta> delta = loader_.After(position, directory_.structure_revision(), deadline);
    if (absl::IsOutOfRange(delta.status())) return Reload(common::SystemClock().Now() + kReload);
    RONGHE_RETURN_IF_ERROR(delta.status());
    if (delta->position == position) {
      directory_.Heard(clock_.Now());
      return absl::OkStatus();
    }
    directory_.Apply(*delta, clock_.Now());
  }
}

void DirectoryFeed::Loop() {
  while (true) {
    {
      std::unique_lock<std::mutex> lock(mutex_.native());
      wake_.wait_for(lock, kTick, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return woken_ || stopping_; });
      if (stopping_) return;
      woken_ = false;
    }
    absl::Status status = RunOnce(common::SystemClock().Now() + kRound);
    if (!status.ok()) report_(status);
  }
}

}  // namespace ronghe::organization
