#pragma once

#include <optional>
#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/organization/app/workplace_store.h"
#include "services/organization/storage/sql_record_txn.h"

namespace ronghe::organization {

// The workplaces' side of a write transaction of the change log: of one that SqlWorkplaceStore began, or of one in
// which the structure changes.
class SqlWorkplaceTxn final : public SqlRecordTxn<WorkplaceTxn> {
 public:
  // `txn` outlives it.
  explicit SqlWorkplaceTxn(common::WriteTxn& txn) : SqlRecordTxn(txn) {}

  absl::StatusOr<std::optional<StoredWorkplace>> Find(WorkplaceId id) override;
  absl::StatusOr<std::optional<StoredCover>> Find(CoverId id) override;
  absl::StatusOr<std::vector<StoredWorkplace>> WorkplacesOf(common::UnitUid home) override;
  absl::StatusOr<std::vector<StoredCover>> CoversOf(WorkplaceId workplace) override;
  absl::StatusOr<std::vector<StoredCover>> CoversOf(common::UnitUid unit) override;
  absl::StatusOr<StoredWorkplace> Insert(StoredWorkplace workplace) override;
  absl::StatusOr<StoredCover> Insert(StoredCover cover) override;
  absl::StatusOr<StoredWorkplace> Replace(const StoredWorkplace& after) override;
  absl::StatusOr<StoredCover> Replace(const StoredCover& after) override;

 private:
  void Log(common::ChangeKind kind, const StoredWorkplace* before, const StoredWorkplace& after);
  void Log(common::ChangeKind kind, const StoredCover& cover);
  // One unit more, or fewer, covers a workplace.
  absl::Status Cover(WorkplaceId workplace, int change);
};

// Thread-safe.
class SqlWorkplaceStore final : public WorkplaceStore {
 public:
  // All outlive it. The database has the migrations of the change log and of organization.
  SqlWorkplaceStore(common::sql::Database& database, common::ChangeLog& log) : database_(database), log_(log) {}
  using WorkplaceStore::Write;
  absl::Status Write(common::PartitionId partition, std::span<const common::PartitionId> also, const common::Call& call,
                     absl::FunctionRef<absl::Status(WorkplaceTxn&)> body) override;
  absl::StatusOr<std::optional<StoredWorkplace>> Find(WorkplaceId id, absl::Time deadline) override;
  absl::StatusOr<std::optional<StoredCover>> Find(CoverId id, absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredWorkplace>> ListWorkplaces(std::span<const UnitsOfPartition> units,
                                                              const WorkplaceFilter& filter,
                                                              const RecordPosition& after, int limit,
                                                              absl::Time deadline) override;
  absl::StatusOr<std::vector<StoredCover>> ListCovers(std::span<const UnitsOfPartition> units,
                                                      const WorkplaceFilter& filter, const RecordPosition& after,
                                                      int limit, absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
};

}  // namespace ronghe::organization
