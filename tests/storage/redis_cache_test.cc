#include "services/common/cache/redis_cache.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/storage/redis_cache_fixture.h"

namespace ronghe::common {
namespace {

TEST_F(RedisCacheTest, KeepsWhatWasPut) {
  auto cache = Connected(redis_->port(), Patient());
  const std::string binary("\0\r\n$5\r\n\xff", 9);
  std::vector<KeyedEntry> entries;
  for (int i = 0; i < 200; ++i) entries.push_back({.key = fmt::format("k{}", i), .entry = Entry(i, binary, i)});
  cache->PutAll(entries);
  EXPECT_EQ(cache->counters().puts, 200);
  EXPECT_EQ(Stored("k199"), Entry(199, binary, 199));
  const std::vector<std::string> keys{"k7", "missing", "k0", "k7"};
  EXPECT_THAT(cache->Get(keys),
              testing::ElementsAre(Entry(7, binary, 7), std::nullopt, Entry(0, binary, 0), Entry(7, binary, 7)));
  EXPECT_TRUE(cache->Get({}).empty());
  cache->PutAll({});
  const auto left = redis_->Command({"PTTL", "ronghe:k7"});
  ASSERT_TRUE(left.ok());
  EXPECT_GT(std::stol(*left), 0);
}

TEST_F(RedisCacheTest, OlderNeverReplacesNewer) {
  auto cache = Connected(redis_->port(), Patient());
  const int64_t big = (int64_t{1} << 60) + 1;  // beyond what a double tells apart
  cache->Put("k", Entry(big, "new", 50));
  cache->Put("k", Entry(big - 1, "old", 99));
  cache->Put("k", Entry(big, "known for less long", 49));
  cache->Put("k", Entry(big, "the same again", 50));
  cache->Put("k", Entry(-1, "no position"));
  EXPECT_EQ(Stored("k"), Entry(big, "new", 50));
  EXPECT_EQ(cache->counters().refused_puts, 4);
  cache->Put("k", Entry(big, "new", 51));
  EXPECT_EQ(Stored("k"), Entry(big, "new", 51));
  cache->Put("k", Entry(big + 1, "newer", 1));
  EXPECT_EQ(Stored("k"), Entry(big + 1, "newer", 1));
}

TEST_F(RedisCacheTest, TombstonesKeepOutWhatIsBeforeThem) {
  auto cache = Connected(redis_->port(), Patient());
  cache->Put("k", Entry(5));
  InvalidateOne(*cache, "k", 5);  // what is true for 5 includes the change at 5
  Delivered(*cache);
  EXPECT_EQ(Stored("k"), Entry(5));
  InvalidateOne(*cache, "k", 7);
  Delivered(*cache);
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  InvalidateOne(*cache, "k", 6);  // only upwards
  Delivered(*cache);
  cache->Put("k", Entry(6));
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  cache->Put("k", Entry(7));
  EXPECT_EQ(GetOne(*cache, "k"), Entry(7));
  const auto left = redis_->Command({"PTTL", "ronghe:k"});
  ASSERT_TRUE(left.ok());
  EXPECT_GT(std::stol(*left), 0);
}

TEST_F(RedisCacheTest, AnInvalidationCountsAtOnceForThisProcess) {
  auto cache = Connected(redis_->port(), Patient());
  for (int64_t i = 1; i <= 300; ++i) {
    cache->Put("k", Entry(2 * i));
    ASSERT_EQ(GetOne(*cache, "k"), Entry(2 * i));
    InvalidateOne(*cache, "k", 2 * i + 1);
    ASSERT_EQ(GetOne(*cache, "k"), std::nullopt) << i;
    cache->Put("k", Entry(2 * i));
    ASSERT_EQ(GetOne(*cache, "k"), std::nullopt) << i;
  }
}

// Writers and changes over two caches in any order: no reader sees a position go back, or one below a change that its
// own process knows, and the newest remains.
TEST_F(RedisCacheTest, RacingWriters) {
  constexpr int64_t kLast = 600;
  auto a = Connected(redis_->port(), Patient());
  auto b = Connected(redis_->port(), Patient());
  std::atomic<int> backwards = 0;
  std::vector<std::thread> threads;
  for (int w = 0; w < 6; ++w) {
    RedisCache& cache = w % 2 == 0 ? *a : *b;
    threads.emplace_back([&cache, &backwards, w] {
      std::vector<int64_t> floor(3, 0);
      for (int64_t i = 0; i <= kLast; ++i) {
        const size_t k = static_cast<size_t>(i % 3);
        const std::string key = fmt::format("k{}", k);
        const int64_t position = (i * 373 + w * 71) % (kLast + 1);  // every one once
        cache.Put(key, Entry(position, std::to_string(position)));
        if (i % 5 == 0) {
          InvalidateOne(cache, key, position);
          floor[k] = std::max(floor[k], position);
        }
        const auto found = GetOne(cache, key);
        if (!found.has_value()) continue;
        if (found->position < floor[k] || found->value != std::to_string(found->position)) ++backwards;
        floor[k] = std::max(floor[k], found->position);
      }
      for (const char* key : {"k0", "k1", "k2"}) cache.Put(key, Entry(kLast + w, std::to_string(kLast + w)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  Delivered(*a);
  Delivered(*b);
  EXPECT_EQ(backwards, 0);
  for (const char* key : {"k0", "k1", "k2"}) EXPECT_EQ(Stored(key), Entry(kLast + 5, std::to_string(kLast + 5)));
  EXPECT_GT(a->counters().refused_puts, 0);
  EXPECT_EQ(a->counters().errors, 0) << a->last_error();
}

TEST_F(RedisCacheTest, ScriptsThatTheServerForgotAreSentAgain) {
  auto cache = Connected(redis_->port(), Patient());
  ASSERT_TRUE(redis_->Command({"SCRIPT", "FLUSH"}).ok());
  cache->Put("k", Entry(2));
  EXPECT_EQ(Stored("k"), Entry(2));
  ASSERT_TRUE(redis_->Command({"SCRIPT", "FLUSH"}).ok());
  InvalidateOne(*cache, "k", 3);
  Delivered(*cache);
  EXPECT_EQ(Stored("k"), std::nullopt);
  EXPECT_TRUE(cache->usable());
  EXPECT_EQ(cache->counters().errors, 0);
}

TEST_F(RedisCacheTest, WhatOthersWroteIsAMissAndReplaced) {
  auto cache = Connected(redis_->port(), Patient());
  ASSERT_TRUE(redis_->Command({"SET", "ronghe:text", "hello"}).ok());
  ASSERT_TRUE(redis_->Command({"RPUSH", "ronghe:list", "hello"}).ok());
  ASSERT_TRUE(redis_->Command({"RPUSH", "ronghe:list2", "hello"}).ok());
  const std::vector<std::string> keys{"text", "list", "list2"};
  EXPECT_THAT(cache->Get(keys), testing::Each(std::nullopt));
  cache->Put("text", Entry(1));
  cache->Put("list", Entry(1));
  InvalidateOne(*cache, "list2", 2);
  Delivered(*cache);
  cache->Put("list2", Entry(1));
  EXPECT_THAT(cache->Get(keys), testing::ElementsAre(Entry(1), Entry(1), std::nullopt));
}

TEST_F(RedisCacheTest, TheSecondReadIsNear) {
  auto cache = Connected(redis_->port(), Patient());
  cache->Put("k", Entry(1));
  // The notice of the own write may come after the first read and take its entry along.
  ASSERT_TRUE(Until([&] {
    GetOne(*cache, "k");
    return cache->counters().near_hits > 0;
  }));
  const CacheCounters before = cache->counters();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(GetOne(*cache, "k"), Entry(1));
  EXPECT_EQ(cache->counters().near_hits, before.near_hits + 100);
  EXPECT_EQ(cache->counters().remote_hits, before.remote_hits);
  EXPECT_EQ(cache->counters().near_entries, 1);
}

// Until `cache` answers from this process.
void WarmNear(RedisCache& cache, const std::string& key) {
  const SystemClock clock;
  for (const absl::Time end = clock.Now() + absl::Seconds(30); clock.Now() < end; tests::Pause()) {
    const int64_t before = cache.counters().near_hits;
    const auto found = cache.Get(std::span(&key, 1));
    if (found[0].has_value() && cache.counters().near_hits > before) return;
  }
  ADD_FAILURE() << "never near";
}

TEST_F(RedisCacheTest, NearCachesFollowEachOther) {
  auto a = Connected(redis_->port(), Patient());
  auto b = Connected(redis_->port(), Patient());
  for (int64_t i = 1; i <= 30; ++i) {
    a->Put("k", Entry(10 * i));
    WarmNear(*a, "k");
    WarmNear(*b, "k");
    b->Put("k", Entry(10 * i + 1));
    ASSERT_TRUE(Until([&] { return GetOne(*a, "k") == Entry(10 * i + 1); }));
    for (int j = 0; j < 20; ++j) ASSERT_EQ(GetOne(*a, "k"), Entry(10 * i + 1));
    WarmNear(*a, "k");
    InvalidateOne(*b, "k", 10 * i + 2);
    ASSERT_TRUE(Until([&] { return GetOne(*a, "k") == std::nullopt; }));
    for (int j = 0; j < 20; ++j) ASSERT_EQ(GetOne(*a, "k"), std::nullopt);
  }
}

TEST_F(RedisCacheTest, FlushAllEmptiesTheNearCacheAndIsADisturbance) {
  auto cache = Connected(redis_->port(), Patient());
  cache->Put("k", Entry(1));
  WarmNear(*cache, "k");
  ASSERT_TRUE(redis_->Command({"FLUSHALL"}).ok());
  ASSERT_TRUE(Until([&] { return cache->counters().disturbances == 1; }));
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  EXPECT_EQ(cache->counters().near_entries, 0);
  ResumeAlways(*cache);
  ASSERT_TRUE(Until([&] { return cache->usable(); }));
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
}

TEST_F(RedisCacheTest, WithoutNearCache) {
  RedisCacheOptions options = Patient();
  options.near_bytes = 0;
  auto cache = Connected(redis_->port(), options);
  cache->Put("k", Entry(1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(GetOne(*cache, "k"), Entry(1));
  EXPECT_FALSE(cache->near_active());
  EXPECT_EQ(cache->counters().remote_hits, 3);
  EXPECT_EQ(cache->counters().near_hits, 0);
}

TEST_F(RedisCacheTest, TooLargeIsRefused) {
  RedisCacheOptions options = Patient();
  options.max_value_bytes = 100;
  auto cache = Connected(redis_->port(), options);
  cache->Put("k", Entry(1, std::string(101, 'x')));
  EXPECT_EQ(Stored("k"), std::nullopt);
  EXPECT_EQ(cache->counters().refused_puts, 1);
}

TEST_F(RedisCacheTest, SignsInAndSelects) {
  auto locked = tests::RedisServer::Start({"--requirepass", "p@ss/word"});
  ASSERT_TRUE(locked.ok()) << locked.status();
  const std::string address = (*locked)->address();
  auto right =
      RedisCache::Create("redis://default:p%40ss%2Fword@" + address + "/3", "redis", Patient(), clock_, random_);
  ASSERT_TRUE(right.ok()) << right.status();
  ASSERT_TRUE(Until([&] { return (*right)->usable(); })) << (*right)->last_error();
  (*right)->Put("k", Entry(1));
  EXPECT_EQ(GetOne(**right, "k"), Entry(1));
  for (const std::string user : {"redis://:hunter2@", "redis://"}) {
    auto wrong = RedisCache::Create(user + address, "redis", Patient(), clock_, random_);
    ASSERT_TRUE(wrong.ok()) << wrong.status();
    ASSERT_TRUE(Until([&] { return (*wrong)->counters().errors >= 2; }));
    EXPECT_FALSE((*wrong)->usable());
    EXPECT_EQ(GetOne(**wrong, "k"), std::nullopt);
    EXPECT_THAT((*wrong)->last_error(), testing::Not(testing::HasSubstr("hunter2")));
    EXPECT_NE((*wrong)->last_error(), "");
  }
  EXPECT_TRUE(absl::IsInvalidArgument(RedisCache::Create("http://x", "redis", Patient(), clock_, random_).status()));
}

}  // namespace
}  // namespace ronghe::common
