#pragma once

#include "services/common/sql/database.h"
#include "services/organization/app/roster_store.h"

namespace ronghe::organization {

class SqlRoster final : public RosterStore {
 public:
  // The database outlives it. `zone`: in which days begin.
  SqlRoster(common::sql::Database& database, absl::TimeZone zone) : database_(database), zone_(zone) {}
  absl::StatusOr<std::vector<RosterMember>> RosterOf(std::span<const UnitsOfPartition> units, absl::CivilDay day,
                                                     absl::Time deadline) override;
  absl::StatusOr<std::vector<MembershipSpan>> MembershipsOf(std::span<const MemberId> members,
                                                            absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::organization
