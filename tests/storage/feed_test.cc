#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/changelog/changelog.h"
#include "services/common/changelog/publication.h"
#include "services/common/values/status.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

// The last position told to it.
class Told {
 public:
  void Tell(int64_t position) {
    const std::lock_guard lock(mutex_);
    in_order_ = in_order_ && position > last_;
    last_ = position;
    changed_.notify_all();
  }
  bool WaitFor(int64_t position) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60), [&] { return last_ >= position; });
  }
  bool in_order() {
    const std::lock_guard lock(mutex_);
    return in_order_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t last_ = 0;
  bool in_order_ = true;
};

class FeedTest : public tests::EngineTest {
 protected:
  void SetUp() override {
    database_ = OpenNew({.readers = 10});
    const absl::Status migrated = sql::Migrate(*database_, "changelog", ChangeLogMigrations());
    ASSERT_TRUE(migrated.ok()) << migrated;
    log_.emplace(*database_, clock_, random_);
    feed_.emplace(*database_);
  }

  void WriteSome(int64_t partition, int count) {
    const absl::StatusOr<int64_t> revision = log_->Write(PartitionId(partition), Call{}, [&](WriteTxn& txn) {
      for (int i = 0; i < count; ++i) {
        txn.Log({.kind = ChangeKind::kUpdated,
                 .resource = fmt::format("things/{}.{}", partition, txn.next_revision()),
                 .unit = UnitUid(5),
                 .unit_before = UnitUid(6),
                 .etag = "e"});
      }
      return absl::OkStatus();
    });
    ASSERT_TRUE(revision.ok()) << revision.status();
  }

  std::vector<PublishedChange> ReadAll(int64_t after = 0) {
    std::vector<PublishedChange> all;
    for (;;) {
      const int64_t position = all.empty() ? after : all.back().position;
      absl::StatusOr<std::vector<PublishedChange>> page = feed_->After(position, 500, kNoDeadline);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok() || page->empty()) return all;
      all.insert(all.end(), page->begin(), page->end());
    }
  }

  // `partition.revision` of every change in the feed, which must be gapless and in revision order.
  std::vector<std::string> CheckedFeed() {
    std::vector<std::string> names;
    std::map<int64_t, int64_t> revisions;
    int64_t position = 0;
    for (const PublishedChange& change : ReadAll()) {
      EXPECT_EQ(change.position, ++position);
      EXPECT_EQ(change.revision, ++revisions[change.partition.value]) << "partition " << change.partition.value;
      names.push_back(fmt::format("{}.{}", change.partition.value, change.revision));
      EXPECT_EQ(change.entry.resource, "things/" + names.back());
    }
    return names;
  }

  tests::FakeClock clock_;
  tests::SeededRandom random_;
  std::unique_ptr<sql::Database> database_;
  std::optional<ChangeLog> log_;
  std::optional<Feed> feed_;
};
INSTANTIATE_ENGINES(FeedTest);

TEST_P(FeedTest, NumbersChangesByPartitionAndRevision) {
  Publisher publisher(*database_, clock_, random_);
  Told told;
  publisher.OnPublished([&](int64_t position) { told.Tell(position); });
  EXPECT_EQ(publisher.PublishOnce().value(), 0);
  WriteSome(9, 2);
  WriteSome(0, 1);
  WriteSome(3, 1);
  EXPECT_EQ(publisher.PublishOnce().value(), 4);
  EXPECT_TRUE(told.WaitFor(4));
  WriteSome(3, 1);
  EXPECT_EQ(publisher.PublishOnce().value(), 5);
  EXPECT_EQ(publisher.PublishOnce().value(), 5);
  EXPECT_THAT(CheckedFeed(), ElementsAre("0.1", "3.1", "9.1", "9.2", "3.2"));
  EXPECT_TRUE(told.in_order());
}

// A step for which some batches are too much: nothing that stands in the way for ever.
class SlowStep final : public PublicationStep {
 public:
  explicit SlowStep(int64_t most) : most_(most) {}
  absl::Status Publish(sql::Session& /*session*/, int64_t before, int64_t position) override {
    largest = std::max(largest, position - before);
    return position - before > most_ ? DeadlineExceeded() : absl::OkStatus();
  }
  void Ended(bool committed) override { committed_ += committed ? 1 : 0; }
  int64_t largest = 0;
  int committed() const { return committed_; }

 private:
  const int64_t most_;
  int committed_ = 0;
};

TEST_P(FeedTest, WhatTakesTooLongGoesInSmallerBatches) {
  SlowStep step(7);
  Publisher publisher(*database_, clock_, random_, {.batch = 5000});
  publisher.SetStep(step);
  WriteSome(3, 150);
  WriteSome(4, 50);
  EXPECT_EQ(publisher.PublishOnce().value(), 200);
  EXPECT_EQ(step.largest, 200);
  EXPECT_GE(step.committed(), 200 / 7);
  EXPECT_THAT(CheckedFeed(), SizeIs(200));
  // One change that takes too long alone is an error, told and not hidden.
  SlowStep hopeless(0);
  publisher.SetStep(hopeless);
  WriteSome(3, 2);
  EXPECT_EQ(publisher.PublishOnce().status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(CheckedFeed(), SizeIs(200));
}

TEST_P(FeedTest, GivesBackWhatWasLogged) {
  Publisher publisher(*database_, clock_, random_);
  WriteSome(4, 1);
  ASSERT_TRUE(publisher.PublishOnce().ok());
  const std::vector<PublishedChange> changes = ReadAll();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].time, clock_.Now());
  EXPECT_THAT(changes[0].change_id, SizeIs(36));
  EXPECT_EQ(changes[0].entry.kind, ChangeKind::kUpdated);
  EXPECT_EQ(changes[0].entry.unit, UnitUid(5));
  EXPECT_EQ(changes[0].entry.unit_before, UnitUid(6));
  EXPECT_EQ(changes[0].entry.etag, "e");
}

TEST_P(FeedTest, PagesAndHead) {
  Publisher publisher(*database_, clock_, random_);
  WriteSome(4, 5);
  ASSERT_TRUE(publisher.PublishOnce().ok());
  WriteSome(4, 1);  // not published
  EXPECT_THAT(feed_->After(1, 2, kNoDeadline).value(), SizeIs(2));
  EXPECT_THAT(feed_->After(5, 2, kNoDeadline).value(), IsEmpty());
  EXPECT_THAT(feed_->After(99, 2, kNoDeadline).value(), IsEmpty());
  EXPECT_EQ(feed_->Last(kNoDeadline).value(), 5);
  Feed::Head head;
  ASSERT_TRUE(database_
                  ->Read(kNoDeadline,
                         [&](sql::Session& session) -> absl::Status {
                           RONGHE_ASSIGN_OR_RETURN(head, feed_->ReadHead(session, PartitionId(4)));
                           return absl::OkStatus();
                         })
                  .ok());
  EXPECT_EQ(head.position, 5);
  EXPECT_EQ(head.partition_revision, 5);
  EXPECT_EQ(head.time, clock_.Now());
}

TEST_P(FeedTest, WorksInBatchesOfManyPartitions) {
  Publisher publisher(*database_, clock_, random_, {.batch = 7});
  int total = 0;
  for (int partition = 0; partition < 83; ++partition) {
    const int count = partition % 13 == 0 ? 20 : partition % 3;
    WriteSome(partition, count);
    total += count;
  }
  EXPECT_EQ(publisher.PublishOnce().value(), total);
  EXPECT_THAT(CheckedFeed(), SizeIs(total));

  Publisher wide(*database_, clock_, random_);
  for (int partition = 0; partition < 83; ++partition) WriteSome(partition, 1);
  EXPECT_EQ(wide.PublishOnce().value(), total + 83);
  EXPECT_THAT(CheckedFeed(), SizeIs(total + 83));
}

TEST_P(FeedTest, RacingPublishersNumberEachChangeOnce) {
  constexpr int kWriters = 4;
  constexpr int kWrites = 40;
  SystemClock real;
  Publisher one(*database_, real, random_, {.batch = 3, .lease = absl::Milliseconds(5)});
  Publisher two(*database_, real, random_, {.batch = 5, .lease = absl::Milliseconds(5)});
  Told told_one, told_two;
  one.OnPublished([&](int64_t position) { told_one.Tell(position); });
  two.OnPublished([&](int64_t position) { told_two.Tell(position); });
  one.Start();
  two.Start();
  std::atomic<int> writing = kWriters;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kWrites; ++i) {
        WriteSome((w + i) % 3, 1 + i % 2);
        (i % 2 == 0 ? one : two).Hint();
      }
      --writing;
    });
  }
  // A third one takes the lease away again and again.
  threads.emplace_back([&] {
    Publisher thief(*database_, real, random_, {.batch = 4});
    while (writing > 0) {
      const absl::StatusOr<int64_t> published = thief.PublishOnce();
      ASSERT_TRUE(published.ok()) << published.status();
    }
  });
  for (std::thread& thread : threads) thread.join();
  constexpr int kTotal = kWriters * kWrites * 3 / 2;
  // Both learn of everything, whoever published it.
  EXPECT_TRUE(told_one.WaitFor(kTotal));
  EXPECT_TRUE(told_two.WaitFor(kTotal));
  one.Stop();
  two.Stop();
  EXPECT_THAT(CheckedFeed(), SizeIs(kTotal));
  EXPECT_TRUE(told_one.in_order());
  EXPECT_TRUE(told_two.in_order());
}

TEST_P(FeedTest, AStaleHolderHasNoEffect) {
  Publisher holder(*database_, clock_, random_);
  WriteSome(4, 1);
  ASSERT_TRUE(holder.PublishOnce().ok());
  WriteSome(4, 1);
  publication::Look seen;
  ASSERT_TRUE(database_
                  ->Read(kNoDeadline,
                         [&](sql::Session& session) -> absl::Status {
                           RONGHE_ASSIGN_OR_RETURN(seen, publication::LookAround(session));
                           return absl::OkStatus();
                         })
                  .ok());
  EXPECT_TRUE(seen.pending);
  Publisher successor(*database_, clock_, random_);
  ASSERT_EQ(successor.PublishOnce().value(), 2);
  WriteSome(4, 1);

  const absl::Status stale = database_->Write(kNoDeadline, [&](sql::Session& session) {
    return publication::PublishBatch(session, seen.lease, seen.lease, 1, 100).status();
  });
  EXPECT_TRUE(absl::IsAborted(stale)) << stale;
  EXPECT_EQ(ReasonOf(stale), "LEASE_LOST");
  EXPECT_THAT(CheckedFeed(), SizeIs(2));
}

TEST_P(FeedTest, ASilentHolderIsReplacedWhenItsLeaseEnds) {
  Publisher holder(*database_, clock_, random_);
  WriteSome(4, 1);
  ASSERT_TRUE(holder.PublishOnce().ok());
  Publisher successor(*database_, clock_, random_, {.poll = absl::Milliseconds(1)});
  Told told;
  successor.OnPublished([&](int64_t position) { told.Tell(position); });
  successor.Start();
  ASSERT_TRUE(told.WaitFor(1));  // of the other's work
  WriteSome(4, 1);
  successor.Hint();
  EXPECT_EQ(feed_->Last(kNoDeadline).value(), 1);
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(told.WaitFor(2));
}

TEST_P(FeedTest, AStoppedPublisherStartsAgain) {
  Publisher publisher(*database_, clock_, random_);
  Told told;
  publisher.OnPublished([&](int64_t position) { told.Tell(position); });
  publisher.Start();
  publisher.Stop();
  WriteSome(4, 1);
  publisher.Start();
  publisher.Hint();
  EXPECT_TRUE(told.WaitFor(1));
}

TEST_P(FeedTest, OldPositionsAreDroppedAndSaidToBe) {
  Publisher publisher(*database_, clock_, random_);
  for (int i = 0; i < 3; ++i) WriteSome(4, 700);
  ASSERT_EQ(publisher.PublishOnce().value(), 2100);
  clock_.Advance(absl::Hours(24 * 20));
  WriteSome(4, 1);
  WriteSome(5, 1);
  ASSERT_EQ(publisher.PublishOnce().value(), 2102);
  EXPECT_EQ(publisher.DropExpired().value(), 0);
  clock_.Advance(absl::Hours(24 * 10) + absl::Seconds(1));
  WriteSome(4, 1);  // not published, and not to be dropped
  EXPECT_EQ(publisher.DropExpired().value(), 2100);

  const absl::StatusOr<std::vector<PublishedChange>> expired = feed_->After(2099, 10, kNoDeadline);
  EXPECT_EQ(expired.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReasonOf(expired.status()), "FEED_EXPIRED");
  EXPECT_THAT(TextOf(expired.status()).en, ::testing::HasSubstr("2101"));
  EXPECT_THAT(feed_->After(2100, 10, kNoDeadline).value(), SizeIs(2));
  EXPECT_EQ(feed_->ReadBounds(kNoDeadline).value().oldest, 2101);
  EXPECT_EQ(publisher.PublishOnce().value(), 2103);
  EXPECT_THAT(ReadAll(2100), SizeIs(3));
}

TEST_P(FeedTest, AnEmptiedFeedGoesOnCounting) {
  Publisher publisher(*database_, clock_, random_);
  WriteSome(4, 3);
  ASSERT_TRUE(publisher.PublishOnce().ok());
  clock_.Advance(absl::Hours(24 * 31));
  EXPECT_EQ(publisher.DropExpired().value(), 3);
  EXPECT_EQ(feed_->Last(kNoDeadline).value(), 3);
  EXPECT_EQ(feed_->ReadBounds(kNoDeadline).value().oldest, 4);
  EXPECT_THAT(feed_->After(3, 10, kNoDeadline).value(), IsEmpty());
  EXPECT_FALSE(feed_->After(2, 10, kNoDeadline).ok());
  WriteSome(4, 1);
  EXPECT_EQ(publisher.PublishOnce().value(), 4);
  EXPECT_EQ(ReadAll(3).at(0).revision, 4);
}

TEST_P(FeedTest, RequestIdsAreKeptForTwoDays) {
  Publisher publisher(*database_, clock_, random_);
  int effects = 0;
  const auto request = [&](int n) {
    return log_
        ->Write(PartitionId(4), Call{},
                [&](WriteTxn& txn) -> absl::Status {
                  RONGHE_ASSIGN_OR_RETURN(
                      const std::optional<PriorWrite> prior,
                      txn.Claim({.caller = "anna", .request_id = fmt::format("r-{}", n), .digest = "d"}));
                  if (prior.has_value()) return absl::OkStatus();
                  ++effects;
                  txn.Remember("things/1");
                  return absl::OkStatus();
                })
        .status();
  };
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(request(n).ok());
  clock_.Advance(absl::Hours(24));
  ASSERT_TRUE(request(9).ok());
  EXPECT_EQ(publisher.DropExpired().value(), 0);
  ASSERT_TRUE(request(0).ok());
  EXPECT_EQ(effects, 6);
  clock_.Advance(absl::Hours(24) + absl::Seconds(1));
  EXPECT_EQ(publisher.DropExpired().value(), 5);
  ASSERT_TRUE(request(9).ok());
  EXPECT_EQ(effects, 6);
  ASSERT_TRUE(request(0).ok());
  EXPECT_EQ(effects, 7);
}

// No assertion on time: it tells a reader of the log what a change in the statements costs.
TEST_P(FeedTest, PublishesABacklog) {
  constexpr int kChanges = 30'000;
  for (int partition = 0; partition < 10; ++partition) WriteSome(partition, kChanges / 10);
  Publisher publisher(*database_, clock_, random_);
  const absl::Time start = absl::Now();
  EXPECT_EQ(publisher.PublishOnce().value(), kChanges);
  RecordProperty("changes_per_second", static_cast<int>(kChanges / absl::ToDoubleSeconds(absl::Now() - start)));
  fmt::print("{} changes per second\n", static_cast<int>(kChanges / absl::ToDoubleSeconds(absl::Now() - start)));
}

}  // namespace
}  // namespace ronghe::common
