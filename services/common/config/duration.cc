#include <fmt/format.h>

#include "services/common/config/settings.h"
#include "services/common/values/status.h"

namespace ronghe::common {

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  absl::Duration duration;
  // A bare number has no unit; absl takes a bare 0, which we do too.
  if (!absl::ParseDuration(absl::string_view(text.data(), text.size()), &duration) || duration < absl::ZeroDuration() ||
      duration > absl::Hours(24 * 366)) {
    return InvalidArgument("duration", "INVALID_DURATION",
                           {"must be a duration such as 250ms, 30s or 5m", "必须是时长，例如 250ms、30s 或 5m"});
  }
  return duration;
}

std::string DurationText(absl::Duration duration) {
  return absl::FormatDuration(duration);
}

}  // namespace ronghe::common
