#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/time/time.h>
#include <gtest/gtest.h>

#include "services/common/cache/redis_cache.h"
#include "services/common/cache/redis_stored.h"
#include "services/common/values/clock.h"
#include "tests/support/eventually.h"
#include "tests/support/redis.h"
#include "tests/support/seeded_random.h"
#include "tests/support/tcp_proxy.h"

namespace ronghe::common {

inline CacheEntry Entry(int64_t position, std::string value = "value", int64_t valid_us = 1) {
  return {.position = position, .valid_us = valid_us, .value = std::move(value)};
}

// A Redis of its own, and caches over it, directly or through a proxy.
class RedisCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = tests::RedisServer::Start();
    ASSERT_TRUE(started.ok()) << started.status();
    redis_ = *std::move(started);
    auto proxy = tests::TcpProxy::Start(redis_->port());
    ASSERT_TRUE(proxy.ok()) << proxy.status();
    proxy_ = *std::move(proxy);
  }

  // Where nothing is measured, a busy machine is no failure.
  static RedisCacheOptions Patient() {
    RedisCacheOptions options;
    options.connect_timeout = absl::Seconds(5);
    options.command_timeout = absl::Seconds(5);
    options.near_silence = absl::Seconds(10);
    options.loss_silence = absl::Seconds(20);
    options.check_interval = absl::Milliseconds(20);
    options.backoff = absl::Milliseconds(5);
    options.max_backoff = absl::Milliseconds(50);
    return options;
  }
  // As Patient, but what does not answer is noticed soon.
  static RedisCacheOptions Brisk() {
    RedisCacheOptions options = Patient();
    options.connect_timeout = absl::Milliseconds(50);
    options.command_timeout = absl::Milliseconds(50);
    return options;
  }

  std::unique_ptr<RedisCache> Unconnected(int port, const RedisCacheOptions& options) {
    auto cache = RedisCache::Create("redis://127.0.0.1:" + std::to_string(port), "redis", options, clock_, random_);
    EXPECT_TRUE(cache.ok()) << cache.status();
    return *std::move(cache);
  }
  std::unique_ptr<RedisCache> Connected(int port, const RedisCacheOptions& options) {
    auto cache = Unconnected(port, options);
    EXPECT_TRUE(Until([&cache] { return cache->usable(); })) << cache->last_error();
    return cache;
  }

  static bool Until(const std::function<bool()>& condition, absl::Duration timeout = absl::Seconds(30)) {
    const SystemClock clock;
    const absl::Time end = clock.Now() + timeout;
    while (!condition()) {
      if (clock.Now() > end) return false;
      tests::Pause();
    }
    return true;
  }
  static std::optional<CacheEntry> GetOne(Cache& cache, const std::string& key) {
    return cache.Get(std::span(&key, 1))[0];
  }
  static void InvalidateOne(Cache& cache, const std::string& key, int64_t position) {
    cache.Invalidate(std::span(&key, 1), position);
  }
  // Until the tombstones are in Redis.
  static void Delivered(const RedisCache& cache) {
    EXPECT_TRUE(Until([&cache] { return cache.pending_invalidations() == 0; })) << cache.last_error();
  }
  // Serves again after every disturbance, as an owner does that has nothing to do before.
  static void ResumeAlways(RedisCache& cache) {
    cache.OnDisturbance([&cache](uint64_t generation) { cache.Resume(generation); });
  }
  // What lies in Redis, past all caches.
  std::optional<CacheEntry> Stored(const std::string& key) {
    const auto text = redis_->Command({"GET", "ronghe:" + key});
    EXPECT_TRUE(text.ok()) << text.status();
    return ReadStored(text.value_or(""));
  }
  void Plant(const std::string& key, const CacheEntry& entry) {
    EXPECT_TRUE(redis_->Command({"SET", "ronghe:" + key, StoredEntry(entry)}).ok());
  }

  SystemClock clock_;
  tests::SeededRandom random_;
  std::unique_ptr<tests::RedisServer> redis_;
  std::unique_ptr<tests::TcpProxy> proxy_;
};

}  // namespace ronghe::common
