#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/import/import.h"
#include "services/common/values/call.h"

namespace ronghe::common {

// The write transaction of a chunk or a revert, in the import's partition. What a target may do in it is a matter of
// the stores it was built with; they and the import store agree on what it really is.
class ImportTxn {
 public:
  virtual ~ImportTxn() = default;
};

// A staged row. `payload` is what the target's codec made of the sender's row, in clear.
struct ImportRow {
  int64_t line = 0;
  std::string payload;
};

// Takes a refusal; an error ends the check. Several for one line, in any order of lines.
using IssueSink = absl::FunctionRef<absl::Status(RowIssue)>;

// The check of one import as a whole: against itself and against the store. Its memory is bounded by a small constant
// per row: it keeps keys, not rows. Not thread-safe.
class ImportCheck {
 public:
  virtual ~ImportCheck() = default;
  // All rows, by line, in portions of at most rows_per_chunk().
  virtual absl::Status Add(std::span<const ImportRow> rows, IssueSink refuse) = 0;
  // After the last. Refuses what only shows when all rows are known.
  virtual absl::Status Finish(IssueSink refuse) = 0;
};

// What became of a chunk.
struct ChunkOutcome {
  struct Applied {
    int64_t line = 0;
    int64_t result_id = 0;  // what was made
  };
  std::vector<Applied> applied;
  // Rows that were applied too, and of which the target itself finds by the import what was made: nothing is written
  // of each of them. Millions of rows go that way. A target uses one of the two.
  int64_t unmarked = 0;
  // Rows that no longer fit what the store holds by now: refused, with nothing of them written.
  std::vector<RowIssue> refused;
};

// What an import can bring in: one per collection. Thread-safe.
class ImportTarget {
 public:
  virtual ~ImportTarget() = default;
  // `units`, `members`, `problems`.
  virtual std::string_view collection() const = 0;
  // Rows hold personal data: they are sealed in the store.
  virtual bool personal() const = 0;
  // Rows of a lower order are applied first. Pure. 0 for rows that cannot be read: the check refuses them.
  virtual int64_t OrderOf(std::string_view payload) const = 0;

  virtual absl::StatusOr<std::unique_ptr<ImportCheck>> NewCheck(const Import& import) = 0;
  // How many rows are checked, and applied in one transaction, at a time.
  virtual int rows_per_chunk() const { return kRowsPerChunk; }
  // Writes the facts and their changes. Every row of `rows` is in the outcome, applied or refused. An error leaves the
  // transaction to be rolled back and run again.
  virtual absl::StatusOr<ChunkOutcome> Apply(ImportTxn& txn, const Import& import, std::span<const ImportRow> rows) = 0;
  // All chunks are committed: waits, for a bounded time, until reads of this process see them. Called before the import
  // is said to be applied.
  virtual void MakeVisible(const Import& import) { (void)import; }
  // Takes back everything that carries one of `results`, which are all that this import made and marked.
  // FAILED_PRECONDITION, reason IMPORT_IN_USE, with the complete list of blockers where something was built on it
  // since.
  virtual absl::Status Revert(ImportTxn& txn, const Import& import, std::span<const int64_t> results) = 0;
};

}  // namespace ronghe::common
