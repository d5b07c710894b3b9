#include "services/common/rollup/audit_schedule.h"

#include <chrono>
#include <mutex>
#include <utility>

#include "services/common/values/clock.h"

namespace ronghe::common {

AuditSchedule::AuditSchedule(Auditor& auditor, Options options, Done done)
    : auditor_(auditor), options_(options), done_(std::move(done)) {}

AuditSchedule::~AuditSchedule() {
  Stop();
}

void AuditSchedule::Start() {
  MutexLock lock(mutex_);
  if (thread_.joinable() || stopping_) return;
  thread_ = std::thread([this] { Run(); });
}

void AuditSchedule::Stop() {
  std::thread thread;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    thread = std::move(thread_);
  }
  auditor_.Cancel();
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

void AuditSchedule::Run() {
  // How long to wait is real time, whatever a test's clock says.
  SystemClock clock;
  absl::Time next = clock.Now() + options_.interval;
  std::unique_lock lock(mutex_.native());
  while (!stopping_) {
    const absl::Duration pause = next - clock.Now();
    if (pause > absl::ZeroDuration()) {
      changed_.wait_for(lock, absl::ToChronoMicroseconds(pause));
      continue;
    }
    lock.unlock();
    next = clock.Now() + options_.interval;
    const absl::StatusOr<AuditReport> report = auditor_.Run(options_.max_differences, clock.Now() + options_.deadline);
    lock.lock();
    if (stopping_) return;
    lock.unlock();
    done_(report);
    lock.lock();
  }
}

}  // namespace ronghe::common
