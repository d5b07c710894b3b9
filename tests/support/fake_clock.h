#pragma once

#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::tests {

// A clock that stands still until it is moved. Thread-safe.
class FakeClock final : public common::Clock {
 public:
  // Default: 2026-11-16 09:00 in Beijing, a Monday.
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'794'790'800)) : now_(now) {}
  absl::Time Now() const override {
    common::MutexLock lock(mutex_);
    return now_;
  }
  void Set(absl::Time now) {
    common::MutexLock lock(mutex_);
    now_ = now;
  }
  void Advance(absl::Duration by) {
    common::MutexLock lock(mutex_);
    now_ += by;
  }

 private:
  mutable common::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace ronghe::tests
