#include "services/common/cache/invalidation_queue.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<std::string> Keys(std::vector<std::string> keys) {
  return keys;
}

TEST(InvalidationQueueTest, KeepsTheHighestPositionOfEachKey) {
  InvalidationQueue queue(10);
  EXPECT_EQ(queue.Add(Keys({"a", "b"}), 5), 0u);
  EXPECT_EQ(queue.Add(Keys({"a"}), 7), 0u);
  EXPECT_EQ(queue.Add(Keys({"b"}), 3), 0u);
  EXPECT_THAT(queue.Take(10, absl::ZeroDuration()), ElementsAre(Pair("a", 7), Pair("b", 5)));
}

TEST(InvalidationQueueTest, WhatIsTakenStaysPendingUntilDone) {
  InvalidationQueue queue(10);
  queue.Add(Keys({"a"}), 5);
  const auto taken = queue.Take(10, absl::ZeroDuration());
  EXPECT_EQ(queue.Pending("a"), 5);
  EXPECT_TRUE(queue.Take(10, absl::ZeroDuration()).empty());
  queue.Return(taken);
  EXPECT_EQ(queue.Take(10, absl::ZeroDuration()), taken);
  queue.Done(taken);
  EXPECT_EQ(queue.Pending("a"), 0);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(InvalidationQueueTest, AChangeDuringTheDeliveryIsDeliveredToo) {
  InvalidationQueue queue(10);
  queue.Add(Keys({"a"}), 5);
  const auto taken = queue.Take(10, absl::ZeroDuration());
  queue.Add(Keys({"a"}), 6);
  EXPECT_TRUE(queue.Take(10, absl::ZeroDuration()).empty()) << "two deliveries of one key at a time";
  queue.Done(taken);
  EXPECT_EQ(queue.Pending("a"), 6);
  EXPECT_THAT(queue.Take(10, absl::ZeroDuration()), ElementsAre(Pair("a", 6)));
}

TEST(InvalidationQueueTest, SaysWhatThereWasNoRoomFor) {
  InvalidationQueue queue(2);
  EXPECT_EQ(queue.Add(Keys({"a", "b", "c"}), 1), 1u);
  EXPECT_EQ(queue.Add(Keys({"a", "b"}), 2), 0u);
  EXPECT_EQ(queue.Pending("c"), 0);
  EXPECT_EQ(queue.size(), 2u);
}

}  // namespace
}  // namespace ronghe::common
