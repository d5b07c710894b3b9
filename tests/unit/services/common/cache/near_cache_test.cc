#include "services/common/cache/near_cache.h"

#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

CacheEntry Entry(int64_t position) {
  return {.position = position, .valid_us = 1, .value = "value"};
}

TEST(NearCacheTest, TakesNothingWhileInactive) {
  NearCache near(1 << 20);
  near.Insert("k", Entry(1), near.Generation("k"));
  EXPECT_EQ(near.Find("k"), std::nullopt);
  near.Activate();
  near.Insert("k", Entry(1), near.Generation("k"));
  EXPECT_EQ(near.Find("k"), Entry(1));
  near.Deactivate();
  EXPECT_EQ(near.Find("k"), std::nullopt);
  EXPECT_EQ(near.Size(), std::pair(size_t{0}, size_t{0}));
}

TEST(NearCacheTest, WhatMayHaveChangedMeanwhileIsNotInserted) {
  NearCache near(1 << 20);
  near.Activate();
  uint64_t before = near.Generation("k");
  near.Erase("k");
  near.Insert("k", Entry(1), before);
  EXPECT_EQ(near.Find("k"), std::nullopt);

  before = near.Generation("k");
  near.Clear();
  near.Insert("k", Entry(1), before);
  EXPECT_EQ(near.Find("k"), std::nullopt);

  // Lost and heard again between asking and the answer.
  before = near.Generation("k");
  near.Deactivate();
  near.Activate();
  near.Insert("k", Entry(1), before);
  EXPECT_EQ(near.Find("k"), std::nullopt);
}

TEST(NearCacheTest, ALateAnswerDoesNotReplaceANewerOne) {
  NearCache near(1 << 20);
  near.Activate();
  const uint64_t generation = near.Generation("k");
  near.Insert("k", Entry(2), generation);
  near.Insert("k", Entry(1), generation);
  EXPECT_EQ(near.Find("k"), Entry(2));
}

}  // namespace
}  // namespace ronghe::common
