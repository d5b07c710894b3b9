#include "services/education/app/activity_store.h"

#include <fmt/format.h>

namespace ronghe::education {

std::string NameOf(ActivityId id) {
  return fmt::format("activities/{}", id.value);
}

std::string EtagOf(const StoredActivity& stored) {
  return fmt::format("{:x}.{:x}", stored.version, absl::ToUnixMicros(stored.update_time));
}

ActivityPosition PositionOf(const StoredActivity& stored) {
  return {absl::ToUnixMicros(stored.activity.start), stored.id.value};
}

}  // namespace ronghe::education
