#pragma once

#include <map>
#include <optional>
#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/education/app/activity_store.h"
#include "services/education/storage/activity_credits.h"
#include "services/education/storage/activity_rows.h"
#include "services/education/storage/activity_texts.h"

namespace ronghe::education {

// The activities' side of a write transaction of the change log.
class SqlActivityTxn final : public ActivityTxn {
 public:
  // All outlive it. `zone`: in which months begin.
  SqlActivityTxn(common::WriteTxn& txn, const ActivityTexts& texts, const ActivityCredits& credits, absl::TimeZone zone)
      : txn_(txn), texts_(texts), credits_(credits), zone_(zone) {}

  absl::Time now() const override { return txn_.now(); }
  absl::StatusOr<std::optional<std::string>> Claim(const common::RequestKey& key) override;
  void Remember(std::string resource) override { txn_.Remember(std::move(resource)); }
  absl::StatusOr<std::optional<StoredActivity>> Find(ActivityId id) override;
  absl::StatusOr<StoredActivity> Insert(const Activity& activity, const ActivityStep& step) override;
  absl::StatusOr<StoredActivity> Replace(const StoredActivity& before, const Activity& after,
                                         const ActivityStep& step) override;
  absl::StatusOr<std::vector<Attendance>> Attendances(const StoredActivity& activity,
                                                      std::span<const int64_t> members) override;
  absl::Status InsertAttendances(const StoredActivity& activity, std::span<const Attendance> rows) override;
  absl::Status ReplaceAttendances(const StoredActivity& activity, std::span<const Attendance> before,
                                  std::span<const Attendance> after) override;
  absl::Status InsertCodes(ActivityId id, std::span<const std::string> digests, absl::Time expire) override;
  absl::StatusOr<CodeUse> TakeCode(ActivityId id, const std::string& digest, int64_t member) override;

 private:
  // The row that was found last, or its like.
  absl::StatusOr<ActivityRow> RowOf(const StoredActivity& activity);
  absl::Status Record(const ActivityRow& row, ActivityStep step, std::string rollup, bool is_new);
  common::MonthNumber MonthOf(const Activity& activity) const;

  common::WriteTxn& txn_;
  const ActivityTexts& texts_;
  const ActivityCredits& credits_;
  absl::TimeZone zone_;
  std::optional<ActivityRow> found_;            // last; nobody else writes in the partition
  std::map<common::UnitUid, int64_t> present_;  // more, by what was written of attendance
  std::vector<Attendance> recorded_;            // what was written of it
};

class SqlActivityStore final : public ActivityStore {
 public:
  // All outlive it.
  SqlActivityStore(common::sql::Database& database, common::ChangeLog& log, const ActivityTexts& texts,
                   const ActivityCredits& credits, absl::TimeZone zone)
      : database_(database), log_(log), texts_(texts), credits_(credits), zone_(zone) {}

  absl::Status Write(common::PartitionId partition, const common::Call& call,
                     absl::FunctionRef<absl::Status(ActivityTxn&)> body) override;
  absl::StatusOr<std::optional<StoredActivity>> Find(ActivityId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredActivity>> List(std::span<const UnitsOfPartition> units,
                                                   const ActivityFilter& filter, const ActivityPosition& after,
                                                   int limit, absl::Time deadline) override;
  absl::StatusOr<std::vector<Attendance>> ListAttendances(ActivityId id, int64_t after, int limit,
                                                          absl::Time deadline) override;
  absl::StatusOr<std::vector<ActivityStep>> History(ActivityId id, int64_t after, int limit,
                                                    absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  const ActivityTexts& texts_;
  const ActivityCredits& credits_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::education
