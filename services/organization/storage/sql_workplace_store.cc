#include "services/organization/storage/sql_workplace_store.h"

#include "services/common/values/status.h"
#include "services/organization/storage/count_rollup.h"
#include "services/organization/storage/record_table.h"
#include "services/organization/storage/workplace_rows.h"

namespace ronghe::organization {

namespace sql = common::sql;

absl::StatusOr<std::optional<StoredWorkplace>> SqlWorkplaceTxn::Find(WorkplaceId id) {
  return SelectRecord(txn_.session(), id);
}
absl::StatusOr<std::optional<StoredCover>> SqlWorkplaceTxn::Find(CoverId id) {
  return SelectRecord(txn_.session(), id);
}
absl::StatusOr<std::vector<StoredWorkplace>> SqlWorkplaceTxn::WorkplacesOf(common::UnitUid home) {
  return SelectWorkplaces(txn_.session(), partition(), home);
}
absl::StatusOr<std::vector<StoredCover>> SqlWorkplaceTxn::CoversOf(WorkplaceId workplace) {
  return SelectCovers(txn_.session(), partition(), workplace);
}
absl::StatusOr<std::vector<StoredCover>> SqlWorkplaceTxn::CoversOf(common::UnitUid unit) {
  return SelectCovers(txn_.session(), partition(), unit);
}

void SqlWorkplaceTxn::Log(common::ChangeKind kind, const StoredWorkplace* before, const StoredWorkplace& after) {
  const common::UnitUid from = before != nullptr ? before->info.unit : after.info.unit;
  txn_.Log({kind, NameOf(after.id), after.info.unit, from != after.info.unit ? from : common::UnitUid(),
            EtagOf(after.info), WorkplaceRollup(before, after)});
}

void SqlWorkplaceTxn::Log(common::ChangeKind kind, const StoredCover& cover) {
  txn_.Log({kind, NameOf(cover.id), cover.info.unit, common::UnitUid(), EtagOf(cover.info), ""});
}

absl::Status SqlWorkplaceTxn::Cover(WorkplaceId id, int change) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredWorkplace> before, Find(id));
  if (!before) return common::Internal("a cover without a workplace");
  StoredWorkplace after = *before;
  after.covering += change;
  RONGHE_RETURN_IF_ERROR(AddCovering(txn_.session(), id, change));
  Log(common::ChangeKind::kUpdated, &*before, after);
  return absl::OkStatus();
}

absl::StatusOr<StoredWorkplace> SqlWorkplaceTxn::Insert(StoredWorkplace workplace) {
  workplace.id = WorkplaceId(txn_.NewId());
  workplace.info = Next(workplace.info);
  RONGHE_RETURN_IF_ERROR(MoveKeys(txn_.session(), nullptr, workplace));
  RONGHE_RETURN_IF_ERROR(InsertRecord(txn_.session(), workplace));
  Log(common::ChangeKind::kCreated, nullptr, workplace);
  return workplace;
}

absl::StatusOr<StoredCover> SqlWorkplaceTxn::Insert(StoredCover cover) {
  cover.id = CoverId(txn_.NewId());
  cover.info = Next(cover.info);
  RONGHE_RETURN_IF_ERROR(InsertRecord(txn_.session(), cover));
  Log(common::ChangeKind::kCreated, cover);
  if (cover.counts) RONGHE_RETURN_IF_ERROR(Cover(cover.workplace, 1));
  return cover;
}

absl::StatusOr<StoredWorkplace> SqlWorkplaceTxn::Replace(const StoredWorkplace& changed) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredWorkplace> before, Find(changed.id));
  if (!before) return common::Internal("Replace of a workplace that is not there");
  StoredWorkplace after = changed;
  after.covering = before->covering;
  after.info = Next(changed.info);
  RONGHE_RETURN_IF_ERROR(MoveKeys(txn_.session(), &*before, after));
  RONGHE_RETURN_IF_ERROR(UpdateRecord(txn_.session(), after));
  Log(common::ChangeKind::kUpdated, &*before, after);
  return after;
}

absl::StatusOr<StoredCover> SqlWorkplaceTxn::Replace(const StoredCover& changed) {
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredCover> before, Find(changed.id));
  if (!before) return common::Internal("Replace of a cover that is not there");
  StoredCover after = changed;
  after.info = Next(changed.info);
  RONGHE_RETURN_IF_ERROR(UpdateRecord(txn_.session(), after));
  Log(common::ChangeKind::kUpdated, after);
  const auto counted = [](const StoredCover& cover) {
    return cover.state == CoverState::kActive && cover.counts ? 1 : 0;
  };
  const int change = counted(after) - counted(*before);
  if (change != 0) RONGHE_RETURN_IF_ERROR(Cover(after.workplace, change));
  return after;
}

absl::Status SqlWorkplaceStore::Write(common::PartitionId partition, std::span<const common::PartitionId> also,
                                      const common::Call& call, absl::FunctionRef<absl::Status(WorkplaceTxn&)> body) {
  const auto write = [&](common::WriteTxn& txn) {
    SqlWorkplaceTxn workplaces(txn);
    return body(workplaces);
  };
  return log_.Write(partition, also, call, write).status();
}

absl::StatusOr<std::optional<StoredWorkplace>> SqlWorkplaceStore::Find(WorkplaceId id, absl::Time deadline) {
  return FindIn<StoredWorkplace>(database_, id, deadline);
}
absl::StatusOr<std::optional<StoredCover>> SqlWorkplaceStore::Find(CoverId id, absl::Time deadline) {
  return FindIn<StoredCover>(database_, id, deadline);
}

absl::StatusOr<std::vector<StoredWorkplace>> SqlWorkplaceStore::ListWorkplaces(std::span<const UnitsOfPartition> units,
                                                                               const WorkplaceFilter& filter,
                                                                               const RecordPosition& after, int limit,
                                                                               absl::Time deadline) {
  return MergePages<StoredWorkplace>(database_, units, limit, deadline,
                                     [&](sql::Session& session, const UnitsOfPartition& part) {
                                       return PageWorkplaces(session, part, filter, after, limit);
                                     });
}
absl::StatusOr<std::vector<StoredCover>> SqlWorkplaceStore::ListCovers(std::span<const UnitsOfPartition> units,
                                                                       const WorkplaceFilter& filter,
                                                                       const RecordPosition& after, int limit,
                                                                       absl::Time deadline) {
  return MergePages<StoredCover>(database_, units, limit, deadline,
                                 [&](sql::Session& session, const UnitsOfPartition& part) {
                                   return PageCovers(session, part, filter, after, limit);
                                 });
}

}  // namespace ronghe::organization
