#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/import/import.h"
#include "services/common/import/import_store.h"
#include "services/common/sql/database.h"

// The statements of SqlImportStore that more than one of its files needs, inside a session.
namespace ronghe::common::import_sql {

// States of a row.
inline constexpr int64_t kStaged = 0;
inline constexpr int64_t kRefused = 1;
inline constexpr int64_t kApplied = 2;
// States of an entry.
inline constexpr int64_t kIdle = 0;
inline constexpr int64_t kReceiving = 1;
inline constexpr int64_t kWork = 2;

int64_t ToMicros(absl::Time time);  // the largest number for the infinite future

absl::Status InsertImport(common::sql::Session& session, const Import& import);
// NOT_FOUND where there is none.
absl::StatusOr<Import> ReadImport(common::sql::Session& session, int64_t id);
// Writes state, counters, cursor, failure, end and key of `to` where the import still is as in `from`: ABORTED, reason
// IMPORT_MOVED_ON.
absl::Status WriteImport(common::sql::Session& session, const Import& from, const Import& to);
absl::Status MovedOn();
absl::Status SetEntry(common::sql::Session& session, int64_t id, int64_t active);

absl::Status InsertIssues(common::sql::Session& session, const Import& import, int64_t first_number,
                          std::span<const RowIssue> issues);
absl::StatusOr<int64_t> LastNumber(common::sql::Session& session, const Import& import);
// Marks the rows of these issues refused; how many were not before.
absl::StatusOr<int64_t> MarkRefused(common::sql::Session& session, const Import& import,
                                    std::span<const RowIssue> issues);
absl::Status MarkApplied(common::sql::Session& session, const Import& import,
                         std::span<const ChunkOutcome::Applied> applied);

}  // namespace ronghe::common::import_sql
