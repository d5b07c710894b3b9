#pragma once

#include <optional>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/duty_store.h"
#include "services/organization/domain/unit_counts.h"

// Rows of the tables `duty`, `duty_part`, `duty_result` and `duty_amendment`, between SQL and the domain.
namespace ronghe::organization {

// The record with an id, in this session's snapshot; a duty with its parts.
absl::StatusOr<std::optional<StoredDuty>> SelectRecord(common::sql::Session& session, DutyId id);
absl::StatusOr<std::optional<StoredDutyResult>> SelectRecord(common::sql::Session& session, DutyResultId id);

// In the order of recording; of a member those in which the member takes part now.
absl::StatusOr<std::vector<StoredDuty>> SelectDuties(common::sql::Session& session, common::PartitionId partition,
                                                     common::UnitUid unit);
absl::StatusOr<std::vector<StoredDuty>> SelectDuties(common::sql::Session& session, common::PartitionId partition,
                                                     MemberId member);
absl::StatusOr<std::vector<StoredDutyResult>> SelectDutyResults(common::sql::Session& session,
                                                                common::PartitionId partition, DutyId duty);
absl::StatusOr<std::vector<DutyAmendment>> SelectDutyAmendments(common::sql::Session& session, DutyResultId id);

// Pages of lists: at most `limit` of these units (at least one), by (unit, id), after `after`.
absl::StatusOr<std::vector<StoredDuty>> PageDuties(common::sql::Session& session, const UnitsOfPartition& units,
                                                   const DutyFilter& filter, const RecordPosition& after, int limit);
absl::StatusOr<std::vector<StoredDutyResult>> PageDutyResults(common::sql::Session& session,
                                                              const UnitsOfPartition& units, const DutyFilter& filter,
                                                              const RecordPosition& after, int limit);

absl::Status InsertRecord(common::sql::Session& session, const StoredDuty& duty);
absl::Status InsertRecord(common::sql::Session& session, const StoredDutyResult& result);
// Writes over the version before, parts included. INTERNAL if that is not the current one.
absl::Status UpdateRecord(common::sql::Session& session, const StoredDuty& duty);
absl::Status UpdateRecord(common::sql::Session& session, const StoredDutyResult& result);
absl::Status InsertAmendment(common::sql::Session& session, const StoredDutyResult& before, const std::string& reason,
                             absl::Time time);

// Duties of a unit that are planned or active.
absl::StatusOr<int64_t> CountOpenDuties(common::sql::Session& session, common::PartitionId partition,
                                        common::UnitUid unit);
// What duties count, recounted; month 0 for what is now.
absl::Status CountDuties(common::sql::Session& session,
                         absl::FunctionRef<void(common::UnitUid, common::MonthNumber, const DutyCounts&)> each);

}  // namespace ronghe::organization
