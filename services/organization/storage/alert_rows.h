#pragma once

#include <span>
#include <vector>

#include "services/common/sql/database.h"
#include "services/organization/app/alert_store.h"

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
// What it is judged by, in this session's snapshot.
absl::StatusOr<UnitFacts> FactsOf(common::sql::Session& session, const JudgedUnit& unit);
// Makes the kept alerts of a unit be `found`. Those that stay keep the day since which they are there. True if anything
// has changed.
absl::StatusOr<bool> KeepAlerts(common::sql::Session& session, const JudgedUnit& unit,
                                std::span<const AlertFinding> found, absl::CivilDay today);

}  // namespace ronghe::organization
