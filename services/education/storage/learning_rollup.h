#pragma once

#include "services/common/rollup/change.h"
#include "services/education/storage/learning_rows.h"

namespace ronghe::education {

inline constexpr char kCreditMetric[] = "credit_deci_hours";
inline constexpr char kRecordsMetric[] = "learning_records";

// What learning records add to totals: in the units of their days, in the months of these.
common::RollupChange LearningChange(const LearningAmounts& amounts);

}  // namespace ronghe::education
