#include <algorithm>

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

// One gateway puts them there; another, which has nothing of its own, answers from them though no service answers.
TEST_F(GatewayRedisTest, TotalsAreReadBackFromRedisByAnotherGateway) {
  Eventually([&] {
    (void)Get("li", "units/T1");
    education_.totals.Set(4, {{"units/T1", 60}});
    return KeysInRedis() > 0;  // it is connected
  });
  for (StandInSummaries* totals : All()) totals->Set(4, {{"units/T1", 61}});
  Eventually([&] {
    const auto overview = Get("li", "units/T1");
    return overview.ok() && overview->organization().units() == 61 &&
           overview->education().branch_assemblies_expected() == 61 &&
           overview->rectification().problems_found() == 61 && overview->assessment().units_assessed() == 61;
  });
  StopGateway();
  for (StandInSummaries* totals : All()) {
    totals->BeforeAnswer([](grpc::ServerContext*) { return grpc::Status(grpc::StatusCode::INTERNAL, "not asked"); });
  }
  StartGateway();
  stub_ = gateway::v1::OverviewService::NewStub(channel_);
  absl::StatusOr<gateway::v1::Overview> overview;
  Eventually([&] {
    overview = Get("li", "units/T1");
    return overview.ok() && std::none_of(overview->parts().begin(), overview->parts().end(),
                                         [](const auto& part) { return part.missing() || part.stale(); });
  });
  EXPECT_EQ(overview->organization().units(), 61);
  EXPECT_EQ(overview->education().branch_assemblies_expected(), 61);
  EXPECT_EQ(overview->rectification().problems_found(), 61);
  EXPECT_EQ(overview->assessment().units_assessed(), 61);
}

TEST_F(GatewayRedisTest, WithoutRedisNothingFailsAndNothingIsOlderThanASecond) {
  Warm("units/T1");
  redis_->Kill9();
  ExpectNothingOlderThanASecond(absl::Seconds(1.5));
  education_.totals.stalled = true;
  ExpectNothingOlderThanASecond(absl::Seconds(1.5), 61, 62);
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
