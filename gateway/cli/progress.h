#pragma once

#include <cstdint>
#include <string>

#include <absl/time/time.h>

#include "gateway/cli/console.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::gateway::cli {

// How far something is: a bar that redraws itself on a terminal, now and then a line elsewhere. Thread-safe.
class Progress {
 public:
  Progress(const Console& console, const common::Clock& clock)
      : console_(console), clock_(clock), start_(clock.Now()) {}

  // `total` 0: unknown.
  void Update(const common::Text& what, int64_t done, int64_t total);
  // Removes the bar.
  void Clear();
  absl::Duration elapsed() const { return clock_.Now() - start_; }

 private:
  const Console& console_;
  const common::Clock& clock_;
  const absl::Time start_;
  common::Mutex mutex_;
  absl::Time last_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool drawn_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ronghe::gateway::cli
