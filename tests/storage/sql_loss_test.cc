#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <absl/time/clock.h>

#include "services/common/sql/database.h"
#include "services/common/values/status.h"
#include "tests/support/postgres.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

// Databases that go away and come back.
namespace ronghe::common::sql {
namespace {

constexpr Query kCreate{"test.create", "CREATE TABLE item (id INTEGER PRIMARY KEY)"};
constexpr Query kInsert{"test.insert", "INSERT INTO item (id) VALUES (?)"};
constexpr Query kCount{"test.count", "SELECT COUNT(*) FROM item"};

absl::Time Soon() {
  return absl::Now() + absl::Seconds(30);
}

absl::Status Write(Database& database, const Query& query, std::initializer_list<Value> args) {
  return database.Write(Soon(), [&](Session& session) { return session.Execute(query, args).status(); });
}

int64_t Count(Database& database) {
  int64_t count = -1;
  absl::Status status = database.Read(Soon(), [&](Session& session) {
    return session
        .SelectOne(kCount, {},
                   [&](const Row& row) {
                     count = row.Int(0);
                     return absl::OkStatus();
                   })
        .status();
  });
  EXPECT_TRUE(status.ok()) << status;
  return count;
}

// It kills the server, so it has its own.
class SqlLossTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = tests::PostgresServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    database_ = *OpenDatabase(*server_->CreateDatabase());
    ASSERT_TRUE(Write(*database_, kCreate, {}).ok());
  }
  std::unique_ptr<tests::PostgresServer> server_;
  std::unique_ptr<Database> database_;
};

TEST_F(SqlLossTest, WhatWasCommittedSurvivesAndConnectionsComeBack) {
  ASSERT_TRUE(Write(*database_, kInsert, {1}).ok());
  EXPECT_EQ(Count(*database_), 1);
  server_->Kill9();
  for (int i = 0; i < 3; ++i) {
    absl::Status status = Write(*database_, kInsert, {2});
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_GT(RetryAfterOf(status), absl::ZeroDuration());
    EXPECT_EQ(database_->Ping(Soon()).code(), absl::StatusCode::kUnavailable);
  }
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_EQ(Count(*database_), 1);
  EXPECT_TRUE(Write(*database_, kInsert, {2}).ok());
  EXPECT_EQ(Count(*database_), 2);
}

TEST_F(SqlLossTest, ARestartBetweenTransactionsIsNotNoticed) {
  ASSERT_TRUE(Write(*database_, kInsert, {1}).ok());
  server_->Kill9();
  ASSERT_TRUE(server_->Restart().ok());
  absl::Status status = Write(*database_, kInsert, {2});
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Count(*database_), 2);
}

TEST_F(SqlLossTest, ALossWithinATransactionIsNeverHidden) {
  absl::Status status = database_->Write(Soon(), [&](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, {1}).status());
    server_->Kill9();
    EXPECT_TRUE(server_->Restart().ok());
    return session.Execute(kInsert, {2}).status();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(Count(*database_), 0);
}

TEST_F(SqlLossTest, ALossBeforeTheCommitLeavesTheOutcomeUnknown) {
  absl::Status status = database_->Write(Soon(), [&](Session& session) -> absl::Status {
    RONGHE_RETURN_IF_ERROR(session.Execute(kInsert, {1}).status());
    server_->Kill9();
    return absl::OkStatus();
  });
  EXPECT_EQ(ReasonOf(status), "COMMIT_UNKNOWN") << status;
}

TEST_F(SqlLossTest, ABackendThatIsEndedIsReplaced) {
  ASSERT_TRUE(Write(*database_, kInsert, {1}).ok());
  auto other = *OpenDatabase(server_->Url("test_1"));
  ASSERT_TRUE(other
                  ->Write(Soon(),
                          [](Session& session) {
                            return session.Select(
                                {"test.end",
                                 "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = "
                                 "'test_1' AND pid <> pg_backend_pid()"},
                                {}, [](const Row&) { return absl::OkStatus(); });
                          })
                  .ok());
  absl::Status status = Write(*database_, kInsert, {2});
  EXPECT_TRUE(status.ok()) << status;
}

TEST(SqlUnreachableTest, NoServerIsUnavailableAtOnce) {
  auto database = *OpenDatabase("postgresql://user:secret@127.0.0.1:" + std::to_string(tests::FreePort()) + "/x");
  absl::Status status = database->Ping(Soon());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(LogOf(status), ::testing::Not(::testing::HasSubstr("secret")));
}

TEST(SqliteFileTest, KeepsWhatWasCommittedAndIsPrivate) {
  tests::TempDir dir;
  std::string path = dir.File("kept.db");
  for (int64_t i = 0; i < 2; ++i) {
    auto database = *OpenDatabase("sqlite:" + path);
    if (i == 0) {
      ASSERT_TRUE(Write(*database, kCreate, {}).ok());
    }
    ASSERT_TRUE(Write(*database, kInsert, {i}).ok());
    EXPECT_EQ(Count(*database), i + 1);
  }
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(SqliteMemoryTest, IsOneDatabasePerOpenAndGoneAfterwards) {
  auto first = *OpenDatabase("sqlite::memory:");
  auto second = *OpenDatabase("sqlite::memory:");
  ASSERT_TRUE(Write(*first, kCreate, {}).ok());
  ASSERT_TRUE(Write(*first, kInsert, {1}).ok());
  EXPECT_EQ(Count(*first), 1);
  EXPECT_TRUE(Write(*second, kCreate, {}).ok());
  EXPECT_EQ(Count(*second), 0);
}

}  // namespace
}  // namespace ronghe::common::sql
