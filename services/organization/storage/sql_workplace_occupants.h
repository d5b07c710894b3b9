#pragma once

#include "services/organization/domain/rules.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// The workplaces that units count, and what units serve: a unit that counts active workplaces is not dissolved; both go
// along to a successor in the same county; what a dissolved unit serves ends with it. Thread-safe.
class SqlWorkplaceOccupants final : public UnitOccupants {
 public:
  // `rules` outlives it.
  explicit SqlWorkplaceOccupants(const RuleBook& rules) : rules_(rules) {}
  absl::StatusOr<int64_t> LockAndCount(common::sql::Session& session, common::PartitionId partition,
                                       common::UnitUid unit) override;
  EffectKind effect() const override { return EffectKind::kWorkplacesMoved; }
  common::Blocker Blocks(const std::string& unit, int64_t count) const override;
  absl::StatusOr<int64_t> HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                   std::vector<common::Blocker>& blockers) override;
  absl::Status Follow(common::WriteTxn& structure, const Unit& before, const Unit& after) override;
  absl::StatusOr<bool> Keeps(common::sql::Session& session, const Unit& unit) override;

 private:
  const RuleBook& rules_;
};

}  // namespace ronghe::organization
