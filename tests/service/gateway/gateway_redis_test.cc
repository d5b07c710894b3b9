#include "tests/service/gateway/totals_fixture.h"
#include "tests/support/redis.h"

namespace ronghe::tests {
namespace {

class GatewayRedisTest : public TotalsTest {
 protected:
  void SetUp() override {
    auto redis = RedisServer::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    TotalsTest::SetUp();
  }
  void Configure(gateway::Config& config) override {
    TotalsTest::Configure(config);
    config.redis = "redis://" + redis_->address();
  }
  int64_t KeysInRedis() {
    const auto size = redis_->Command({"DBSIZE"});
    return size.ok() ? std::stoll(*size) : 0;
  }
  std::unique_ptr<RedisServer> redis_;
};

TEST_F(GatewayRedisTest, TotalsAreKeptInRedisToo) {
  Eventually([&] {
    (void)Get("li", "units/T1");
    education_.totals.Set(4, {{"units/T1", 60}});
    return KeysInRedis() > 0;
  });
}

TEST_F(GatewayRedisTest, WithoutRedisNothingFailsAndNothingIsOlderThanASecond) {
  Warm("units/T1");
  redis_->Kill9();
  ExpectNothingOlderThanASecond(absl::Seconds(1.5));
  education_.totals.stalled = true;
  education_.totals.Set(4, {{"units/T1", 60}});
  ExpectNothingOlderThanASecond(absl::Seconds(1.5));
}

TEST_F(GatewayRedisTest, AfterARestartEachServicesEpochIsAdvancedBeforeItsTotalsAreKeptThereAgain) {
  Warm("units/T1");
  Eventually([&] { return Get("li", "units/T1").ok() && KeysInRedis() > 0; });
  redis_->Kill9();
  ASSERT_TRUE(redis_->Restart().ok());
  for (StandInSummaries* totals : All()) {
    Eventually([&] { return totals->epoch > 1; });
  }
  Eventually([&] {
    education_.totals.Set(4, {{"units/T1", 61}});
    (void)Get("li", "units/T1");
    const auto keys = redis_->Command({"KEYS", "*education/stand-in/1/*"});
    EXPECT_TRUE(!keys.ok() || keys->empty()) << *keys;
    const auto renewed = redis_->Command({"KEYS", "*education/stand-in/*"});
    return renewed.ok() && !renewed->empty();
  });
}

TEST_F(GatewayRedisTest, APausedRedisHoldsNobodyUp) {
  Warm("units/T1");
  redis_->Pause();
  ExpectNothingOlderThanASecond(absl::Seconds(1));
  redis_->Continue();
}

}  // namespace
}  // namespace ronghe::tests
