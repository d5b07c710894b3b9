#include "services/education/storage/learning_rollup.h"

namespace ronghe::education {

common::RollupChange LearningChange(const LearningAmounts& amounts) {
  common::RollupChange change;
  for (const auto& [where, amount] : amounts) {
    if (amount.records == 0 && amount.credit == 0) continue;
    common::RollupChange::Amount& one = change.amounts.emplace_back();
    one.unit = where.first;
    one.month = where.second;
    if (amount.records != 0) one.metrics.emplace_back(kRecordsMetric, amount.records);
    if (amount.credit != 0) one.metrics.emplace_back(kCreditMetric, amount.credit);
  }
  return change;
}

}  // namespace ronghe::education
