#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/sql/database.h"
#include "services/common/values/ids.h"
#include "services/common/values/period.h"
#include "services/education/app/learning_store.h"
#include "services/education/domain/learning_rules.h"

// Rows of learning records; many at a time.
namespace ronghe::education {

inline common::MonthNumber MonthOfDay(absl::CivilDay day) {
  return common::MonthOf(absl::CivilMonth(day));
}

// What changes of totals, by unit and month.
struct LearningAmount {
  int64_t records = 0;
  int64_t credit = 0;
};
using LearningAmounts = std::map<std::pair<common::UnitUid, common::MonthNumber>, LearningAmount>;
void AddAmount(common::UnitUid unit, common::MonthNumber month, int64_t records, int64_t credit,
               LearningAmounts& amounts);

// A row as it is found by its external id, or as one of a course.
struct LearningBrief {
  int64_t id = 0;
  LearningRecord record;
  bool counted = false;
};

// In the order of `records`, of the partition: what is known under the external id; id 0 where nothing is.
absl::StatusOr<std::vector<LearningBrief>> SelectKnown(common::sql::Session& session, common::PartitionId partition,
                                                       std::span<const LearningRecord* const> records);

// A course of a member in a year.
struct CourseKey {
  int64_t member = 0;
  int year = 0;
  std::string course;
  friend auto operator<=>(const CourseKey&, const CourseKey&) = default;
};
inline CourseKey CourseOf(const LearningRecord& record) {
  return {record.member, static_cast<int>(record.day.year()), record.course};
}
// The live records of courses; each key once.
absl::StatusOr<std::vector<LearningBrief>> SelectCourses(common::sql::Session& session, common::PartitionId partition,
                                                         std::span<const CourseKey> keys);

struct LearningRow {
  int64_t id = 0;
  const LearningRecord* record = nullptr;
  bool counted = false;
  int64_t import = 0;
  int64_t replaces = 0;
};
absl::Status InsertLearning(common::sql::Session& session, common::PartitionId partition, absl::Time now,
                            std::span<const LearningRow> rows);
// Sets what counts.
absl::Status MarkCounted(common::sql::Session& session, common::PartitionId partition, std::span<const int64_t> ids,
                         bool counted);

// Which of the live records of courses count from now on, and what that changes. `fresh` are those that are about to be
// inserted: their `counted` is set; the others are updated.
absl::Status CountCourses(common::sql::Session& session, common::PartitionId partition, const LearningRules& rules,
                          std::span<const CourseKey> keys, std::span<LearningRow> fresh, LearningAmounts& amounts);

}  // namespace ronghe::education
