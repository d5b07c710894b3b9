#include "services/common/serve/executor.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "services/common/values/status.h"
#include "tests/support/fake_clock.h"

namespace ronghe::common {
namespace {

// Holds the pool's only thread until it is let go.
class Blocker {
 public:
  explicit Blocker(Executor& executor) {
    executor.Post([this] {
      std::unique_lock<std::mutex> lock(mutex_);
      running_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
    });
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return running_; });
  }
  void Release() {
    std::unique_lock<std::mutex> lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool running_ = false;
  bool released_ = false;
};

TEST(ExecutorTest, RunsEverythingBeforeItStops) {
  tests::FakeClock clock;
  Executor executor({3, 1000}, clock);
  std::atomic<int> runs{0};
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(executor.TryPost(absl::InfiniteFuture(), [&] { ++runs; }).ok());
    executor.Post([&] { ++runs; });
  }
  executor.Stop();
  EXPECT_EQ(runs, 1000);
  executor.Post([&] { ++runs; });
  EXPECT_EQ(runs, 1001);
  EXPECT_FALSE(executor.TryPost(absl::InfiniteFuture(), [&] { ++runs; }).ok());
}

TEST(ExecutorTest, AFullQueueRefusesButStepsOfStreamsPass) {
  tests::FakeClock clock;
  Executor executor({1, 2}, clock);
  Blocker blocker(executor);
  std::vector<int> order;
  EXPECT_TRUE(executor.TryPost(absl::InfiniteFuture(), [&] { order.push_back(1); }).ok());
  EXPECT_TRUE(executor.TryPost(absl::InfiniteFuture(), [&] { order.push_back(2); }).ok());
  absl::Status refused = executor.TryPost(absl::InfiniteFuture(), [&] { order.push_back(3); });
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), "QUEUE_FULL");
  executor.Post([&] { order.push_back(4); });
  EXPECT_EQ(executor.queued(), 3);
  EXPECT_EQ(executor.running(), 1);
  blocker.Release();
  executor.Stop();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 4}));
}

TEST(ExecutorTest, LateTasksAreDroppedUnrun) {
  tests::FakeClock clock;
  Executor executor({1, 10}, clock);
  Blocker blocker(executor);
  bool ran = false;
  absl::Status why;
  ASSERT_TRUE(executor
                  .TryPost(
                      clock.Now() + absl::Seconds(1), [&] { ran = true; }, [&](absl::Status status) { why = status; })
                  .ok());
  clock.Advance(absl::Seconds(2));
  blocker.Release();
  executor.Stop();
  EXPECT_FALSE(ran);
  EXPECT_EQ(why.code(), absl::StatusCode::kDeadlineExceeded);
}

class CancelledTask final : public Task {
 public:
  void Run() override { ran = true; }
  void Drop(absl::Status status) override { why = std::move(status); }
  bool cancelled() const override { return true; }
  bool ran = false;
  absl::Status why;
};

TEST(ExecutorTest, CancelledTasksAreDroppedUnrun) {
  tests::FakeClock clock;
  Executor executor({1, 10}, clock);
  CancelledTask task;
  ASSERT_TRUE(executor.TryPost(&task).ok());
  executor.Stop();
  EXPECT_FALSE(task.ran);
  EXPECT_EQ(task.why.code(), absl::StatusCode::kCancelled);
}

TEST(ExecutorTest, AnExceptionDoesNotEndTheProcess) {
  tests::FakeClock clock;
  Executor executor({1, 10}, clock);
  bool ran = false;
  executor.Post([] { throw 1; });
  executor.Post([&] { ran = true; });
  executor.Stop();
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace ronghe::common
