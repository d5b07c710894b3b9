#pragma once

#include <absl/time/time.h>

#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// The duties of units: a unit with planned or active ones is not dissolved; they go along to a successor in the same
// county. Thread-safe.
class SqlDutyOccupants final : public UnitOccupants {
 public:
  // `zone`: in which months begin.
  explicit SqlDutyOccupants(absl::TimeZone zone) : zone_(zone) {}
  absl::StatusOr<int64_t> LockAndCount(common::sql::Session& session, common::PartitionId partition,
                                       common::UnitUid unit) override;
  EffectKind effect() const override { return EffectKind::kDutiesMoved; }
  common::Blocker Blocks(const std::string& unit, int64_t count) const override;
  absl::StatusOr<int64_t> HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                   std::vector<common::Blocker>& blockers) override;
  absl::StatusOr<bool> Keeps(common::sql::Session& session, const Unit& unit) override;

 private:
  absl::TimeZone zone_;
};

}  // namespace ronghe::organization
