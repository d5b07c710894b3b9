#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/changelog/changelog.h"
#include "services/common/import/sql/sql_import_store.h"
#include "services/common/import/sql/sql_import_txn.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kRequest[] = "6a1f6c0e-1d5a-4b0a-9a44-2f3b7b0f6c11";

class ImportStoreTest : public tests::EngineTest {
 protected:
  void SetUp() override {
    database_ = OpenNew();
    ASSERT_TRUE(common::sql::Migrate(*database_, "changelog", common::ChangeLogMigrations()).ok());
    const absl::Status status = common::sql::Migrate(*database_, "import", ImportMigrations());
    ASSERT_TRUE(status.ok()) << status;
    log_ = std::make_unique<common::ChangeLog>(*database_, clock_, random_);
    store_ = std::make_unique<SqlImportStore>(*database_, *log_, clock_);
  }

  static Import Fresh() {
    Import import;
    import.partition = PartitionId(5);
    import.collection = "units";
    import.parent = common::UnitUid(77);
    import.mode = ImportMode::kValidRows;
    import.actor_key = "issuer|subject";
    import.request_id = "call-1";
    import.sealed_key = std::string("\0key", 4);
    return import;
  }
  static common::RequestKey Key(std::string digest = "d") { return {"issuer|subject", kRequest, std::move(digest)}; }

  Import Begin(const common::RequestKey& key = {}) {
    const auto begun = store_->Begin(call_, Fresh(), key);
    EXPECT_TRUE(begun.ok()) << begun.status();
    EXPECT_FALSE(begun->done_before);
    return begun->import;
  }
  // Lines 1…count, later lines first in order.
  Import Staged(int count) {
    Import import = Begin();
    std::vector<StagedRow> rows;
    for (int i = 1; i <= count; ++i) rows.push_back({i, count - i, std::string("p\0", 2) + std::to_string(i)});
    EXPECT_TRUE(store_->Stage(call_, import, rows).ok());
    const auto committed = store_->Commit(call_, import, count);
    EXPECT_TRUE(committed.ok()) << committed.status();
    return *committed;
  }
  Import Applying(int count) {
    Import import = Staged(count);
    Import to = import;
    to.state = ImportState::kApplying;
    EXPECT_TRUE(store_->Advance(call_, import, to).ok());
    return to;
  }
  Import Get(int64_t id) {
    const auto import = store_->Get(call_, id);
    EXPECT_TRUE(import.ok()) << import.status();
    return import.ok() ? *import : Import();
  }
  // Applies all rows, logging a change for each.
  static absl::StatusOr<ChunkOutcome> ApplyAll(ImportTxn& txn, std::span<const StagedRow> rows) {
    ChunkOutcome outcome;
    for (const StagedRow& row : rows) {
      SqlImportTxn::Of(txn).Log({common::ChangeKind::kCreated, "units/X", common::UnitUid(1), {}, "e"});
      outcome.applied.push_back({row.line, 100 + row.line});
    }
    return outcome;
  }
  int64_t Count(const std::string& table) {
    int64_t count = -1;
    const absl::Status status = database_->Read(absl::InfiniteFuture(), [&](common::sql::Session& session) {
      return session
          .SelectOne({"count", "SELECT CAST(COUNT(*) AS BIGINT) FROM " + table}, {},
                     [&](const common::sql::Row& row) {
                       count = row.Int(0);
                       return absl::OkStatus();
                     })
          .status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return count;
  }

  tests::FakeClock clock_;
  tests::SeededRandom random_{1};
  std::unique_ptr<common::sql::Database> database_;
  std::unique_ptr<common::ChangeLog> log_;
  std::unique_ptr<SqlImportStore> store_;
  common::Call call_;
};
INSTANTIATE_ENGINES(ImportStoreTest);

TEST_P(ImportStoreTest, KeepsWhatItGot) {
  const Import made = Begin(Key());
  EXPECT_EQ(common::PartitionOf(made.id), PartitionId(5));
  const Import read = Get(made.id);
  EXPECT_EQ(read.collection, "units");
  EXPECT_EQ(read.parent, common::UnitUid(77));
  EXPECT_EQ(read.mode, ImportMode::kValidRows);
  EXPECT_EQ(read.state, ImportState::kReceiving);
  EXPECT_EQ(read.sealed_key, std::string("\0key", 4));
  EXPECT_EQ(read.actor_key, "issuer|subject");
  EXPECT_EQ(read.create_time, clock_.Now());
  EXPECT_EQ(read.end_time, absl::InfiniteFuture());
  EXPECT_FALSE(read.committed);
  EXPECT_EQ(store_->Get(call_, made.id + 1).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(ImportStoreTest, TheSameRequestIsTheSameImport) {
  const Import first = Begin(Key());
  ASSERT_TRUE(store_->Stage(call_, first, std::vector<StagedRow>{{1, 0, "a"}}).ok());

  // Not committed: received again from the start, and the first stream cannot go on.
  const auto again = store_->Begin(call_, Fresh(), Key());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->import.id, first.id);
  EXPECT_FALSE(again->done_before);
  EXPECT_EQ(again->import.received_rows, 0);
  EXPECT_EQ(Count("import_row"), 0);
  EXPECT_EQ(common::ReasonOf(store_->Stage(call_, first, std::vector<StagedRow>{{2, 0, "b"}})), "STREAM_REPLACED");
  EXPECT_EQ(common::ReasonOf(store_->Commit(call_, first, 1).status()), "STREAM_REPLACED");
  ASSERT_TRUE(store_->Stage(call_, again->import, std::vector<StagedRow>{{1, 0, "a"}}).ok());
  ASSERT_TRUE(store_->Commit(call_, again->import, 1).ok());

  const auto third = store_->Begin(call_, Fresh(), Key());
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(third->import.id, first.id);
  EXPECT_TRUE(third->done_before);
  EXPECT_EQ(Count("import_row"), 1) << "nothing is forgotten";
  EXPECT_EQ(common::ReasonOf(store_->Begin(call_, Fresh(), Key("other")).status()), "REQUEST_ID_REUSED");
}

TEST_P(ImportStoreTest, ALineTwiceStagesNothing) {
  const Import import = Begin();
  ASSERT_TRUE(store_->Stage(call_, import, std::vector<StagedRow>{{1, 0, "a"}}).ok());
  const absl::Status twice = store_->Stage(call_, import, std::vector<StagedRow>{{2, 0, "b"}, {1, 0, "c"}});
  EXPECT_EQ(twice.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(common::ViolationsOf(twice).at(0).reason, "DUPLICATE_LINE");
  EXPECT_EQ(Count("import_row"), 1);
  EXPECT_EQ(Get(import.id).received_rows, 1);
}

TEST_P(ImportStoreTest, NothingIsStagedAfterTheCommit) {
  const Import import = Staged(1);
  EXPECT_EQ(common::ReasonOf(store_->Stage(call_, import, std::vector<StagedRow>{{2, 0, "b"}})), "STREAM_REPLACED");
  EXPECT_EQ(common::ReasonOf(store_->Commit(call_, import, 2).status()), "STREAM_REPLACED");
  EXPECT_EQ(Get(import.id).announced_rows, 1);
}

TEST_P(ImportStoreTest, DueFromCommitUntilSwept) {
  const Import receiving = Begin();
  EXPECT_THAT(store_->Due(call_, 10).value(), IsEmpty());
  const Import import = Staged(3);
  EXPECT_THAT(store_->Due(call_, 10).value(), ElementsAre(import.id));
  Import failed = import;
  failed.state = ImportState::kFailed;
  failed.sealed_key.clear();
  ASSERT_TRUE(store_->Advance(call_, import, failed).ok());
  EXPECT_EQ(Get(import.id).sealed_key, "");
  EXPECT_FALSE(store_->Sweep(call_, failed, 2).value());
  EXPECT_THAT(store_->Due(call_, 10).value(), ElementsAre(import.id));
  EXPECT_TRUE(store_->Sweep(call_, failed, 2).value());
  EXPECT_THAT(store_->Due(call_, 10).value(), IsEmpty());
  EXPECT_EQ(Count("import_row"), 0);
  EXPECT_EQ(Get(receiving.id).state, ImportState::kReceiving);
}

TEST_P(ImportStoreTest, RefusalsAreCountedOncePerRow) {
  const Import import = Staged(4);
  ASSERT_TRUE(store_->BeginCheck(call_, import).ok());
  Import counted = import;
  const auto refuse = [&](int64_t number, std::vector<RowIssue> issues) {
    const auto rows = store_->Refuse(call_, counted, number, issues);
    ASSERT_TRUE(rows.ok()) << rows.status();
    counted.rejected_rows += *rows;
  };
  refuse(1, {{3, "code", "A", {"en", "中"}}, {1, "title", "B", {"en", "中"}}, {3, "", "C", {"en", "中"}}});
  refuse(4, {{3, "level", "D", {"en", "中"}}});
  EXPECT_EQ(counted.rejected_rows, 2);
  EXPECT_EQ(Get(import.id).rejected_rows, 2);

  const auto by_line = store_->IssuesByLine(call_, import.id, 0, 0, 10).value();
  ASSERT_EQ(by_line.size(), 4u);
  EXPECT_EQ(by_line[0].issue.line, 1);
  EXPECT_EQ(by_line[0].issue.text.zh, "中");
  EXPECT_EQ(by_line[3].issue.reason, "D");
  const auto rest = store_->IssuesByLine(call_, import.id, 3, by_line[2].number, 10).value();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].issue.reason, "D");
  const auto by_number = store_->IssuesByNumber(call_, import.id, 1, 2).value();
  ASSERT_EQ(by_number.size(), 2u);
  EXPECT_EQ(by_number[0].issue.reason, "B");

  // A check that begins again forgets them.
  ASSERT_TRUE(store_->BeginCheck(call_, counted).ok());
  EXPECT_EQ(Get(import.id).rejected_rows, 0);
  EXPECT_THAT(store_->IssuesByNumber(call_, import.id, 0, 10).value(), IsEmpty());
  EXPECT_EQ(store_->Refuse(call_, import, 1, std::vector<RowIssue>{{3, "code", "A", {}}}).value(), 1);
}

TEST_P(ImportStoreTest, RowsComeByLineForTheCheck) {
  const Import import = Staged(3);
  const auto rows = store_->RowsByLine(call_, import, 1, 10).value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].line, 2);
  EXPECT_EQ(rows[0].payload, std::string("p\0", 2) + "2");
}

TEST_P(ImportStoreTest, AChunkIsAppliedExactlyOnce) {
  const Import import = Applying(3);
  std::vector<int64_t> seen;
  const auto apply = [&](ImportTxn& txn, std::span<const StagedRow> rows) {
    for (const StagedRow& row : rows) seen.push_back(row.line);
    return ApplyAll(txn, rows);
  };
  const auto first = store_->ApplyChunk(call_, import, 2, true, apply);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->rows, 2);
  EXPECT_EQ(first->import.applied_rows, 2);
  EXPECT_EQ(first->import.revision, 2);
  EXPECT_THAT(seen, ElementsAre(3, 2)) << "by order, not by line";
  // Whoever still holds the older state does not get through.
  EXPECT_EQ(common::ReasonOf(store_->ApplyChunk(call_, import, 2, true, apply).status()), "IMPORT_MOVED_ON");
  const auto second = store_->ApplyChunk(call_, first->import, 2, true, apply);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(seen, ElementsAre(3, 2, 1));
  const auto none = store_->ApplyChunk(call_, second->import, 2, true, apply);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->rows, 0);
  EXPECT_EQ(Count("change_log"), 3);
  EXPECT_EQ(Get(import.id).applied_rows, 3);
  EXPECT_EQ(Count("import_row WHERE state = 2 AND result_id = 100 + line"), 3);
  EXPECT_EQ(Count("import_row WHERE payload <> CAST('' AS " + std::string(sqlite() ? "BLOB" : "BYTEA") + ")"), 0)
      << "payloads are gone with the chunk";
}

TEST_P(ImportStoreTest, AFailedChunkLeavesNothing) {
  const Import import = Applying(2);
  const auto failed = store_->ApplyChunk(call_, import, 10, true, [](ImportTxn& txn, std::span<const StagedRow> rows) {
    ApplyAll(txn, rows).IgnoreError();
    return absl::StatusOr<ChunkOutcome>(common::Unavailable("AWAY", {"away", "不可用"}));
  });
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Count("change_log"), 0);
  EXPECT_EQ(Count("import_row WHERE state = 0"), 2);
  EXPECT_EQ(Get(import.id).applied_rows, 0);
}

TEST_P(ImportStoreTest, ALateRefusalRollsBackOrIsRecorded) {
  const Import import = Applying(2);
  const auto apply = [](ImportTxn& txn, std::span<const StagedRow> rows) -> absl::StatusOr<ChunkOutcome> {
    RONGHE_ASSIGN_OR_RETURN(ChunkOutcome outcome, ApplyAll(txn, rows.subspan(1)));
    outcome.refused.push_back({rows[0].line, "code", "DUPLICATE_CODE", {"en", "中"}});
    return outcome;
  };
  const auto stopped = store_->ApplyChunk(call_, import, 10, true, apply);
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_TRUE(stopped->rolled_back);
  EXPECT_EQ(stopped->refused.size(), 1u);
  EXPECT_EQ(Count("change_log"), 0);
  EXPECT_EQ(Count("import_row_error"), 0);

  const auto recorded = store_->ApplyChunk(call_, import, 10, false, apply);
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_FALSE(recorded->rolled_back);
  EXPECT_EQ(Get(import.id).applied_rows, 1);
  EXPECT_EQ(Get(import.id).rejected_rows, 1);
  EXPECT_EQ(Count("import_row_error"), 1);
  EXPECT_EQ(store_->ApplyChunk(call_, recorded->import, 10, false, apply)->rows, 0);
}

TEST_P(ImportStoreTest, AChunkOfFullSize) {
  const Import import = Applying(kRowsPerChunk);
  const auto chunk = store_->ApplyChunk(call_, import, kRowsPerChunk, true, ApplyAll);
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(chunk->import.applied_rows, kRowsPerChunk);
  EXPECT_EQ(chunk->import.revision, kRowsPerChunk);
}

TEST_P(ImportStoreTest, RevertGetsEverythingAppliedOrNothing) {
  const Import import = Applying(3);
  Import applied = store_->ApplyChunk(call_, import, 10, true, ApplyAll)->import;
  const Import before = applied;
  applied.state = ImportState::kApplied;
  ASSERT_TRUE(store_->Advance(call_, before, applied).ok());
  ASSERT_TRUE(store_->Sweep(call_, applied, 10).value());
  EXPECT_EQ(Count("import_row"), 3) << "what was made must be known to be taken back";

  Import reverted = applied;
  reverted.state = ImportState::kReverted;
  const auto refused = store_->Revert(call_, applied, reverted, {}, Key(), [](ImportTxn&, std::span<const int64_t>) {
    return common::FailedPrecondition("IMPORT_IN_USE", {"in use", "已被使用"});
  });
  EXPECT_EQ(common::ReasonOf(refused.status()), "IMPORT_IN_USE");
  EXPECT_EQ(Get(import.id).state, ImportState::kApplied);

  std::vector<int64_t> results;
  int runs = 0;
  const auto revert = [&](ImportTxn& txn, std::span<const int64_t> all) {
    ++runs;
    results.assign(all.begin(), all.end());
    SqlImportTxn::Of(txn).Log({common::ChangeKind::kDeleted, "units/X", common::UnitUid(1), {}, "e"});
    return absl::OkStatus();
  };
  const auto done = store_->Revert(call_, applied, reverted, {}, Key(), revert);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->state, ImportState::kReverted);
  EXPECT_EQ(done->applied_rows, 0);
  EXPECT_THAT(results, ElementsAre(103, 102, 101));
  EXPECT_EQ(done->revision, 4);
  // The same request again.
  const auto again = store_->Revert(call_, *done, reverted, {}, Key(), revert);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->state, ImportState::kReverted);
  EXPECT_EQ(runs, 1);
  EXPECT_THAT(store_->Due(call_, 10).value(), ElementsAre(import.id));
  EXPECT_TRUE(store_->Sweep(call_, *done, 10).value());
  EXPECT_EQ(Count("import_row"), 0);
}

TEST_P(ImportStoreTest, DropsWhatIsOldAndNeverWhatIsAtWork) {
  const Import receiving = Begin(Key());
  ASSERT_TRUE(store_->Stage(call_, receiving, std::vector<StagedRow>{{1, 0, "a"}, {2, 0, "b"}}).ok());
  const Import at_work = Staged(1);
  EXPECT_THAT(store_->Unfinished(call_, clock_.Now(), 10).value(), IsEmpty());
  clock_.Advance(absl::Hours(25));
  const absl::Time old = clock_.Now() - absl::Hours(24);
  EXPECT_THAT(store_->Unfinished(call_, old, 10).value(), ElementsAre(receiving.id));
  EXPECT_FALSE(store_->Drop(call_, at_work, 10).ok());
  EXPECT_FALSE(store_->Drop(call_, receiving, 2).value()) << "rows first";
  EXPECT_TRUE(store_->Drop(call_, receiving, 2).value());
  EXPECT_EQ(store_->Get(call_, receiving.id).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Count("import_row"), 1);

  // Taken up again by another stream in the meantime: it stays.
  const common::RequestKey other{"issuer|subject", "0c4f6c0e-1d5a-4b0a-9a44-2f3b7b0f6c11", "d"};
  const Import stale = Begin(other);
  const auto again = store_->Begin(call_, Fresh(), other);
  ASSERT_TRUE(store_->Stage(call_, again->import, std::vector<StagedRow>{{1, 0, "a"}}).ok());
  EXPECT_EQ(common::ReasonOf(store_->Drop(call_, stale, 10).status()), "IMPORT_MOVED_ON");
  EXPECT_EQ(Count("import_row"), 2);
}

TEST_P(ImportStoreTest, ListsNewestFirst) {
  const Import a = Begin();
  clock_.Advance(absl::Seconds(1));
  const Import b = Begin();
  const auto all = store_->List(call_, 0, 10).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, b.id);
  EXPECT_EQ(all[1].parent, common::UnitUid(77));
  const auto rest = store_->List(call_, b.id, 10).value();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].id, a.id);
}

TEST_P(ImportStoreTest, OneHoldsTheLease) {
  const absl::Time until = clock_.Now() + absl::Seconds(3);
  EXPECT_TRUE(store_->Lease(call_, "one", until).value());
  EXPECT_FALSE(store_->Lease(call_, "two", until).value());
  EXPECT_TRUE(store_->Lease(call_, "one", until).value());
  clock_.Advance(absl::Seconds(4));
  EXPECT_TRUE(store_->Lease(call_, "two", clock_.Now() + absl::Seconds(3)).value());
  EXPECT_FALSE(store_->Lease(call_, "one", clock_.Now() + absl::Seconds(3)).value());
  ASSERT_TRUE(store_->Release(call_, "two").ok());
  EXPECT_TRUE(store_->Lease(call_, "one", clock_.Now() + absl::Seconds(3)).value());
}

}  // namespace
}  // namespace ronghe::common
