#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/sql/database.h"
#include "services/common/values/period.h"
#include "services/rectification/app/problem_store.h"
#include "services/rectification/storage/problem_texts.h"

// Rows of the tables of problems, between SQL and the domain. Texts are opened and sealed here.
namespace ronghe::rectification {

// A problem as it is stored, with its key.
struct ProblemRow {
  StoredProblem stored;
  common::WrappedKey key;
};

// Those of one partition that are there, in one statement.
absl::StatusOr<std::vector<ProblemRow>> SelectProblems(common::sql::Session& session, const ProblemTexts& texts,
                                                       common::PartitionId partition, std::span<const ProblemId> ids);
absl::StatusOr<std::optional<ProblemRow>> SelectProblem(common::sql::Session& session, const ProblemTexts& texts,
                                                        ProblemId id);
// A page of a list, of these units (at least one).
absl::StatusOr<std::vector<StoredProblem>> PageProblems(common::sql::Session& session, const ProblemTexts& texts,
                                                        const UnitsOfPartition& units, const ProblemFilter& filter,
                                                        ProblemOrder order, const common::ListPosition& after,
                                                        int limit);
absl::StatusOr<std::vector<ProblemGroup>> GroupProblems(common::sql::Session& session, const UnitsOfPartition& units);

absl::Status InsertProblem(common::sql::Session& session, const ProblemTexts& texts, const ProblemRow& row);
// Writes over the version before; INTERNAL if that is not the current one. `same_texts`: they are not written again.
absl::Status UpdateProblem(common::sql::Session& session, const ProblemTexts& texts, const ProblemRow& row,
                           bool same_texts);

absl::Status InsertStep(common::sql::Session& session, const ProblemTexts& texts, const ProblemRow& problem,
                        const ProblemStep& step, common::MonthNumber month);
absl::StatusOr<std::vector<ProblemStep>> SelectSteps(common::sql::Session& session, const ProblemTexts& texts,
                                                     const ProblemRow& problem, int64_t after, int limit);

// Whether somebody has done something to a problem that was imported, or registered its recurrence.
absl::StatusOr<bool> TouchedSince(common::sql::Session& session, ProblemId id);
// With its steps and the key under which its external id is taken.
absl::Status DeleteProblem(common::sql::Session& session, ProblemId id, const std::string& key);

// The problem that has the key already; nullopt: `id` has it now.
absl::StatusOr<std::optional<ProblemId>> TakeProblemKey(common::sql::Session& session, const std::string& key,
                                                        ProblemId id);

}  // namespace ronghe::rectification
