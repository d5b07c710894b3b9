#pragma once

#include <span>
#include <string>
#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/common/import/import_store.h"
#include "services/common/sql/database.h"
#include "services/common/values/clock.h"

namespace ronghe::common {

// The tables, for services that do not have them among their own migrations. The lease lies in partition 0.
std::span<const sql::Migration> ImportMigrations();

// ImportStore on SQL. A call without a deadline gets half a minute for each transaction.
class SqlImportStore final : public ImportStore {
 public:
  SqlImportStore(common::sql::Database& database, common::ChangeLog& log, const common::Clock& clock)
      : database_(database), log_(log), clock_(clock) {}

  absl::StatusOr<Begun> Begin(const common::Call& call, const Import& fresh, const common::RequestKey& key) override;
  absl::Status Stage(const common::Call& call, const Import& import, std::span<const StagedRow> rows) override;
  absl::StatusOr<Import> Commit(const common::Call& call, const Import& import, int64_t announced_rows) override;

  absl::StatusOr<Import> Get(const common::Call& call, int64_t id) override;
  absl::StatusOr<std::vector<Entry>> List(const common::Call& call, int64_t before, int limit) override;
  absl::StatusOr<std::vector<NumberedIssue>> IssuesByLine(const common::Call& call, int64_t id, int64_t after_line,
                                                          int64_t after_number, int limit) override;
  absl::StatusOr<std::vector<NumberedIssue>> IssuesByNumber(const common::Call& call, int64_t id, int64_t after_number,
                                                            int limit) override;

  absl::Status BeginCheck(const common::Call& call, const Import& import) override;
  absl::StatusOr<std::vector<StagedRow>> RowsByLine(const common::Call& call, const Import& import, int64_t after_line,
                                                    int limit) override;
  absl::StatusOr<int64_t> Refuse(const common::Call& call, const Import& import, int64_t first_number,
                                 std::span<const RowIssue> issues) override;
  absl::Status Advance(const common::Call& call, const Import& from, const Import& to) override;

  absl::StatusOr<ChunkResult> ApplyChunk(const common::Call& call, const Import& import, int limit,
                                         bool stop_on_refusal, ApplyBody apply) override;
  absl::StatusOr<Import> Revert(const common::Call& call, const Import& from, const Import& to,
                                std::span<const RowIssue> issues, const common::RequestKey& key,
                                RevertBody revert) override;

  absl::StatusOr<std::vector<int64_t>> Due(const common::Call& call, int limit) override;
  absl::StatusOr<std::vector<int64_t>> Unfinished(const common::Call& call, absl::Time before, int limit) override;
  absl::StatusOr<std::vector<int64_t>> Ended(const common::Call& call, absl::Time before, int limit) override;
  absl::StatusOr<bool> Sweep(const common::Call& call, const Import& import, int limit) override;
  absl::StatusOr<bool> Drop(const common::Call& call, const Import& import, int limit) override;

  absl::StatusOr<bool> Lease(const common::Call& call, std::string_view holder, absl::Time until) override;
  absl::Status Release(const common::Call& call, std::string_view holder) override;

 private:
  static constexpr absl::Duration kOneTransaction = absl::Seconds(30);
  // Taking back is one transaction, however much there is.
  static constexpr absl::Duration kTakingBack = absl::Minutes(10);
  absl::Time DeadlineOf(const common::Call& call) const;
  common::Call Bounded(const common::Call& call, const Import& import, absl::Duration most = kOneTransaction) const;
  // A stream begins to send an import again.
  absl::StatusOr<Import> Restart(const common::Call& call, const Import& import);
  absl::StatusOr<std::vector<int64_t>> Entries(const common::Call& call, int active, int64_t before, int limit);
  // The rows of a chunk: body, marks, refusals, counters.
  absl::Status RunChunk(common::WriteTxn& txn, const Import& import, int limit, bool stop_on_refusal, ApplyBody apply,
                        ChunkResult& result);

  common::sql::Database& database_;
  common::ChangeLog& log_;
  const common::Clock& clock_;
};

}  // namespace ronghe::common
