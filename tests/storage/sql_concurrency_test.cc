#include <atomic>
#include <barrier>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include <absl/time/clock.h>

#include "services/common/values/status.h"
#include "tests/support/engines.h"

// Several transactions at once.
namespace ronghe::common::sql {
namespace {

constexpr Query kCreate{"test.create", "CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)"};
constexpr Query kInsert{"test.insert", "INSERT INTO counter (id, value) VALUES (?, ?)"};
constexpr Query kGet{"test.get", "SELECT value FROM counter WHERE id = ?"};
constexpr Query kSet{"test.set", "UPDATE counter SET value = ? WHERE id = ?"};
constexpr Query kBump{"test.bump", "UPDATE counter SET value = value + 1 WHERE id = ? RETURNING value"};

absl::Time Soon() {
  return absl::Now() + absl::Seconds(30);
}

absl::StatusOr<int64_t> Get(Session& session, int64_t id) {
  int64_t value = 0;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kGet, {id},
                                        [&](const Row& row) {
                                          value = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return value;
}

class SqlConcurrencyTest : public tests::EngineTest {
 protected:
  void SetUp() override {
    database_ = OpenNew();
    ASSERT_TRUE(database_
                    ->Write(Soon(),
                            [](Session& session) -> absl::Status {
                              RONGHE_RETURN_IF_ERROR(session.Execute(kCreate, {}).status());
                              RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, {1, 0}).status());
                              return session.Execute(kInsert, {2, 0}).status();
                            })
                    .ok());
  }
  absl::Status Set(int64_t id, int64_t value) {
    return database_->Write(Soon(), [&](Session& session) { return session.Execute(kSet, {value, id}).status(); });
  }
  std::unique_ptr<Database> database_;
};
INSTANTIATE_ENGINES(SqlConcurrencyTest);

TEST_P(SqlConcurrencyTest, AReaderSeesOneSnapshot) {
  absl::Status status = database_->Read(Soon(), [&](Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(int64_t before, Get(session, 1));
    EXPECT_EQ(before, 0);
    // A writer is not held up by the reader, and the reader does not see it.
    RONGHE_RETURN_IF_ERROR(Set(1, 7));
    RONGHE_RETURN_IF_ERROR(Set(2, 7));
    for (int64_t id : {1, 2}) {
      RONGHE_ASSIGN_OR_RETURN(int64_t after, Get(session, id));
      EXPECT_EQ(after, 0);
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(database_
                  ->Read(Soon(),
                         [](Session& session) -> absl::Status {
                           EXPECT_EQ(*Get(session, 1), 7);
                           return absl::OkStatus();
                         })
                  .ok());
}

TEST_P(SqlConcurrencyTest, WritersBehindALockRowAreSerial) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 25;
  std::vector<std::vector<int64_t>> revisions(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kWrites; ++i) {
        absl::Status status = database_->Write(Soon(), [&](Session& session) -> absl::Status {
          int64_t revision = 0;
          RONGHE_RETURN_IF_ERROR(session
                                     .SelectOne(kBump, {1},
                                                [&](const Row& row) {
                                                  revision = row.Int(0);
                                                  return absl::OkStatus();
                                                })
                                     .status());
          // Behind the lock row a read and a write of another row are one step.
          RONGHE_ASSIGN_OR_RETURN(int64_t value, Get(session, 2));
          RONGHE_RETURN_IF_ERROR(session.Execute(kSet, {value + 1, 2}).status());
          revisions[t].push_back(revision);
          return absl::OkStatus();
        });
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<int64_t> all;
  for (const auto& list : revisions) all.insert(list.begin(), list.end());
  EXPECT_EQ(all.size(), static_cast<size_t>(kThreads * kWrites));
  EXPECT_EQ(*all.rbegin(), kThreads * kWrites);
  EXPECT_TRUE(database_
                  ->Read(Soon(),
                         [](Session& session) -> absl::Status {
                           EXPECT_EQ(*Get(session, 2), kThreads * kWrites);
                           return absl::OkStatus();
                         })
                  .ok());
}

TEST_P(SqlConcurrencyTest, AWriterWaitingForAnotherGivesUpAtItsDeadline) {
  std::barrier step(2);
  std::thread first([&] {
    EXPECT_TRUE(database_
                    ->Write(Soon(),
                            [&](Session& session) -> absl::Status {
                              absl::Status status = session.Execute(kSet, {1, 1}).status();
                              step.arrive_and_wait();  // the row is locked
                              step.arrive_and_wait();  // the other has given up
                              return status;
                            })
                    .ok());
  });
  step.arrive_and_wait();
  absl::Status status = database_->Write(absl::Now() + absl::Milliseconds(200), [](Session& session) {
    return session.Execute(kSet, {2, 1}).status();
  });
  EXPECT_TRUE(absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status)) << status;
  step.arrive_and_wait();
  first.join();
  EXPECT_TRUE(database_
                  ->Read(Soon(),
                         [](Session& session) -> absl::Status {
                           EXPECT_EQ(*Get(session, 1), 1);
                           return absl::OkStatus();
                         })
                  .ok());
}

TEST_P(SqlConcurrencyTest, ReadersWaitForAConnectionUntilTheDeadline) {
  std::unique_ptr<Database> small = OpenNew({.readers = 1});
  absl::Status inner;
  absl::Status outer = small->Read(Soon(), [&](Session&) {
    inner = small->Ping(absl::Now() + absl::Milliseconds(50));
    return absl::OkStatus();
  });
  EXPECT_TRUE(outer.ok());
  EXPECT_EQ(inner.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(small->Ping(Soon()).ok());
}

TEST_P(SqlConcurrencyTest, ManyReadersAndWritersGetAlong) {
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        absl::Status status = database_->Read(Soon(), [](Session& session) -> absl::Status {
          RONGHE_ASSIGN_OR_RETURN(int64_t one, Get(session, 1));
          RONGHE_ASSIGN_OR_RETURN(int64_t two, Get(session, 2));
          EXPECT_EQ(one, two);
          return absl::OkStatus();
        });
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (int64_t i = 1; i <= 50; ++i) {
    EXPECT_TRUE(database_
                    ->Write(Soon(),
                            [&](Session& session) -> absl::Status {
                              RONGHE_RETURN_IF_ERROR(session.Execute(kSet, {i, 1}).status());
                              return session.Execute(kSet, {i, 2}).status();
                            })
                    .ok());
  }
  stop = true;
  for (std::thread& thread : readers) thread.join();
}

TEST(SqlConflictTest, ADeadlockOnPostgresqlIsAborted) {
  auto url = tests::SharedPostgres().CreateDatabase();
  ASSERT_TRUE(url.ok());
  auto database = *OpenDatabase(*url);
  ASSERT_TRUE(database
                  ->Write(Soon(),
                          [](Session& session) -> absl::Status {
                            RONGHE_RETURN_IF_ERROR(session.Execute(kCreate, {}).status());
                            RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, {1, 0}).status());
                            return session.Execute(kInsert, {2, 0}).status();
                          })
                  .ok());
  std::barrier both(2);
  std::vector<absl::Status> statuses(2);
  std::vector<std::thread> threads;
  for (int64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      statuses[static_cast<size_t>(t)] = database->Write(Soon(), [&](Session& session) -> absl::Status {
        RONGHE_RETURN_IF_ERROR(session.Execute(kSet, {1, 1 + t}).status());
        both.arrive_and_wait();
        return session.Execute(kSet, {1, 2 - t}).status();
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_NE(statuses[0].ok(), statuses[1].ok());
  const absl::Status& loser = statuses[0].ok() ? statuses[1] : statuses[0];
  EXPECT_EQ(loser.code(), absl::StatusCode::kAborted) << loser;
}

}  // namespace
}  // namespace ronghe::common::sql
