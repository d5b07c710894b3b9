#pragma once

#include <span>
#include <vector>

#include "services/common/sql/database.h"
#include "services/organization/app/alert_store.h"
#include "services/organization/domain/rules.h"

namespace ronghe::organization {

class SqlAlertStore final : public AlertStore {
 public:
  explicit SqlAlertStore(common::sql::Database& database) : database_(database) {}
  absl::StatusOr<std::vector<StoredAlert>> List(const UnitsOfPartition& units, const AlertFilter& filter,
                                                const AlertPosition& after, int limit, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
};

// A unit to judge, and the units whose members count for it: itself and those below it.
struct JudgedUnit {
  common::UnitUid uid;
  common::PartitionId partition;
  std::vector<UnitsOfPartition> counted;
};
// How the kept alerts of a unit differ from what its rows say.
struct AlertDifference {
  common::UnitUid unit;
  common::PartitionId partition;
  std::vector<StoredAlert> put;
  std::vector<AlertRule> dropped;
};
// Judges units of one partition by the rows of this session's snapshot; returns those whose alerts differ from the kept
// ones. Alerts that stay keep the day since which they are there.
absl::StatusOr<std::vector<AlertDifference>> JudgeUnits(common::sql::Session& session,
                                                        std::span<const JudgedUnit* const> units, const Rules& rules,
                                                        absl::CivilDay today);
absl::Status KeepAlerts(common::sql::Session& session, const AlertDifference& difference);

}  // namespace ronghe::organization
