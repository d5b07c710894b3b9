#include "gateway/overview/answer_cache.h"

#include <gtest/gtest.h>

#include "gateway/overview/last_known.h"
#include "gateway/overview/summary.h"

namespace ronghe::tests {
namespace {

using gateway::AnswerCache;
using gateway::LastKnown;
using gateway::Summary;
using gateway::SummaryPtr;

TEST(AnswerCacheTest, GivesWhatWasPutWithoutCopying) {
  AnswerCache<std::string> cache(1 << 20);
  EXPECT_EQ(cache.Get("a"), nullptr);
  const auto value = std::make_shared<const std::string>("one");
  cache.Put("a", value, 10);
  EXPECT_EQ(cache.Get("a"), value);
  cache.Put("a", std::make_shared<const std::string>("two"), 10);
  EXPECT_EQ(*cache.Get("a"), "two");
  EXPECT_EQ(cache.size(), 1u);
}

TEST(AnswerCacheTest, StaysWithinItsBytesAndForgetsWhatWasUsedLongestAgo) {
  AnswerCache<int> cache(16 * 4000);  // about 30 entries in each of the 16 shards
  cache.Put("kept", std::make_shared<const int>(1), 20);
  for (int i = 0; i < 5000; ++i) {
    cache.Put(std::to_string(i), std::make_shared<const int>(i), 20);
    ASSERT_NE(cache.Get("kept"), nullptr);
  }
  EXPECT_LT(cache.size(), 1000u);
  EXPECT_EQ(cache.Get("0"), nullptr);
  EXPECT_NE(cache.Get("4999"), nullptr);
  cache.Put("huge", std::make_shared<const int>(1), 1 << 20);
  EXPECT_EQ(cache.Get("huge"), nullptr);
}

SummaryPtr At(int64_t position, int64_t asked = 0, const std::string& incarnation = "one") {
  return std::make_shared<const Summary>(
      Summary{{incarnation, position, {}, 7}, absl::FromUnixSeconds(asked), "total"});
}

TEST(LastKnownTest, AnOlderLoadDoesNotReplaceANewerOne) {
  LastKnown known(2);
  known.Put("a", At(5));
  known.Put("a", At(4));
  EXPECT_EQ(known.Get("a")->place.position, 5);
  known.Put("a", At(5, 10));
  known.Put("a", At(5, 9));
  EXPECT_EQ(known.Get("a")->asked, absl::FromUnixSeconds(10));
  known.Put("a", At(1, 0, "two"));  // after a restore positions begin anew
  EXPECT_EQ(known.Get("a")->place.position, 1);
  known.Put("b", At(1));
  ASSERT_NE(known.Get("a"), nullptr);
  known.Put("c", At(1));
  EXPECT_EQ(known.Get("b"), nullptr);
}

TEST(SummaryTest, SurvivesTheCacheAndOtherBytesAreRefused) {
  const Summary summary{{"one", 42, absl::FromUnixSeconds(1'790'000'000) + absl::Milliseconds(5), 7},
                        absl::FromUnixSeconds(1'790'000'001),
                        std::string("\0total\xff", 7)};
  const common::CacheEntry entry = gateway::ToEntry(summary);
  EXPECT_EQ(entry.position, 42);
  const SummaryPtr back = gateway::FromEntry(entry);
  ASSERT_NE(back, nullptr);
  EXPECT_EQ(*back, summary);
  for (size_t size = 0; size < 20; ++size) {
    common::CacheEntry cut = entry;
    cut.value.resize(size);
    EXPECT_EQ(gateway::FromEntry(cut), nullptr) << size;
  }
  common::CacheEntry other = entry;
  other.value[0] = 2;
  EXPECT_EQ(gateway::FromEntry(other), nullptr);
}

}  // namespace
}  // namespace ronghe::tests
