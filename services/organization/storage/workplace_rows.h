#pragma once

#include <optional>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/workplace_store.h"
#include "services/organization/domain/unit_counts.h"

// Rows of the tables `workplace`, `cover` and `registry_workplace`, between SQL and the domain.
namespace ronghe::organization {

// The record with an id, in this session's snapshot.
absl::StatusOr<std::optional<StoredWorkplace>> SelectRecord(common::sql::Session& session, WorkplaceId id);
absl::StatusOr<std::optional<StoredCover>> SelectRecord(common::sql::Session& session, CoverId id);

// In the order of recording.
absl::StatusOr<std::vector<StoredWorkplace>> SelectWorkplaces(common::sql::Session& session,
                                                              common::PartitionId partition, common::UnitUid home);
absl::StatusOr<std::vector<StoredCover>> SelectCovers(common::sql::Session& session, common::PartitionId partition,
                                                      common::UnitUid unit);
absl::StatusOr<std::vector<StoredCover>> SelectCovers(common::sql::Session& session, common::PartitionId partition,
                                                      WorkplaceId workplace);

// Pages of lists: at most `limit` of these units (at least one), by (unit, id), after `after`.
absl::StatusOr<std::vector<StoredWorkplace>> PageWorkplaces(common::sql::Session& session,
                                                            const UnitsOfPartition& units,
                                                            const WorkplaceFilter& filter, const RecordPosition& after,
                                                            int limit);
absl::StatusOr<std::vector<StoredCover>> PageCovers(common::sql::Session& session, const UnitsOfPartition& units,
                                                    const WorkplaceFilter& filter, const RecordPosition& after,
                                                    int limit);

absl::Status InsertRecord(common::sql::Session& session, const StoredWorkplace& workplace);
absl::Status InsertRecord(common::sql::Session& session, const StoredCover& cover);
// Writes over the version before. A workplace's `covering` stays as it is. INTERNAL if that is not the current one.
absl::Status UpdateRecord(common::sql::Session& session, const StoredWorkplace& workplace);
absl::Status UpdateRecord(common::sql::Session& session, const StoredCover& cover);
// Adds to a workplace's `covering`.
absl::Status AddCovering(common::sql::Session& session, WorkplaceId workplace, int change);

// The keys that are unique in the deployment move from one version (null: none) to the next. ALREADY_EXISTS, reason
// DUPLICATE_CODE or DUPLICATE_EXTERNAL_ID, where another workplace has one.
absl::Status MoveKeys(common::sql::Session& session, const StoredWorkplace* before, const StoredWorkplace& after);

// Active workplaces of a unit.
absl::StatusOr<int64_t> CountActiveWorkplaces(common::sql::Session& session, common::PartitionId partition,
                                              common::UnitUid home);
// What workplaces count, recounted: coverage from the covers themselves.
absl::Status CountWorkplaces(common::sql::Session& session,
                             absl::FunctionRef<void(common::UnitUid, const WorkplaceCounts&)> each);

}  // namespace ronghe::organization
