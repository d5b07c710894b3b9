#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/import/import.h"
#include "services/common/import/import_target.h"
#include "services/common/values/call.h"

namespace ronghe::common {

// A row on its way into the store; `payload` sealed where the target says so.
struct StagedRow {
  int64_t line = 0;
  int64_t order = 0;
  std::string payload;
};

// Where imports are kept: the import, its staged rows, its refusals. Every write is one durable transaction.
// Thread-safe.
//
// Errors: those of the database (ABORTED, UNAVAILABLE, DEADLINE_EXCEEDED …); NOT_FOUND for unknown imports; ABORTED
// with reason IMPORT_MOVED_ON where the import is no longer as the caller saw it.
class ImportStore {
 public:
  virtual ~ImportStore() = default;

  struct Begun {
    Import import;
    // The request id was used before and the import is past receiving: nothing to send.
    bool done_before = false;
  };
  // A new import, RECEIVING, with a new id in `fresh.partition`. With a request id that has been used: the import it
  // made; if that is still waiting for its last message, what was staged is forgotten and it is received again from the
  // start, and a stream that was sending it cannot go on. ALREADY_EXISTS, reason REQUEST_ID_REUSED, for another digest.
  virtual absl::StatusOr<Begun> Begin(const common::Call& call, const Import& fresh, const common::RequestKey& key) = 0;
  // Adds rows. ABORTED, reason STREAM_REPLACED, if another stream took over; INVALID_ARGUMENT, reason DUPLICATE_LINE,
  // if a line is there already. Nothing is staged then.
  virtual absl::Status Stage(const common::Call& call, const Import& import, std::span<const StagedRow> rows) = 0;
  // The last message has arrived. From here the import is in Due().
  virtual absl::StatusOr<Import> Commit(const common::Call& call, const Import& import, int64_t announced_rows) = 0;

  virtual absl::StatusOr<Import> Get(const common::Call& call, int64_t id) = 0;
  // Newest first, created before `before` (0: from the newest): (id, parent) only, for the caller to choose from.
  struct Entry {
    int64_t id = 0;
    common::UnitUid parent;
  };
  virtual absl::StatusOr<std::vector<Entry>> List(const common::Call& call, int64_t before, int limit) = 0;
  // By line, then in the order found, after (line, number).
  struct NumberedIssue {
    int64_t number = 0;  // in the order found, from 1
    RowIssue issue;
  };
  virtual absl::StatusOr<std::vector<NumberedIssue>> IssuesByLine(const common::Call& call, int64_t id,
                                                                  int64_t after_line, int64_t after_number,
                                                                  int limit) = 0;
  // In the order found, after `after_number`.
  virtual absl::StatusOr<std::vector<NumberedIssue>> IssuesByNumber(const common::Call& call, int64_t id,
                                                                    int64_t after_number, int limit) = 0;

  // Checking. Forgets the refusals of an earlier, unfinished check.
  virtual absl::Status BeginCheck(const common::Call& call, const Import& import) = 0;
  virtual absl::StatusOr<std::vector<StagedRow>> RowsByLine(const common::Call& call, const Import& import,
                                                            int64_t after_line, int limit) = 0;
  // Records refusals, the first under `first_number`, and marks their rows; returns how many rows were not refused
  // before.
  virtual absl::StatusOr<int64_t> Refuse(const common::Call& call, const Import& import, int64_t first_number,
                                         std::span<const RowIssue> issues) = 0;
  // Moves an import from `from.state` to `to.state` with the counters, failure and end of `to`. The key of the rows is
  // destroyed if `to` has ended.
  virtual absl::Status Advance(const common::Call& call, const Import& from, const Import& to) = 0;

  // Applying. The next rows by (order, line) that are not refused, through `apply`, in one transaction with the cursor,
  // the marks, the counters and the refusals in the outcome, which are numbered after all others. `stop_on_refusal`: a
  // refusal rolls the chunk back and is returned in `refused`.
  struct ChunkResult {
    Import import;  // as it stands after the chunk
    int rows = 0;   // 0: none was left, nothing was changed
    std::vector<RowIssue> refused;
    bool rolled_back = false;
  };
  using ApplyBody = absl::FunctionRef<absl::StatusOr<ChunkOutcome>(ImportTxn&, std::span<const StagedRow>)>;
  virtual absl::StatusOr<ChunkResult> ApplyChunk(const common::Call& call, const Import& import, int limit,
                                                 bool stop_on_refusal, ApplyBody apply) = 0;

  // Taking back. One transaction: `revert` with everything applied, and the import moves to `to`. `issues` are recorded
  // with it. A request id that was used before answers with the import as it stands.
  using RevertBody = absl::FunctionRef<absl::Status(ImportTxn&, std::span<const int64_t> results)>;
  virtual absl::StatusOr<Import> Revert(const common::Call& call, const Import& from, const Import& to,
                                        std::span<const RowIssue> issues, const common::RequestKey& key,
                                        RevertBody revert) = 0;

  // Housekeeping. Imports with work to do (committed, not yet finished and swept), oldest first.
  virtual absl::StatusOr<std::vector<int64_t>> Due(const common::Call& call, int limit) = 0;
  // Imports whose stream has not ended, and ended ones, created before `before`.
  virtual absl::StatusOr<std::vector<int64_t>> Unfinished(const common::Call& call, absl::Time before, int limit) = 0;
  virtual absl::StatusOr<std::vector<int64_t>> Ended(const common::Call& call, absl::Time before, int limit) = 0;
  // Deletes staged rows that are needed no longer (all, unless the import is APPLIED: then the refused ones), at most
  // `limit`. True when none is left; the import is then no longer due.
  virtual absl::StatusOr<bool> Sweep(const common::Call& call, const Import& import, int limit) = 0;
  // Deletes an import with everything that belongs to it, at most `limit` rows at a time; true when it is gone. Never
  // one that is committed and has not ended.
  virtual absl::StatusOr<bool> Drop(const common::Call& call, const Import& import, int limit) = 0;

  // The right to run imports, for one process at a time. True if `holder` has it until `until`.
  virtual absl::StatusOr<bool> Lease(const common::Call& call, std::string_view holder, absl::Time until) = 0;
  virtual absl::Status Release(const common::Call& call, std::string_view holder) = 0;
};

}  // namespace ronghe::common
