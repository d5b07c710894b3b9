#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/cache/redis_cache.h"
#include "tests/storage/redis_cache_fixture.h"

namespace ronghe::common {
namespace {

// Far more than a call may take, far less than a hang: what a busy machine adds to the timeout.
constexpr absl::Duration kSlack = absl::Milliseconds(500);

// Reads and writes all the time, in a thread; says how long the slowest call took and whether it ever got `never`.
class Caller {
 public:
  Caller(RedisCache& cache, std::string key, std::string never)
      : cache_(cache), key_(std::move(key)), never_(std::move(never)), thread_([this] { Run(); }) {}
  ~Caller() { Stop(); }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int64_t calls() const { return calls_; }
  bool got_never() const { return got_never_; }
  absl::Duration slowest() {  // after Stop
    return slowest_;
  }

 private:
  void Run() {
    while (!stop_) {
      const absl::Time start = clock_.Now();
      const auto found = cache_.Get(std::span(&key_, 1))[0];
      const absl::Time between = clock_.Now();
      cache_.Put("written", Entry(++position_));
      slowest_ = std::max({slowest_, between - start, clock_.Now() - between});
      if (found.has_value() && found->value == never_) got_never_ = true;
      ++calls_;
    }
  }

  const SystemClock clock_;
  RedisCache& cache_;
  const std::string key_;
  const std::string never_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> got_never_ = false;
  std::atomic<int64_t> calls_ = 0;
  int64_t position_ = 0;
  absl::Duration slowest_;
  std::thread thread_;
};

class RedisCacheLossTest : public RedisCacheTest {
 protected:
  // Calls that do not touch the network, by the breaker: a thousand take no longer than one timeout might.
  void ExpectBypassed(RedisCache& cache) {
    const int64_t before = cache.counters().bypassed;
    const absl::Time start = clock_.Now();
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(GetOne(cache, "k"), std::nullopt);
    EXPECT_LT(clock_.Now() - start, kSlack);
    EXPECT_GE(cache.counters().bypassed, before + 1000);
  }
};

TEST_F(RedisCacheLossTest, WithoutAServerEverythingIsAMiss) {
  proxy_->Cut();
  auto cache = Unconnected(proxy_->port(), Patient());
  ASSERT_TRUE(Until([&] { return cache->counters().errors > 0; }));
  ExpectBypassed(*cache);
  cache->Put("k", Entry(1));
  InvalidateOne(*cache, "other", 5);
  proxy_->Heal();
  ASSERT_TRUE(Until([&] { return cache->usable(); })) << cache->last_error();
  EXPECT_EQ(cache->counters().disturbances, 0) << "the first connection is none";
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  Delivered(*cache);
  cache->Put("other", Entry(4));
  EXPECT_EQ(GetOne(*cache, "other"), std::nullopt);
}

// What a restarted server has is from another time: nobody may see it before the owner has resumed.
TEST_F(RedisCacheLossTest, RestartedServerIsNotReadBeforeResume) {
  for (int round = 0; round < 3; ++round) {
    auto cache = Connected(proxy_->port(), Patient());
    cache->Put("k", Entry(1, "good"));
    ASSERT_EQ(GetOne(*cache, "k"), Entry(1, "good"));
    Caller caller(*cache, "k", "poison");
    proxy_->Cut();
    redis_->Kill9();
    ASSERT_TRUE(redis_->Restart().ok());
    Plant("k", Entry(2, "poison"));
    proxy_->Heal();
    ASSERT_TRUE(Until([&] { return cache->counters().disturbances == 1; })) << cache->last_error();
    const int64_t calls = caller.calls();
    ASSERT_TRUE(Until([&] { return caller.calls() > calls + 1000; }));
    EXPECT_FALSE(cache->usable());
    EXPECT_FALSE(caller.got_never());
    ResumeAlways(*cache);
    ASSERT_TRUE(Until([&] { return cache->usable(); }));
    EXPECT_TRUE(Until([&] { return caller.got_never(); })) << "the test looks at the wrong key";
    caller.Stop();
    ASSERT_TRUE(redis_->Command({"FLUSHALL"}).ok());
  }
}

TEST_F(RedisCacheLossTest, KilledAndRestartedUnderLoad) {
  auto cache = Connected(redis_->port(), Brisk());
  ResumeAlways(*cache);
  Caller caller(*cache, "written", "nothing");
  for (int i = 0; i < 5; ++i) {
    const int64_t before = cache->counters().disturbances;
    redis_->Kill9();
    ASSERT_TRUE(Until([&] { return !cache->usable(); }));
    ExpectBypassed(*cache);
    ASSERT_TRUE(redis_->Restart().ok());
    ASSERT_TRUE(Until([&] { return cache->counters().disturbances > before && cache->usable(); }))
        << cache->last_error();
  }
  const int64_t hits = cache->counters().near_hits + cache->counters().remote_hits;
  EXPECT_TRUE(Until([&] { return cache->counters().near_hits + cache->counters().remote_hits > hits; }));
  caller.Stop();
  EXPECT_LT(caller.slowest(), absl::Milliseconds(50) + kSlack);
}

TEST_F(RedisCacheLossTest, AFullServerTakesNothingButStillForgets) {
  auto cache = Connected(redis_->port(), Patient());
  cache->Put("k", Entry(1));
  cache->Put("stays", Entry(1));
  ASSERT_TRUE(redis_->Fill().ok());
  cache->Put("k", Entry(2));
  cache->Put("fresh", Entry(1));
  EXPECT_EQ(cache->counters().full_puts, 2);
  EXPECT_EQ(GetOne(*cache, "k"), Entry(1));
  EXPECT_EQ(GetOne(*cache, "fresh"), std::nullopt);
  InvalidateOne(*cache, "k", 3);
  Delivered(*cache);
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  EXPECT_EQ(GetOne(*cache, "stays"), Entry(1));
  EXPECT_TRUE(cache->usable());
  EXPECT_EQ(cache->counters().disturbances, 0);
  ASSERT_TRUE(redis_->Empty().ok());
  cache->Put("k", Entry(2));  // the tombstone was written in spite of it
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  cache->Put("fresh", Entry(1));
  EXPECT_EQ(GetOne(*cache, "fresh"), Entry(1));
}

TEST_F(RedisCacheLossTest, APausedServerCostsATimeoutOrTwoAndThenNothing) {
  auto cache = Connected(redis_->port(), Brisk());
  cache->Put("k", Entry(1));
  Caller caller(*cache, "k", "nothing");
  ASSERT_TRUE(Until([&] { return caller.calls() > 10; }));
  redis_->Pause();
  const absl::Time paused = clock_.Now();
  ASSERT_TRUE(Until([&] { return !cache->usable(); }));
  EXPECT_LT(clock_.Now() - paused, absl::Milliseconds(200) + kSlack);
  ExpectBypassed(*cache);
  const int64_t calls = caller.calls();
  ASSERT_TRUE(Until([&] { return clock_.Now() - paused > absl::Seconds(2); }));  // several attempts to connect
  EXPECT_GT(caller.calls(), calls + 1000);
  EXPECT_FALSE(cache->usable());
  EXPECT_EQ(cache->counters().disturbances, 0) << "there is nothing to resume with yet";
  redis_->Continue();
  ASSERT_TRUE(Until([&] { return cache->counters().disturbances == 1; })) << cache->last_error();
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  ResumeAlways(*cache);
  ASSERT_TRUE(Until([&] { return GetOne(*cache, "k") == Entry(1); }));
  caller.Stop();
  EXPECT_LT(caller.slowest(), absl::Milliseconds(50) + kSlack);
}

// One process alone is cut off: what the others write is not served to it from its near cache, not even afterwards.
TEST_F(RedisCacheLossTest, OneProcessCutOff) {
  RedisCacheOptions options = Brisk();
  options.near_silence = absl::Milliseconds(300);
  auto cut_off = Connected(proxy_->port(), options);
  auto other = Connected(redis_->port(), Patient());
  other->Put("k", Entry(1, "old"));
  ASSERT_TRUE(Until([&] {
    GetOne(*cut_off, "k");
    return cut_off->counters().near_hits > 0;
  }));
  proxy_->Blackhole();
  InvalidateOne(*cut_off, "on its way", 9);
  ASSERT_TRUE(Until([&] { return !cut_off->near_active(); }));
  Caller caller(*cut_off, "k", "old");
  other->Put("k", Entry(2, "new"));
  ASSERT_TRUE(Until([&] { return !cut_off->usable(); }));
  InvalidateOne(*cut_off, "changed", 9);
  ExpectBypassed(*cut_off);
  EXPECT_TRUE(other->usable());
  EXPECT_EQ(other->counters().disturbances, 0);
  ResumeAlways(*cut_off);
  proxy_->Heal();
  ASSERT_TRUE(Until([&] { return GetOne(*cut_off, "k") == Entry(2, "new"); })) << cut_off->last_error();
  caller.Stop();
  EXPECT_FALSE(caller.got_never());
  EXPECT_EQ(cut_off->counters().disturbances, 1);
  Delivered(*cut_off);
  for (const std::string key : {"on its way", "changed"}) {
    other->Put(key, Entry(8));
    EXPECT_EQ(GetOne(*other, key), std::nullopt) << key;
  }
}

TEST_F(RedisCacheLossTest, WithoutTheTrackingConnectionNothingIsNear) {
  RedisCacheOptions options = Patient();
  auto cache = Connected(redis_->port(), options);
  cache->Put("k", Entry(1));
  ASSERT_TRUE(Until([&] {
    GetOne(*cache, "k");
    return cache->counters().near_hits > 0;
  }));
  ASSERT_TRUE(redis_->Command({"CLIENT", "KILL", "TYPE", "pubsub"}).ok());
  ASSERT_TRUE(Until([&] { return cache->counters().disturbances == 1; }));
  EXPECT_EQ(cache->counters().near_entries, 0);
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  ResumeAlways(*cache);
  ASSERT_TRUE(Until([&] { return cache->usable(); }));
  EXPECT_EQ(GetOne(*cache, "k"), Entry(1));
  EXPECT_TRUE(cache->near_active());
}

// The master becomes a replica under open connections, and a master again.
TEST_F(RedisCacheLossTest, ARoleChangeIsADisturbance) {
  auto second = tests::RedisServer::Start();
  ASSERT_TRUE(second.ok()) << second.status();
  RedisCacheOptions options = Patient();
  options.check_interval = absl::Hours(1);  // found by reading, not by looking now and then
  options.near_bytes = 0;
  auto cache = Connected(redis_->port(), options);
  cache->Put("k", Entry(1, "good"));
  ASSERT_TRUE((*second)->Command({"SET", "ronghe:k", StoredEntry(Entry(2, "of another"))}).ok());
  ASSERT_TRUE(redis_->ReplicaOf((*second)->port()).ok());
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  EXPECT_FALSE(cache->usable());
  ASSERT_TRUE(Until([&] { return cache->counters().errors >= 3; }));
  EXPECT_FALSE(cache->usable()) << "a replica is no place to write to";
  EXPECT_EQ(cache->counters().disturbances, 0);
  ASSERT_TRUE(redis_->ReplicaOf(0).ok());
  ASSERT_TRUE(Until([&] { return cache->counters().disturbances == 1; })) << cache->last_error();
  EXPECT_EQ(GetOne(*cache, "k"), std::nullopt);
  ResumeAlways(*cache);
  ASSERT_TRUE(Until([&] { return cache->usable(); }));
}

TEST_F(RedisCacheLossTest, ARoleChangeIsNoticedWithoutCalls) {
  auto second = tests::RedisServer::Start();
  ASSERT_TRUE(second.ok()) << second.status();
  auto cache = Connected(redis_->port(), Patient());
  ASSERT_TRUE(redis_->ReplicaOf((*second)->port()).ok());
  ASSERT_TRUE(Until([&] { return !cache->usable(); }));
}

TEST_F(RedisCacheLossTest, ADisturbanceDuringResumeWins) {
  std::atomic<uint64_t> first = 0;
  std::atomic<bool> go_on = false;
  std::atomic<bool> resumed = false;
  auto cache = Connected(redis_->port(), Patient());
  cache->OnDisturbance([&](uint64_t generation) {
    if (first == 0) {
      first = generation;
      while (!go_on) tests::Pause();
    }
    resumed = cache->Resume(generation);
  });
  ASSERT_TRUE(redis_->Command({"FLUSHALL"}).ok());
  ASSERT_TRUE(Until([&] { return first != 0; }));
  ASSERT_TRUE(redis_->Command({"FLUSHALL"}).ok());
  ASSERT_TRUE(Until([&] { return cache->counters().disturbances == 2; }));
  EXPECT_FALSE(cache->Resume(first));
  EXPECT_FALSE(cache->usable());
  go_on = true;
  EXPECT_TRUE(Until([&] { return cache->usable(); }));
  EXPECT_TRUE(Until([&] { return resumed.load(); }));
  cache->OnDisturbance(nullptr);
}

TEST_F(RedisCacheLossTest, AnOverflowOfInvalidationsIsADisturbance) {
  RedisCacheOptions options = Brisk();
  options.queued_invalidations = 10;
  auto cache = Connected(redis_->port(), options);
  redis_->Pause();
  std::vector<std::string> keys;
  for (int i = 0; i < 25; ++i) keys.push_back(fmt::format("k{}", i));
  const absl::Time start = clock_.Now();
  for (int64_t i = 1; i <= 100; ++i) cache->Invalidate(std::span(keys).first(10), i);
  EXPECT_EQ(cache->counters().overflows, 0) << "the same keys take no more room";
  cache->Invalidate(keys, 101);
  EXPECT_LT(clock_.Now() - start, kSlack) << "callers do not wait";
  EXPECT_EQ(cache->counters().overflows, 15);
  EXPECT_FALSE(cache->usable());
  redis_->Continue();
  ASSERT_TRUE(Until([&] { return cache->counters().disturbances >= 1; }));
  ResumeAlways(*cache);
  ASSERT_TRUE(Until([&] { return cache->usable(); }));
  Delivered(*cache);
  cache->Put("k9", Entry(100));
  EXPECT_EQ(Stored("k9"), std::nullopt);
}

}  // namespace
}  // namespace ronghe::common
