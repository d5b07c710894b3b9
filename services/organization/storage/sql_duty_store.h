#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <absl/time/time.h>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/organization/app/duty_store.h"
#include "services/organization/domain/unit_counts.h"
#include "services/organization/storage/sql_record_txn.h"

namespace ronghe::organization {

// The timers of active duties, by duty: a month begins.
inline constexpr std::string_view kDutyMonthTimer = "duty_month";

// The duties' side of a write transaction of the change log: of one that SqlDutyStore began, of a timer's firing, or of
// one in which a member or a unit changes.
class SqlDutyTxn final : public SqlRecordTxn<DutyTxn> {
 public:
  // `txn` outlives it. `zone`: in which months begin.
  SqlDutyTxn(common::WriteTxn& txn, absl::TimeZone zone) : SqlRecordTxn(txn), zone_(zone) {}

  absl::StatusOr<std::optional<StoredDuty>> Find(DutyId id) override;
  absl::StatusOr<std::optional<StoredDutyResult>> Find(DutyResultId id) override;
  absl::StatusOr<std::vector<StoredDuty>> DutiesOf(common::UnitUid unit) override;
  absl::StatusOr<std::vector<StoredDuty>> DutiesOf(MemberId member) override;
  absl::StatusOr<std::vector<StoredDutyResult>> ResultsOf(DutyId duty) override;
  absl::StatusOr<StoredDuty> Insert(StoredDuty duty) override;
  absl::StatusOr<StoredDutyResult> Insert(StoredDutyResult result) override;
  absl::StatusOr<StoredDuty> Replace(const StoredDuty& after) override;
  absl::StatusOr<StoredDutyResult> Replace(const StoredDutyResult& after) override;
  absl::Status Amend(const StoredDutyResult& before, const std::string& reason) override;

 private:
  absl::Status SetMonthTimer(const StoredDuty* before, const StoredDuty& after);

  absl::TimeZone zone_;
};

// Thread-safe.
class SqlDutyStore final : public DutyStore {
 public:
  // All outlive it. The database has the migrations of the change log, of timers and of organization.
  SqlDutyStore(common::sql::Database& database, common::ChangeLog& log, absl::TimeZone zone)
      : database_(database), log_(log), zone_(zone) {}
  using DutyStore::Write;
  absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also, const common::Call& call,
                     absl::FunctionRef<absl::Status(DutyTxn&)> body) override;
  absl::StatusOr<std::optional<StoredDuty>> Find(DutyId id, absl::Time deadline) override;
  absl::StatusOr<std::optional<StoredDutyResult>> Find(DutyResultId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<DutyAmendment>> AmendmentsOf(DutyResultId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredDuty>> ListDuties(std::span<const UnitsOfPartition> units, const DutyFilter& filter,
                                                     const RecordPosition& after, int limit,
                                                     absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredDutyResult>> ListResults(std::span<const UnitsOfPartition> units,
                                                            const DutyFilter& filter, const RecordPosition& after,
                                                            int limit, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  absl::TimeZone zone_;
};

}  // namespace ronghe::organization
