#pragma once

#include <memory>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "gateway/overview/part.h"
#include "services/common/values/clock.h"
#include "services/common/values/mutex.h"

namespace ronghe::gateway {

// What all services together know about some units.
struct Collected {
  std::vector<PartAnswer> parts;  // in the order of the services
  bool structure_differs = false;
};

// Asks the services side by side, within the caller's deadline. Where their figures are summed under different
// structures, waits up to kStructureWait for those behind. Thread-safe.
class Collector {
 public:
  static constexpr absl::Duration kStructureWait = absl::Milliseconds(200);

  // The clock outlives it.
  Collector(std::vector<std::unique_ptr<Part>> parts, const common::Clock& clock)
      : parts_(std::move(parts)), clock_(clock) {}

  const std::vector<std::unique_ptr<Part>>& parts() const { return parts_; }
  absl::StatusOr<Collected> Collect(const Wanted& wanted, absl::Time deadline);

 private:
  void Align(const Wanted& wanted, absl::Time deadline, Collected& collected);
  void Reload(const Wanted& wanted, absl::Time deadline, int64_t structure, Collected& collected);

  const std::vector<std::unique_ptr<Part>> parts_;
  const common::Clock& clock_;
  common::Mutex mutex_;
  absl::Time in_vain_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // waited for a structure
};

// Until when services may take, so that some time is left to answer the caller with what there is.
absl::Time PartDeadline(absl::Time now, absl::Time deadline);

}  // namespace ronghe::gateway
