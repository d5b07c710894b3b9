// A publisher killed at any moment, again and again, while others write: in the end every change has exactly one
// position, gapless and in the order of its partition.
#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <csignal>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "services/common/changelog/changelog.h"
#include "services/common/values/status.h"
#include "tests/support/engines.h"
#include "tests/support/seeded_random.h"
#include "tests/support/subprocess.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kChildFlag = "--publish";
constexpr int kKills = 20;
constexpr int kPartitions = 5;
constexpr int kWriters = 2;
// Each writes at least one change, so that there is always enough to wait for.
constexpr int kWritesPerRound = 20;

// The process that is killed: publishes in small batches for ever.
int PublishForEver(const std::string& url) {
  absl::StatusOr<std::unique_ptr<sql::Database>> database = sql::OpenDatabase(url, {.readers = 2});
  if (!database.ok()) return 1;
  SystemClock clock;
  SystemRandom random;
  Publisher publisher(**database, clock, random, {.batch = 7});
  for (;;) {
    if (!publisher.PublishOnce().ok()) return 1;
  }
}

class PublisherKillTest : public tests::EngineTest {
 protected:
  absl::Status WriteSome(ChangeLog& log, uint64_t n) {
    const PartitionId partition(static_cast<int64_t>(n % kPartitions));
    return log
        .Write(partition, Call{},
               [&](WriteTxn& txn) {
                 for (uint64_t i = 0; i <= n % 4; ++i) {
                   txn.Log({.resource = fmt::format("things/{}.{}", partition.value, txn.next_revision())});
                 }
                 return absl::OkStatus();
               })
        .status();
  }

  // Counts the feed anew; returns how many changes of each partition are in it.
  std::map<int64_t, int64_t> Recount(Feed& feed) {
    std::map<int64_t, int64_t> revisions;
    int64_t position = 0;
    for (;;) {
      const absl::StatusOr<std::vector<PublishedChange>> page = feed.After(position, 500, absl::InfiniteFuture());
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok() || page->empty()) return revisions;
      for (const PublishedChange& change : *page) {
        EXPECT_EQ(change.position, ++position);
        EXPECT_EQ(change.revision, ++revisions[change.partition.value]);
        EXPECT_EQ(change.entry.resource, fmt::format("things/{}.{}", change.partition.value, change.revision));
      }
    }
  }
};
INSTANTIATE_ENGINES(PublisherKillTest);

TEST_P(PublisherKillTest, EveryChangeHasOnePosition) {
  const std::string url = NewUrl();
  const std::unique_ptr<sql::Database> database = sql::OpenDatabase(url, {.readers = 8}).value();
  ASSERT_TRUE(sql::Migrate(*database, "changelog", ChangeLogMigrations()).ok());
  SystemClock clock;
  tests::SeededRandom random;
  ChangeLog log(*database, clock, random);
  Feed feed(*database);

  std::atomic<uint64_t> next = 0;
  const auto write = [&] {
    for (int i = 0; i < kWritesPerRound; ++i) {
      const absl::Status written = WriteSome(log, next++);
      ASSERT_TRUE(written.ok()) << written;
    }
  };
  for (int kill = 0; kill < kKills; ++kill) {
    const int64_t before = feed.Last(absl::InfiniteFuture()).value();
    auto child = tests::Subprocess::Start({"/proc/self/exe", std::string(kChildFlag), url});
    ASSERT_TRUE(child.ok()) << child.status();
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w) writers.emplace_back(write);
    const int64_t enough = before + 1 + static_cast<int64_t>(random.Below(kWriters * kWritesPerRound));
    const absl::Status advanced =
        (*child)->WaitFor([&] { return feed.Last(absl::InfiniteFuture()).value() >= enough; }, absl::Seconds(60));
    EXPECT_TRUE(advanced.ok()) << advanced;
    (*child)->Signal(SIGKILL);
    EXPECT_EQ((*child)->WaitExit(absl::Seconds(30)).value(), 128 + SIGKILL);
    for (std::thread& writer : writers) writer.join();
  }

  Publisher publisher(*database, clock, random);
  const int64_t last = publisher.PublishOnce().value();
  int64_t total = 0;
  const std::map<int64_t, int64_t> published = Recount(feed);
  for (int64_t partition = 0; partition < kPartitions; ++partition) {
    const absl::Status read = database->Read(absl::InfiniteFuture(), [&](sql::Session& session) -> absl::Status {
      RONGHE_ASSIGN_OR_RETURN(const int64_t revision, log.Revision(session, PartitionId(partition)));
      EXPECT_EQ(published.at(partition), revision);
      total += revision;
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
  }
  EXPECT_EQ(last, total);
  fmt::print("{} changes, {} kills\n", total, kKills);
}

}  // namespace
}  // namespace ronghe::common

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == ronghe::common::kChildFlag) return ronghe::common::PublishForEver(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
