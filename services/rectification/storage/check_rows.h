#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/rectification/app/check_store.h"
#include "services/rectification/storage/problem_texts.h"

// Rows of checklists, rounds and self-checks, between SQL and the domain.
namespace ronghe::rectification {

// Version 0: the one in force.
absl::StatusOr<std::optional<StoredChecklist>> SelectChecklist(common::sql::Session& session, ChecklistId id,
                                                               int version);
// Without their items.
absl::StatusOr<std::vector<StoredChecklist>> SelectChecklists(common::sql::Session& session,
                                                              common::PartitionId partition, common::UnitUid unit);
absl::Status InsertChecklistRow(common::sql::Session& session, const StoredChecklist& stored);
// INTERNAL if the version before is not the current one.
absl::Status UpdateChecklistRow(common::sql::Session& session, const StoredChecklist& stored);

absl::StatusOr<std::optional<StoredRound>> SelectRound(common::sql::Session& session, CheckRoundId id);
absl::Status InsertRoundRow(common::sql::Session& session, const StoredRound& stored);

// A self-check as it is stored, with its key.
struct CheckRow {
  StoredCheck stored;
  common::WrappedKey key;
};
absl::StatusOr<std::optional<CheckRow>> SelectCheck(common::sql::Session& session, const ProblemTexts& texts,
                                                    SelfCheckId id);
absl::Status InsertCheckRow(common::sql::Session& session, const CheckRow& row);
absl::Status UpdateCheckRow(common::sql::Session& session, const ProblemTexts& texts, const CheckRow& row);
// Without answers.
absl::StatusOr<std::vector<StoredCheck>> PageChecks(common::sql::Session& session, const UnitsOfPartition& units,
                                                    const CheckFilter& filter, const common::ListPosition& after,
                                                    int limit);
// Adds what a partition has.
absl::Status CountChecks(common::sql::Session& session, common::PartitionId partition, CheckRoundId round,
                         std::map<common::UnitUid, CheckCounts>& counts);

}  // namespace ronghe::rectification
