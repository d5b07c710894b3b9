#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/call.h"
#include "services/education/domain/attendance.h"
#include "services/education/domain/membership.h"

namespace ronghe::education {

// Who belongs where: organization knows. Thread-safe.
class Roster {
 public:
  virtual ~Roster() = default;
  // The members of the units on a day, by (member, unit). UNAVAILABLE while organization cannot be asked.
  virtual absl::StatusOr<std::vector<RosterMember>> Of(std::span<const common::UnitUid> units, absl::CivilDay day,
                                                       const common::Call& call) = 0;
  // The memberships of members, by member; those who are not known are left out. UNAVAILABLE likewise.
  virtual absl::StatusOr<std::vector<Membership>> Memberships(std::span<const int64_t> members,
                                                              absl::Time deadline) = 0;
};

}  // namespace ronghe::education
