#include "gateway/overview/watch_hub.h"

#include <atomic>

#include <gtest/gtest.h>

#include "tests/support/eventually.h"

namespace ronghe::tests {
namespace {

using common::UnitUid;
using gateway::WatchHub;

class WatchHubTest : public ::testing::Test {
 protected:
  void WaitFor(const std::atomic<int>& count, int least) {
    const absl::Time deadline = clock_.Now() + absl::Seconds(20);
    while (count < least && clock_.Now() < deadline) Pause();
    EXPECT_GE(count, least);
  }
  common::SystemClock clock_;
  WatchHub hub_{clock_};
};

TEST_F(WatchHubTest, LooksAtOnceAndAfterChangesThatConcernTheUnit) {
  std::atomic<int> looks{0};
  std::atomic<int> others{0};
  const WatchHub::Id id = hub_.Add(UnitUid(1), [&] { ++looks; });
  const WatchHub::Id other = hub_.Add(UnitUid(2), [&] { ++others; });
  WaitFor(looks, 1);
  WaitFor(others, 1);
  const absl::Time begun = clock_.Now();
  for (int i = 2; i <= 5; ++i) {
    hub_.Changed({false, {UnitUid(7), UnitUid(1)}});
    WaitFor(looks, i);
  }
  const absl::Duration took = clock_.Now() - begun;
  EXPECT_GE(took, 3 * WatchHub::kPause);
  if (took < WatchHub::kTick / 2) {
    EXPECT_EQ(others, 1);
  }
  hub_.Changed({true, {}});
  WaitFor(looks, 6);
  WaitFor(others, 2);
  hub_.Remove(id);
  hub_.Remove(other);
  EXPECT_EQ(hub_.size(), 0u);
}

TEST_F(WatchHubTest, ManyChangesAreOneLook) {
  std::atomic<int> looks{0};
  const WatchHub::Id id = hub_.Add(UnitUid(1), [&] { ++looks; });
  WaitFor(looks, 1);
  const absl::Time begun = clock_.Now();
  while (clock_.Now() - begun < absl::Milliseconds(200)) hub_.Changed({false, {UnitUid(1)}});
  const absl::Duration took = clock_.Now() - begun;
  EXPECT_LE(looks, 2 + took / WatchHub::kPause);
  EXPECT_GE(looks, 3);
  hub_.Remove(id);
}

// What changes while a look runs is looked at again: the look may have read before the change.
TEST_F(WatchHubTest, NoChangeIsLostWhileALookRuns) {
  std::atomic<int> looks{0};
  std::atomic<bool> hold{true};
  const WatchHub::Id id = hub_.Add(UnitUid(1), [&] {
    ++looks;
    while (hold) Pause();
  });
  WaitFor(looks, 1);
  hub_.Changed({false, {UnitUid(1)}});
  const absl::Time begun = clock_.Now();
  hold = false;
  WaitFor(looks, 2);
  EXPECT_LT(clock_.Now() - begun, WatchHub::kTick);
  hub_.Remove(id);
}

TEST_F(WatchHubTest, NoLookAfterRemove) {
  for (int i = 0; i < 200; ++i) {
    auto alive = std::make_unique<std::atomic<int>>(0);
    const WatchHub::Id id = hub_.Add(UnitUid(1), [p = alive.get()] { ++*p; });
    hub_.Changed({false, {UnitUid(1)}});
    hub_.Remove(id);
    alive.reset();
  }
  std::atomic<int> looks{0};
  const WatchHub::Id id = hub_.Add(UnitUid(1), [&] { ++looks; });
  WaitFor(looks, 1);
  hub_.Remove(id);
  hub_.Stop();
}

TEST_F(WatchHubTest, LooksNowAndThenInAnyCase) {
  std::atomic<int> looks{0};
  const WatchHub::Id id = hub_.Add(UnitUid(1), [&] { ++looks; });
  WaitFor(looks, 3);
  hub_.Remove(id);
}

}  // namespace
}  // namespace ronghe::tests
