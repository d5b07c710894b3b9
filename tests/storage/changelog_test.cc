#include "services/common/changelog/changelog.h"

#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr PartitionId kFirst{7};
constexpr PartitionId kSecond{9};

struct LogRow {
  int64_t partition;
  int64_t revision;
  std::string resource;
  std::string change_id;
};

class ChangeLogTest : public tests::EngineTest {
 protected:
  void SetUp() override {
    database_ = OpenNew({.readers = 10});
    const absl::Status migrated = sql::Migrate(*database_, "changelog", ChangeLogMigrations());
    ASSERT_TRUE(migrated.ok()) << migrated;
    log_.emplace(*database_, clock_, random_);
    log_->OnCommit([this] { ++hints_; });
  }

  // Logs `count` changes in one transaction.
  absl::StatusOr<int64_t> WriteSome(PartitionId partition, int count, const std::string& name = "things") {
    return log_->Write(partition, Call{}, [&](WriteTxn& txn) {
      for (int i = 0; i < count; ++i) {
        txn.Log({.kind = ChangeKind::kCreated, .resource = fmt::format("{}/{}", name, i), .unit = UnitUid(5)});
      }
      return absl::OkStatus();
    });
  }

  std::vector<LogRow> Rows() {
    std::vector<LogRow> rows;
    const absl::Status read = database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select(
          {"test", "SELECT partition_id, rev, resource, change_id FROM change_log ORDER BY partition_id, rev"}, {},
          [&](const sql::Row& row) {
            rows.push_back({row.Int(0), row.Int(1), std::string(row.Text(2)), std::string(row.Text(3))});
            return absl::OkStatus();
          });
    });
    EXPECT_TRUE(read.ok()) << read;
    return rows;
  }

  int64_t Count(std::string_view table) {
    int64_t count = -1;
    const std::string text = fmt::format("SELECT COUNT(*) FROM {}", table);
    const absl::Status read = database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"test", text}, {}, [&](const sql::Row& row) {
        count = row.Int(0);
        return absl::OkStatus();
      });
    });
    EXPECT_TRUE(read.ok()) << read;
    return count;
  }

  int64_t RevisionOf(PartitionId partition) {
    int64_t revision = -1;
    const absl::Status read = database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(revision, log_->Revision(session, partition));
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return revision;
  }

  tests::FakeClock clock_;
  tests::SeededRandom random_;
  std::unique_ptr<sql::Database> database_;
  std::optional<ChangeLog> log_;
  std::atomic<int> hints_ = 0;
};
INSTANTIATE_ENGINES(ChangeLogTest);

TEST_P(ChangeLogTest, RevisionsAreGaplessUnderConcurrentWriters) {
  constexpr int kWriters = 8;
  constexpr int kWrites = 30;
  const std::vector<PartitionId> partitions = {kStructurePartition, kFirst, kSecond};
  std::array<std::atomic<int>, 3> logged{};
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kWrites; ++i) {
        const size_t p = static_cast<size_t>(w + i) % partitions.size();
        const int count = 1 + (w * 7 + i * 3) % 6;  // both the single and the bulk path
        const absl::StatusOr<int64_t> revision = WriteSome(partitions[p], count, fmt::format("w{}-{}", w, i));
        ASSERT_TRUE(revision.ok()) << revision.status();
        logged[p] += count;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();

  std::map<int64_t, int64_t> next;
  std::map<std::string, std::string> transaction_of;
  for (const LogRow& row : Rows()) {
    EXPECT_EQ(row.revision, ++next[row.partition]) << "partition " << row.partition;
    const std::string transaction = row.resource.substr(0, row.resource.find('/'));
    const auto [known, is_new] = transaction_of.emplace(row.change_id, transaction);
    EXPECT_EQ(known->second, transaction) << "two transactions share a change id";
  }
  EXPECT_THAT(transaction_of, SizeIs(kWriters * kWrites));
  for (size_t p = 0; p < partitions.size(); ++p) {
    EXPECT_EQ(next[partitions[p].value], logged[p]);
    EXPECT_EQ(RevisionOf(partitions[p]), logged[p]);
  }
  EXPECT_EQ(hints_, kWriters * kWrites);
}

TEST_P(ChangeLogTest, TellsEachEntryItsRevision) {
  ASSERT_EQ(WriteSome(kFirst, 3).value(), 3);
  std::vector<int64_t> announced;
  const absl::StatusOr<int64_t> revision = log_->Write(kFirst, Call{}, [&](WriteTxn& txn) {
    for (int i = 0; i < 2; ++i) {
      announced.push_back(txn.next_revision());
      txn.Log({.resource = "things/x"});
    }
    return absl::OkStatus();
  });
  EXPECT_EQ(revision.value(), 5);
  EXPECT_THAT(announced, ElementsAre(4, 5));
}

TEST_P(ChangeLogTest, RollbackLeavesNoGapAndNoTrace) {
  ASSERT_EQ(WriteSome(kFirst, 1).value(), 1);
  int calls = 0;
  const absl::StatusOr<int64_t> failed = log_->Write(kFirst, Call{}, [&](WriteTxn& txn) {
    ++calls;
    txn.NewId();
    txn.Log({.resource = "things/lost"});
    return FailedPrecondition("NO", {"no", "否"});
  });
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(RevisionOf(kFirst), 1);
  EXPECT_EQ(hints_, 1);
  EXPECT_EQ(WriteSome(kFirst, 1).value(), 2);
  EXPECT_THAT(Rows(), SizeIs(2));
}

TEST_P(ChangeLogTest, NothingLoggedLeavesTheRevision) {
  EXPECT_EQ(RevisionOf(kFirst), 0);
  ASSERT_EQ(WriteSome(kFirst, 2).value(), 2);
  hints_ = 0;
  EXPECT_EQ(WriteSome(kFirst, 0).value(), 2);
  EXPECT_EQ(RevisionOf(kFirst), 2);
  EXPECT_EQ(hints_, 0);
  EXPECT_EQ(WriteSome(kFirst, 1).value(), 3);
}

TEST_P(ChangeLogTest, IdsAreUniqueGrowAndCarryThePartition) {
  constexpr int kWriters = 6;
  constexpr int kWrites = 20;
  std::mutex mutex;
  std::map<int64_t, std::vector<int64_t>> ids_by_revision;  // of kFirst
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kWrites; ++i) {
        // A clock that jumps back must not give ids again.
        clock_.Advance(w % 2 == 0 ? absl::Microseconds(40) : absl::Microseconds(-40));
        std::vector<int64_t> ids;
        const absl::StatusOr<int64_t> revision = log_->Write(kFirst, Call{}, [&](WriteTxn& txn) {
          ids = {txn.NewId(), txn.NewId(), txn.NewId()};
          txn.Log({.resource = "things/x"});
          return absl::OkStatus();
        });
        ASSERT_TRUE(revision.ok()) << revision.status();
        const std::lock_guard lock(mutex);
        ids_by_revision[*revision] = ids;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  ASSERT_THAT(ids_by_revision, SizeIs(kWriters * kWrites));
  int64_t last = 0;
  for (const auto& [revision, ids] : ids_by_revision) {
    for (const int64_t id : ids) {
      EXPECT_GT(id, last);
      EXPECT_EQ(PartitionOf(id), kFirst);
      last = id;
    }
  }
}

TEST_P(ChangeLogTest, IdsFollowTheClockAndSurviveWritesThatLogNothing) {
  int64_t first = 0;
  int64_t second = 0;
  const auto take = [&](int64_t& id) {
    return log_->Write(kFirst, Call{}, [&](WriteTxn& txn) {
      id = txn.NewId();
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(take(first).ok());
  ASSERT_TRUE(take(second).ok());
  EXPECT_EQ(second, MakeId((first >> kPartitionBits) + 1, kFirst));
  clock_.Advance(absl::Seconds(16));
  int64_t later = 0;
  ASSERT_TRUE(take(later).ok());
  EXPECT_EQ((later >> kPartitionBits) - (first >> kPartitionBits), 1'000'000);
}

TEST_P(ChangeLogTest, RunsConflictsAgainAndNothingElse) {
  int calls = 0;
  const auto fail = [&](int times, std::string reason) {
    calls = 0;
    return log_->Write(kFirst, Call{}, [&, times](WriteTxn& txn) {
      txn.Log({.resource = "things/x"});
      return ++calls <= times ? Aborted(reason, {"again", "重试"}) : absl::OkStatus();
    });
  };
  EXPECT_EQ(fail(2, "CONFLICT").value(), 1);
  EXPECT_EQ(calls, 3);
  EXPECT_TRUE(absl::IsAborted(fail(10, "CONFLICT").status()));
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(ReasonOf(fail(10, "ETAG_MISMATCH").status()), "ETAG_MISMATCH");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(RevisionOf(kFirst), 1);
}

TEST_P(ChangeLogTest, IncarnationIsMadeOnceForADatabase) {
  const std::string made = log_->Incarnation().value();
  EXPECT_FALSE(made.empty());
  EXPECT_EQ(log_->Incarnation().value(), made);
  ChangeLog again(*database_, clock_, random_);
  EXPECT_EQ(again.Incarnation().value(), made);

  const std::unique_ptr<sql::Database> other = OpenNew();
  ASSERT_TRUE(sql::Migrate(*other, "changelog", ChangeLogMigrations()).ok());
  ChangeLog elsewhere(*other, clock_, random_);
  EXPECT_NE(elsewhere.Incarnation().value(), made);
}

class RequestLogTest : public ChangeLogTest {
 protected:
  // Creates `things/<n>` once for `key`. What the caller would be answered.
  absl::StatusOr<std::string> Create(const RequestKey& key, PartitionId partition = kFirst,
                                     absl::Status outcome = absl::OkStatus()) {
    std::string answer;
    const absl::StatusOr<int64_t> revision = log_->Write(partition, Call{}, [&](WriteTxn& txn) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(const std::optional<PriorWrite> prior, txn.Claim(key));
      if (prior.has_value()) {
        answer = fmt::format("{}@{}.{}", prior->resource, prior->partition, prior->revision);
        return absl::OkStatus();
      }
      const std::string name = fmt::format("things/{}", ++made_);
      txn.Log({.kind = ChangeKind::kCreated, .resource = name});
      txn.Remember(name);
      answer = fmt::format("{}@{}.{}", name, partition.value, txn.next_revision() - 1);
      return outcome;
    });
    if (!revision.ok()) return revision.status();
    return answer;
  }

  std::atomic<int> made_ = 0;
};
INSTANTIATE_ENGINES(RequestLogTest);

TEST_P(RequestLogTest, ARepeatedRequestHasOneEffectAndOneAnswer) {
  const RequestKey key{.caller = "issuer|anna", .request_id = "r-1", .digest = "d"};
  EXPECT_EQ(Create(key).value(), "things/1@7.1");
  ASSERT_EQ(WriteSome(kFirst, 2).value(), 3);
  hints_ = 0;
  EXPECT_EQ(Create(key).value(), "things/1@7.1");
  EXPECT_EQ(Create(key, kSecond).value(), "things/1@7.1");  // also where the resource has moved to another partition
  EXPECT_EQ(hints_, 0);
  EXPECT_EQ(RevisionOf(kFirst), 3);
  EXPECT_EQ(RevisionOf(kSecond), 0);
  EXPECT_THAT(Rows(), SizeIs(3));
}

TEST_P(RequestLogTest, KeysAreTheCallersOwn) {
  EXPECT_EQ(Create({.caller = "anna", .request_id = "r-1", .digest = "d"}).value(), "things/1@7.1");
  EXPECT_EQ(Create({.caller = "ben", .request_id = "r-1", .digest = "d"}).value(), "things/2@7.2");
  EXPECT_EQ(Create({.caller = "anna", .request_id = "r-2", .digest = "d"}).value(), "things/3@7.3");
  EXPECT_EQ(Create({.caller = "anna", .request_id = "", .digest = "d"}).value(), "things/4@7.4");
  EXPECT_EQ(Create({.caller = "anna", .request_id = "", .digest = "d"}).value(), "things/5@7.5");
  EXPECT_EQ(Count("request_log"), 3);
}

TEST_P(RequestLogTest, AnotherRequestWithTheSameIdIsRefused) {
  ASSERT_TRUE(Create({.caller = "anna", .request_id = "r-1", .digest = "d"}).ok());
  const absl::StatusOr<std::string> other = Create({.caller = "anna", .request_id = "r-1", .digest = "e"});
  EXPECT_EQ(other.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(other.status()), "REQUEST_ID_REUSED");
  EXPECT_THAT(Rows(), SizeIs(1));
}

TEST_P(RequestLogTest, AFailedRequestIsNotRemembered) {
  const RequestKey key{.caller = "anna", .request_id = "r-1", .digest = "d"};
  EXPECT_FALSE(Create(key, kFirst, FailedPrecondition("NO", {"no", "否"})).ok());
  EXPECT_EQ(Count("request_log"), 0);
  EXPECT_EQ(Create(key).value(), "things/2@7.1");
}

TEST_P(RequestLogTest, AClaimWithoutAnAnswerIsOurFault) {
  const absl::StatusOr<int64_t> revision = log_->Write(kFirst, Call{}, [&](WriteTxn& txn) -> absl::Status {
    return txn.Claim({.caller = "anna", .request_id = "r-1", .digest = "d"}).status();
  });
  EXPECT_EQ(revision.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Count("request_log"), 0);
}

TEST_P(RequestLogTest, RacesOfOneRequestHaveOneEffect) {
  constexpr int kRounds = 12;
  constexpr int kCallers = 6;
  for (int round = 0; round < kRounds; ++round) {
    const RequestKey key{.caller = "anna", .request_id = fmt::format("race-{}", round), .digest = "d"};
    std::vector<absl::StatusOr<std::string>> answers(kCallers, absl::UnknownError("not called"));
    std::vector<std::thread> callers;
    for (int c = 0; c < kCallers; ++c) {
      // Also through two partitions, whose lock rows do not keep the transactions apart.
      callers.emplace_back([&, c] { answers[static_cast<size_t>(c)] = Create(key, c % 2 == 0 ? kFirst : kSecond); });
    }
    for (std::thread& caller : callers) caller.join();
    std::set<std::string> distinct;
    for (const absl::StatusOr<std::string>& answer : answers) {
      ASSERT_TRUE(answer.ok()) << answer.status();
      distinct.insert(*answer);
    }
    EXPECT_THAT(distinct, SizeIs(1));
    EXPECT_THAT(Rows(), SizeIs(round + 1));
  }
}

}  // namespace
}  // namespace ronghe::common
