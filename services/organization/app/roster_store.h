#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/organization/app/member_store.h"
#include "services/organization/domain/member.h"

namespace ronghe::organization {

// A member on the roster of a unit.
struct RosterMember {
  MemberId member;
  common::UnitUid unit;
  MemberStatus status = MemberStatus::kFull;
  bool floating = false;
  bool on_committee = false;
  bool at_home = true;  // false: only on the committee
};

// A membership, and where it was spent.
struct MembershipSpan {
  struct Stay {
    common::UnitUid unit;
    absl::CivilDay from;
  };
  MemberId member;
  absl::CivilDay join;
  std::optional<absl::CivilDay> end;  // the day of leaving
  std::vector<Stay> stays;            // never empty; the first begins with the membership
};

// Who belonged where, without anything that identifies a person. Thread-safe.
class RosterStore {
 public:
  virtual ~RosterStore() = default;
  // On a day, by (member, unit). A change of unit counts from the day on which it was recorded; who was registered
  // later than the day belongs to the first unit of the record from joining on.
  virtual absl::StatusOr<std::vector<RosterMember>> RosterOf(std::span<const UnitsOfPartition> units,
                                                             absl::CivilDay day, absl::Time deadline) = 0;
  // By member; unknown ones are left out.
  virtual absl::StatusOr<std::vector<MembershipSpan>> MembershipsOf(std::span<const MemberId> members,
                                                                    absl::Time deadline) = 0;
};

}  // namespace ronghe::organization
