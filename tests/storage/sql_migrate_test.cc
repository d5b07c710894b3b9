#include <thread>

#include <gtest/gtest.h>

#include <absl/time/clock.h>

#include "services/common/values/status.h"
#include "tests/storage/migrations/migrations.h"
#include "tests/support/engines.h"

namespace ronghe::common::sql {
namespace {

absl::Time Soon() {
  return absl::Now() + absl::Seconds(30);
}

std::span<const Migration> Steps() {
  return storage_test::Migrations();
}

class MigrateTest : public tests::EngineTest {
 protected:
  static std::string Note(Database& database) {
    std::string note;
    absl::Status status = database.Read(Soon(), [&](Session& session) {
      return session
          .SelectOne({"test.note", "SELECT note, extra FROM item WHERE id = 1"}, {},
                     [&](const Row& row) {
                       EXPECT_EQ(row.Int(1), 5);
                       note = row.Text(0);
                       return absl::OkStatus();
                     })
          .status();
    });
    EXPECT_TRUE(status.ok()) << status;
    return note;
  }
};
INSTANTIATE_ENGINES(MigrateTest);

TEST_P(MigrateTest, TakesTheMissingStepsInOrder) {
  auto database = OpenNew();
  EXPECT_EQ(*PendingMigrations(*database, "test", Steps()), 2);
  ASSERT_TRUE(Migrate(*database, "test", Steps().first(1)).ok());
  EXPECT_EQ(*PendingMigrations(*database, "test", Steps()), 1);
  ASSERT_TRUE(Migrate(*database, "test", Steps()).ok());
  EXPECT_EQ(*PendingMigrations(*database, "test", Steps()), 0);
  ASSERT_TRUE(Migrate(*database, "test", Steps()).ok());
  EXPECT_EQ(Note(*database), "a;b -- c");
}

TEST_P(MigrateTest, ComponentsAreCountedApart) {
  auto database = OpenNew();
  const Migration other[] = {{1, "other", "CREATE TABLE other (id BIGINT PRIMARY KEY);"}};
  ASSERT_TRUE(Migrate(*database, "test", Steps()).ok());
  EXPECT_EQ(*PendingMigrations(*database, "other", other), 1);
  ASSERT_TRUE(Migrate(*database, "other", other).ok());
  EXPECT_EQ(*PendingMigrations(*database, "other", other), 0);
}

TEST_P(MigrateTest, ALaterSchemaIsRefused) {
  auto database = OpenNew();
  ASSERT_TRUE(Migrate(*database, "test", Steps()).ok());
  absl::Status status = Migrate(*database, "test", Steps().first(1));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(status), "SCHEMA_NEWER");
  EXPECT_EQ(ReasonOf(PendingMigrations(*database, "test", Steps().first(1)).status()), "SCHEMA_NEWER");
}

TEST_P(MigrateTest, AFailedStepLeavesNothing) {
  auto database = OpenNew();
  const Migration broken[] = {{1, "broken", "CREATE TABLE half (id BIGINT PRIMARY KEY);\nCREATE TABEL other (id);"}};
  const Migration repaired[] = {{1, "repaired", "CREATE TABLE half (id BIGINT PRIMARY KEY);"}};
  EXPECT_EQ(Migrate(*database, "test", broken).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(*PendingMigrations(*database, "test", broken), 1);
  EXPECT_TRUE(Migrate(*database, "test", repaired).ok());
}

TEST_P(MigrateTest, TwoAtOnceTakeEachStepOnce) {
  std::string url = NewUrl();
  std::vector<std::unique_ptr<Database>> databases;
  for (int i = 0; i < 4; ++i) databases.push_back(*OpenDatabase(url));
  std::vector<std::thread> threads;
  for (auto& database : databases) {
    threads.emplace_back([&database] {
      absl::Status status = Migrate(*database, "test", Steps());
      EXPECT_TRUE(status.ok()) << status;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Note(*databases[0]), "a;b -- c");
}

TEST(SqliteMigrateTest, TablesAreStrict) {
  auto database = *OpenDatabase("sqlite::memory:");
  ASSERT_TRUE(Migrate(*database, "test", Steps()).ok());
  absl::Status status = database->Write(Soon(), [](Session& session) {
    return session.Execute({"test.wrong", "UPDATE item SET extra = ? WHERE id = 1"}, {"no number"}).status();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace ronghe::common::sql
