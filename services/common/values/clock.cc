#include "services/common/values/clock.h"

#include <absl/time/clock.h>

namespace ronghe::common {

absl::Time SystemClock::Now() const {
  return absl::Now();
}

}  // namespace ronghe::common
