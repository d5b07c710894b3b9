#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"

namespace ronghe::education {

// To which units a member belonged, and when. Organization keeps it.
struct Membership {
  struct Stay {
    common::UnitUid unit;
    absl::CivilDay from;  // until the day before the next one's
  };
  int64_t member = 0;
  absl::CivilDay join;
  std::optional<absl::CivilDay> end;  // the last day; none while it lasts
  std::vector<Stay> stays;            // in the order of time

  // The unit of a day; none where the member was not one.
  std::optional<common::UnitUid> UnitOn(absl::CivilDay day) const {
    if (day < join || (end && day > *end)) return std::nullopt;
    const auto after = std::upper_bound(stays.begin(), stays.end(), day,
                                        [](absl::CivilDay d, const Stay& stay) { return d < stay.from; });
    if (after == stays.begin()) return std::nullopt;
    return std::prev(after)->unit;
  }
  // The unit to which the member belongs, or belonged last.
  std::optional<common::UnitUid> LastUnit() const {
    if (stays.empty()) return std::nullopt;
    return stays.back().unit;
  }
};

}  // namespace ronghe::education
