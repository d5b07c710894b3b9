#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"
#include "services/organization/app/member_store.h"
#include "services/organization/domain/alert.h"

namespace ronghe::organization {

// The order of lists: most urgent first, the oldest of those first.
struct AlertPosition {
  int64_t severity = 0;
  int64_t since = 0;  // day number
  common::UnitUid unit;
  int64_t rule = 0;
  friend auto operator<=>(const AlertPosition&, const AlertPosition&) = default;
};

struct StoredAlert {
  common::UnitUid unit;
  AlertRule rule = AlertRule::kUnspecified;
  AlertSeverity severity = AlertSeverity::kUnspecified;
  absl::CivilDay since;
  int64_t value = 0;
  int64_t limit = 0;
  TermId term;

  AlertPosition position() const;
};

// Bit n of a mask allows the value n.
struct AlertFilter {
  uint32_t rules = ~0u;
  uint32_t severities = ~0u;
};

// Alerts as they were last judged. Thread-safe.
class AlertStore {
 public:
  virtual ~AlertStore() = default;
  // At most `limit` after a position: of these units of the partition (at most 512), or of all where there are none.
  virtual absl::StatusOr<std::vector<StoredAlert>> List(const UnitsOfPartition& units, const AlertFilter& filter,
                                                        const AlertPosition& after, int limit, absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
