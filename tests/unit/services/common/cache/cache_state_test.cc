#include "services/common/cache/cache_state.h"

#include <atomic>

#include <gtest/gtest.h>

#include "tests/support/eventually.h"

namespace ronghe::common {
namespace {

TEST(CacheStateTest, TheFirstConnectionIsNoDisturbance) {
  CacheState state;
  EXPECT_FALSE(state.usable());
  state.Connected();
  EXPECT_TRUE(state.usable());
  EXPECT_EQ(state.disturbances(), 0);
}

TEST(CacheStateTest, AfterALossItIsUsableOnlyOnceResumed) {
  std::atomic<uint64_t> told = 0;
  CacheState state;
  state.OnDisturbance([&told](uint64_t generation) { told = generation; });
  state.Connected();
  const uint64_t before = state.word();
  EXPECT_TRUE(state.Lose());
  EXPECT_FALSE(state.Lose());
  EXPECT_FALSE(state.usable());
  state.Connected();
  EXPECT_FALSE(state.usable());
  while (told == 0) tests::Pause();
  EXPECT_FALSE(state.Resume(told + 1));
  EXPECT_TRUE(state.Resume(told));
  EXPECT_FALSE(state.Resume(told));
  EXPECT_TRUE(state.usable());
  EXPECT_NE(state.word(), before) << "usable again is not the same as usable";
}

TEST(CacheStateTest, ADisturbanceBeforeTheFirstConnectionCounts) {
  CacheState state;
  state.Disturb();
  state.Connected();
  EXPECT_FALSE(state.usable());
  EXPECT_EQ(state.disturbances(), 1);
}

TEST(CacheStateTest, ADisturbanceDuringResumeWins) {
  std::atomic<int> calls = 0;
  std::atomic<uint64_t> told = 0;
  CacheState state;
  state.Connected();
  state.OnDisturbance([&](uint64_t generation) {
    if (++calls == 1) {
      state.Disturb();
      EXPECT_FALSE(state.Resume(generation));
    }
    told = generation;
  });
  state.Disturb();
  while (calls < 2 || told == 0) tests::Pause();
  EXPECT_EQ(state.disturbances(), 2);
  while (!state.Resume(told)) tests::Pause();
  EXPECT_TRUE(state.usable());
}

TEST(CacheStateTest, ALossDuringResumeWins) {
  std::atomic<uint64_t> told = 0;
  CacheState state;
  state.Connected();
  state.Disturb();
  state.OnDisturbance([&told](uint64_t generation) { told = generation; });  // told of what came before it
  while (told == 0) tests::Pause();
  const uint64_t first = told;
  state.Lose();
  EXPECT_FALSE(state.Resume(first));
  state.Connected();
  EXPECT_FALSE(state.Resume(first));
  EXPECT_FALSE(state.usable());
}

TEST(CacheStateTest, TakingTheCallbackBackWaitsForIt) {
  std::atomic<bool> entered = false;
  std::atomic<bool> left = false;
  CacheState state;
  state.Connected();
  state.OnDisturbance([&](uint64_t) {
    entered = true;
    for (int i = 0; i < 10; ++i) tests::Pause();
    left = true;
  });
  state.Disturb();
  while (!entered) tests::Pause();
  state.OnDisturbance(nullptr);
  EXPECT_TRUE(left);
}

}  // namespace
}  // namespace ronghe::common
