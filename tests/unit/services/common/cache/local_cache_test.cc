#include "services/common/cache/local_cache.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

CacheEntry Entry(int64_t position, std::string value = "value", int64_t valid_us = 1) {
  return {.position = position, .valid_us = valid_us, .value = std::move(value)};
}

std::optional<CacheEntry> GetOne(Cache& cache, const std::string& key) {
  return cache.Get(std::span(&key, 1))[0];
}

void InvalidateOne(Cache& cache, const std::string& key, int64_t position) {
  cache.Invalidate(std::span(&key, 1), position);
}

TEST(LocalCacheTest, AnswersInTheOrderOfTheKeys) {
  LocalCache cache(1 << 20);
  cache.Put("a", Entry(1, "A"));
  cache.Put("c", Entry(2, std::string("\0C", 2)));
  const std::vector<std::string> keys{"c", "b", "a", "c"};
  const auto found = cache.Get(keys);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0], Entry(2, std::string("\0C", 2)));
  EXPECT_EQ(found[1], std::nullopt);
  EXPECT_EQ(found[2], Entry(1, "A"));
  EXPECT_EQ(found[3], found[0]);
  EXPECT_EQ(cache.counters().near_hits, 3);
  EXPECT_EQ(cache.counters().misses, 1);
}

TEST(LocalCacheTest, OlderNeverReplacesNewer) {
  LocalCache cache(1 << 20);
  cache.Put("k", Entry(5, "five", 50));
  cache.Put("k", Entry(4, "four", 99));
  cache.Put("k", Entry(5, "same, known for less long", 49));
  cache.Put("k", Entry(-1, "no position"));
  EXPECT_EQ(GetOne(cache, "k"), Entry(5, "five", 50));
  cache.Put("k", Entry(5, "five", 51));
  EXPECT_EQ(GetOne(cache, "k"), Entry(5, "five", 51));
  cache.Put("k", Entry(6, "six", 1));
  EXPECT_EQ(GetOne(cache, "k"), Entry(6, "six", 1));
  EXPECT_EQ(cache.counters().puts, 3);
  EXPECT_EQ(cache.counters().refused_puts, 3);
}

TEST(LocalCacheTest, TombstonesKeepOutWhatIsBeforeThem) {
  LocalCache cache(1 << 20);
  cache.Put("k", Entry(5));
  InvalidateOne(cache, "k", 5);  // what is true for 5 includes the change at 5
  EXPECT_EQ(GetOne(cache, "k"), Entry(5));
  InvalidateOne(cache, "k", 7);
  EXPECT_EQ(GetOne(cache, "k"), std::nullopt);
  InvalidateOne(cache, "k", 6);  // only upwards
  cache.Put("k", Entry(6));
  EXPECT_EQ(GetOne(cache, "k"), std::nullopt);
  cache.Put("k", Entry(7));
  EXPECT_EQ(GetOne(cache, "k"), Entry(7));
}

TEST(LocalCacheTest, StaysWithinItsBytesAndForgetsTheLeastUsed) {
  LocalCache cache(64 << 10);  // one shard
  cache.Put("kept", Entry(1, std::string(1000, 'x')));
  for (int i = 0; i < 500; ++i) {
    cache.Put(fmt::format("k{}", i), Entry(1, std::string(1000, 'x')));
    ASSERT_TRUE(GetOne(cache, "kept").has_value()) << i;
    ASSERT_LE(cache.counters().near_bytes, 64 << 10);
  }
  EXPECT_EQ(GetOne(cache, "k0"), std::nullopt);
  EXPECT_TRUE(GetOne(cache, "k499").has_value());
  cache.Put("huge", Entry(1, std::string(1 << 20, 'x')));
  EXPECT_EQ(GetOne(cache, "huge"), std::nullopt);
  EXPECT_TRUE(GetOne(cache, "kept").has_value());
}

TEST(LocalCacheTest, EntriesDoNotDriveOutTombstones) {
  LocalCache cache(64 << 10);
  InvalidateOne(cache, "k", 9);
  for (int i = 0; i < 500; ++i) cache.Put(fmt::format("k{}", i), Entry(1, std::string(1000, 'x')));
  cache.Put("k", Entry(8));
  EXPECT_EQ(GetOne(cache, "k"), std::nullopt);
}

TEST(LocalCacheTest, RacingWritersEndWithTheNewest) {
  LocalCache cache(1 << 20);
  std::atomic<bool> backwards = false;
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&cache, &backwards, w] {
      int64_t seen = 0;
      for (int64_t i = 0; i < 2000; ++i) {
        const int64_t position = (i * 7919 + w * 31) % 2000;
        cache.Put("k", Entry(position));
        if (i % 16 == 0) InvalidateOne(cache, "k", position);
        const auto found = GetOne(cache, "k");
        if (found.has_value()) {
          if (found->position < seen) backwards = true;
          seen = found->position;
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_FALSE(backwards);
  EXPECT_EQ(GetOne(cache, "k"), Entry(1999));
}

}  // namespace
}  // namespace ronghe::common
