#pragma once

#include <vector>

#include "services/common/rollup/auditor.h"
#include "services/common/rollup/metric_set.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// What units and members count, from their rows: what folded totals are audited against. Thread-safe.
class SqlFacts final : public common::FactSource {
 public:
  // All outlive it. `metrics` has every metric of CountMetrics.
  SqlFacts(const common::MetricSet& metrics, std::vector<UnitOccupants*> occupants);

  absl::Status Count(common::sql::Session& session, EachAmount each) override;
  absl::StatusOr<bool> Places(common::sql::Session& session, EachPlace each) override;

 private:
  void Tell(common::UnitUid unit, const UnitCounts& counts, EachAmount each, common::MonthNumber month = 0) const;

  const std::vector<UnitOccupants*> occupants_;
  std::vector<size_t> index_;  // in the set, of each of CountMetrics
};

}  // namespace ronghe::organization
