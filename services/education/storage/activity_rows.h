#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/common/sql/database.h"
#include "services/common/values/period.h"
#include "services/education/app/activity_store.h"
#include "services/education/storage/activity_texts.h"

// Rows of activities, of what is recorded of members, of what happened, and of codes.
namespace ronghe::education {

// The column of the activity's partition.
inline int64_t PartitionOf(ActivityId id) {
  return common::PartitionOf(id.value).value;
}

struct ActivityRow {
  StoredActivity stored;
  common::WrappedKey key;
};

absl::StatusOr<std::optional<ActivityRow>> SelectActivity(common::sql::Session& session, const ActivityTexts& texts,
                                                          ActivityId id);
absl::StatusOr<std::vector<StoredActivity>> PageActivities(common::sql::Session& session, const ActivityTexts& texts,
                                                           const UnitsOfPartition& units, const ActivityFilter& filter,
                                                           const ActivityPosition& after, int limit);
// `month`: of its start.
absl::Status InsertActivity(common::sql::Session& session, const ActivityTexts& texts, const ActivityRow& row,
                            common::MonthNumber month);
absl::Status UpdateActivity(common::sql::Session& session, const ActivityTexts& texts, const ActivityRow& row,
                            common::MonthNumber month);

// By member; all after `after`, at most `limit`, for no members.
absl::StatusOr<std::vector<Attendance>> SelectAttendances(common::sql::Session& session, const ActivityTexts& texts,
                                                          const ActivityRow& activity, std::span<const int64_t> members,
                                                          int64_t after, int limit);
absl::Status InsertAttendanceRows(common::sql::Session& session, ActivityId id, std::span<const Attendance> rows);
absl::Status UpdateAttendanceRows(common::sql::Session& session, const ActivityTexts& texts,
                                  const ActivityRow& activity, std::span<const Attendance> rows);
struct AttendanceCounts {
  int64_t expected = 0;
  int64_t present = 0;
};
absl::StatusOr<std::map<common::UnitUid, AttendanceCounts>> CountAttendances(common::sql::Session& session,
                                                                             ActivityId id);

absl::Status InsertStep(common::sql::Session& session, const ActivityTexts& texts, const ActivityRow& activity,
                        const ActivityStep& step);
absl::StatusOr<std::vector<ActivityStep>> SelectSteps(common::sql::Session& session, const ActivityTexts& texts,
                                                      const ActivityRow& activity, int64_t after, int limit);

absl::Status InsertCodeRows(common::sql::Session& session, ActivityId id, std::span<const std::string> digests,
                            absl::Time expire);
absl::StatusOr<CodeUse> TakeCodeRow(common::sql::Session& session, ActivityId id, const std::string& digest,
                                    int64_t member, absl::Time now);

}  // namespace ronghe::education
