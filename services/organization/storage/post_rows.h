#pragma once

#include <span>
#include <string>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/organization/app/post_store.h"
#include "services/organization/domain/unit_counts.h"

// Rows of the tables `post`, `term` and `appointment`, between SQL and the domain.
namespace ronghe::organization {

// The record with an id, in this session's snapshot.
absl::StatusOr<std::optional<StoredPost>> SelectRecord(common::sql::Session& session, PostId id);
absl::StatusOr<std::optional<StoredTerm>> SelectRecord(common::sql::Session& session, TermId id);
absl::StatusOr<std::optional<StoredAppointment>> SelectRecord(common::sql::Session& session, AppointmentId id);

// All of one unit of a partition, in the order of recording.
absl::StatusOr<std::vector<StoredPost>> SelectPosts(common::sql::Session& session, common::PartitionId partition,
                                                    common::UnitUid unit);
absl::StatusOr<std::vector<StoredTerm>> SelectTerms(common::sql::Session& session, common::PartitionId partition,
                                                    common::UnitUid unit);
absl::StatusOr<std::vector<StoredAppointment>> SelectAppointments(common::sql::Session& session,
                                                                  common::PartitionId partition, common::UnitUid unit);
absl::StatusOr<std::vector<StoredAppointment>> SelectAppointments(common::sql::Session& session,
                                                                  common::PartitionId partition, MemberId member);

// Pages of lists: at most `limit` of these units (at least one), by (unit, id), after `after`.
absl::StatusOr<std::vector<StoredPost>> PagePosts(common::sql::Session& session, const UnitsOfPartition& units,
                                                  const PostFilter& filter, const RecordPosition& after, int limit);
absl::StatusOr<std::vector<StoredTerm>> PageTerms(common::sql::Session& session, const UnitsOfPartition& units,
                                                  const PostFilter& filter, const RecordPosition& after, int limit);
absl::StatusOr<std::vector<StoredAppointment>> PageAppointments(common::sql::Session& session,
                                                                const UnitsOfPartition& units, const PostFilter& filter,
                                                                const RecordPosition& after, int limit);

absl::Status InsertRecord(common::sql::Session& session, const StoredPost& post);
absl::Status InsertRecord(common::sql::Session& session, const StoredTerm& term);
absl::Status InsertRecord(common::sql::Session& session, const StoredAppointment& appointment);
// Writes over the version before. A post's `filled` stays as it is. INTERNAL if that is not the current one.
absl::Status UpdateRecord(common::sql::Session& session, const StoredPost& post);
absl::Status UpdateRecord(common::sql::Session& session, const StoredTerm& term);
absl::Status UpdateRecord(common::sql::Session& session, const StoredAppointment& appointment);
// Adds to a post's `filled`.
absl::Status AddFilled(common::sql::Session& session, PostId post, int change);

// What terms and vacancies count, recounted: vacancies from the appointments themselves.
absl::Status CountPosts(common::sql::Session& session,
                        absl::FunctionRef<void(common::UnitUid, const PostCounts&)> each);

}  // namespace ronghe::organization
