#pragma once

#include <span>
#include <string>

#include "services/common/changelog/changelog.h"
#include "services/education/app/activity_store.h"
#include "services/education/storage/sql_learning_store.h"

namespace ronghe::education {

// The learning records that confirmed activities give: one for each who was there, or made up for it, where the
// activity has credit. They follow every amendment. Thread-safe.
class ActivityCredits {
 public:
  // All outlive it. `zone`: in which days begin.
  ActivityCredits(const LearningTexts& texts, const LearningRules& rules, absl::TimeZone zone)
      : texts_(texts), rules_(rules), zone_(zone) {}

  // Brings the records of these members up to what is recorded of them. In the transaction of the activity, which also
  // takes the partitions of the members. `step`: why it changed, and who changed it.
  absl::Status Settle(common::WriteTxn& txn, const StoredActivity& activity, std::span<const Attendance> rows,
                      const ActivityStep& step) const;
  // The same of all its members.
  absl::Status SettleAll(common::WriteTxn& txn, const StoredActivity& activity, const ActivityStep& step) const;

 private:
  absl::Status SettlePart(SqlLearningTxn& learning, const StoredActivity& activity, std::span<const Attendance> rows,
                          const ActivityStep& step) const;

  const LearningTexts& texts_;
  const LearningRules& rules_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::education
