#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "services/common/rollup/auditor.h"
#include "services/common/rollup/change.h"
#include "services/common/rollup/metric_set.h"
#include "services/common/values/period.h"
#include "services/education/storage/activity_rows.h"

namespace ronghe::education {

// How activities count in the totals: once, in the unit that holds them, when they are confirmed; their attendance in
// the units through which members were expected; all in the month of the activity's day.

// What a confirmation adds.
common::RollupChange ConfirmedChange(const Activity& activity, common::MonthNumber month,
                                     const std::map<common::UnitUid, AttendanceCounts>& counts);
// What an amendment adds: members who were there after all, or were not, by unit.
common::RollupChange AmendedChange(common::MonthNumber month, const std::map<common::UnitUid, int64_t>& present);

// The same from the rows: what folded totals are audited against. Thread-safe.
class EducationFacts final : public common::FactSource {
 public:
  // `metrics` has every metric named here; it outlives this.
  explicit EducationFacts(const common::MetricSet& metrics) : metrics_(metrics) {}
  absl::Status Count(common::sql::Session& session, EachAmount each) override;

 private:
  size_t IndexOf(std::string_view metric) const { return metrics_.IndexOf(metric).value_or(0); }

  const common::MetricSet& metrics_;
};

}  // namespace ronghe::education
