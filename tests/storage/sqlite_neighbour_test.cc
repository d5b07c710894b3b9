// A second process that opens an SQLite database and closes it again, as a backup or a curious person does, takes
// nothing away from the process that serves it.
#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "services/common/sql/database.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

namespace ronghe::common::sql {
namespace {

constexpr std::string_view kChildFlag = "--look";
constexpr Query kCount{"count", "SELECT COUNT(*) FROM thing"};

absl::StatusOr<int64_t> Count(Database& database) {
  int64_t count = -1;
  const absl::Status read = database.Read(absl::InfiniteFuture(), [&](Session& session) {
    return session.Select(kCount, {}, [&](const Row& row) {
      count = row.Int(0);
      return absl::OkStatus();
    });
  });
  if (!read.ok()) return read;
  return count;
}

int Look(const std::string& url) {
  const auto database = OpenDatabase(url);
  return database.ok() && Count(**database).value_or(0) > 0 ? 0 : 1;
}

TEST(SqliteNeighbourTest, LeavesTheLogToTheProcessThatServes) {
  const tests::TempDir dir;
  const std::string url = "sqlite:" + dir.File("a.db");
  const std::unique_ptr<Database> database = OpenDatabase(url).value();
  const auto add = [&] {
    return database->Write(absl::InfiniteFuture(), [](Session& session) {
      return session.Execute({"add", "INSERT INTO thing (n) VALUES (?)"}, {int64_t{1}}).status();
    });
  };
  ASSERT_TRUE(database
                  ->Write(absl::InfiniteFuture(),
                          [](Session& session) {
                            return session.Execute({"create", "CREATE TABLE thing (n INTEGER)"}).status();
                          })
                  .ok());
  for (int64_t round = 1; round <= 3; ++round) {
    ASSERT_TRUE(add().ok());
    ASSERT_EQ(Count(*database).value(), round);  // through a reader's connection, opened after the writer's
    auto child = tests::Subprocess::Start({"/proc/self/exe", std::string(kChildFlag), url});
    ASSERT_TRUE(child.ok()) << child.status();
    ASSERT_EQ((*child)->WaitExit(absl::Seconds(60)).value(), 0);
    EXPECT_TRUE(std::filesystem::exists(dir.File("a.db-wal")));
  }
}

}  // namespace
}  // namespace ronghe::common::sql

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == ronghe::common::sql::kChildFlag) return ronghe::common::sql::Look(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
