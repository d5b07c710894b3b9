#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

#include "services/common/changelog/changelog.h"
#include "tests/support/fake_clock.h"

namespace ronghe::common {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

class FeedHubTest : public ::testing::Test {
 protected:
  tests::FakeClock clock_;
  FeedHub hub_{clock_};
};

// Returns once the hub's thread has handled everything that was ripe when it was called.
void Settle(FeedHub& hub) {
  absl::Notification done;
  // Times come after positions, and this is the last of the times that have come.
  hub.WakeAfter(std::numeric_limits<int64_t>::max(), absl::ZeroDuration(), [&] { done.Notify(); });
  ASSERT_TRUE(done.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(FeedHubTest, WakesWhenTheFeedHasGrown) {
  absl::Notification woken;
  hub_.WakeAfter(4, absl::Hours(1), [&] { woken.Notify(); });
  hub_.Advance(4);
  Settle(hub_);
  EXPECT_FALSE(woken.HasBeenNotified());
  hub_.Advance(5);
  EXPECT_TRUE(woken.WaitForNotificationWithTimeout(kPatience));
  EXPECT_EQ(hub_.last(), 5);
}

TEST_F(FeedHubTest, WakesAtOnceForWhatIsThereAlready) {
  hub_.Advance(9);
  absl::Notification woken;
  hub_.WakeAfter(8, absl::Hours(1), [&] { woken.Notify(); });
  EXPECT_TRUE(woken.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(FeedHubTest, NeverGoesBack) {
  hub_.Advance(9);
  hub_.Advance(3);
  EXPECT_EQ(hub_.last(), 9);
}

TEST_F(FeedHubTest, WakesAfterTheTimeoutByTheInjectedClock) {
  absl::Notification woken;
  hub_.WakeAfter(4, absl::Seconds(15), [&] { woken.Notify(); });
  clock_.Advance(absl::Seconds(14));
  hub_.Advance(0);
  Settle(hub_);
  EXPECT_FALSE(woken.HasBeenNotified());
  clock_.Advance(absl::Seconds(1));
  hub_.Advance(0);
  EXPECT_TRUE(woken.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(FeedHubTest, TimesOutInRealTimeToo) {
  SystemClock real;
  FeedHub hub(real);
  absl::Notification late, early;
  hub.WakeAfter(4, absl::Milliseconds(20), [&] { late.Notify(); });
  hub.WakeAfter(4, absl::Milliseconds(1), [&] { early.Notify(); });
  EXPECT_TRUE(early.WaitForNotificationWithTimeout(kPatience));
  EXPECT_TRUE(late.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(FeedHubTest, WakesOnce) {
  std::atomic<int> woken = 0;
  hub_.WakeAfter(0, absl::Seconds(1), [&] { ++woken; });
  hub_.Advance(1);
  Settle(hub_);
  hub_.Advance(2);
  clock_.Advance(absl::Minutes(1));
  hub_.Advance(0);
  Settle(hub_);
  EXPECT_EQ(woken, 1);
}

TEST_F(FeedHubTest, ACancelledWatcherIsNotWoken) {
  std::atomic<int> woken = 0;
  const uint64_t handle = hub_.WakeAfter(0, absl::Seconds(1), [&] { ++woken; });
  hub_.Cancel(handle);
  hub_.Cancel(handle);
  hub_.Advance(1);
  clock_.Advance(absl::Minutes(1));
  hub_.Advance(0);
  Settle(hub_);
  EXPECT_EQ(woken, 0);
}

TEST_F(FeedHubTest, CancelWaitsForAWakeThatRuns) {
  absl::Notification running, go_on;
  std::atomic<bool> ended = false;
  const uint64_t handle = hub_.WakeAfter(0, absl::Hours(1), [&] {
    running.Notify();
    go_on.WaitForNotification();
    ended = true;
  });
  hub_.Advance(1);
  ASSERT_TRUE(running.WaitForNotificationWithTimeout(kPatience));
  std::atomic<bool> ended_at_return = false;
  std::thread canceller([&] {
    hub_.Cancel(handle);
    ended_at_return = ended.load();
  });
  go_on.Notify();
  canceller.join();
  EXPECT_TRUE(ended_at_return);
}

TEST_F(FeedHubTest, AWakeMayCancelAndWaitAgain) {
  absl::Notification second;
  std::atomic<uint64_t> handle = 0;
  handle = hub_.WakeAfter(0, absl::Hours(1), [&] {
    hub_.Cancel(handle);  // itself: returns at once
    hub_.WakeAfter(1, absl::Hours(1), [&] { second.Notify(); });
  });
  hub_.Advance(1);
  Settle(hub_);
  hub_.Advance(2);
  EXPECT_TRUE(second.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(FeedHubTest, ManyWatchersFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kWatchers = 500;
  std::atomic<int> woken = 0;
  std::atomic<int> cancelled = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kWatchers; ++i) {
        auto mine = std::make_shared<std::atomic<bool>>(false);
        const uint64_t handle = hub_.WakeAfter(i, absl::Hours(1), [&woken, mine] {
          ++woken;
          *mine = true;
        });
        hub_.Advance(t * kWatchers / kThreads);
        if (i % 3 != 0) continue;
        hub_.Cancel(handle);
        if (!*mine) ++cancelled;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  hub_.Advance(kWatchers);
  Settle(hub_);
  EXPECT_EQ(woken + cancelled, kThreads * kWatchers);
}

}  // namespace
}  // namespace ronghe::common
