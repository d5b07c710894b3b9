#include "services/common/cache/redis_url.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

TEST(RedisUrlTest, ReadsAllParts) {
  const auto plain = ParseRedisUrl("redis://cache.local:6380", "redis");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(plain->host, "cache.local");
  EXPECT_EQ(plain->port, 6380);
  EXPECT_EQ(plain->user, "");
  EXPECT_EQ(plain->password, "");
  EXPECT_EQ(plain->database, 0);

  const auto full = ParseRedisUrl("redis://gate%3Away:p%40ss%2fw@[::1]:1/7", "redis");
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->user, "gate:way");
  EXPECT_EQ(full->password, "p@ss/w");
  EXPECT_EQ(full->database, 7);

  const auto default_user = ParseRedisUrl("redis://:secret@h:1/", "redis");
  ASSERT_TRUE(default_user.ok()) << default_user.status();
  EXPECT_EQ(default_user->user, "");
  EXPECT_EQ(default_user->password, "secret");
}

TEST(RedisUrlTest, SaysWhichSettingIsWrongButNotThePassword) {
  for (const std::string url :
       {"", "redis://", "redis://host", "redis://host:", "redis://host:0", "redis://host:65536", "redis://:1",
        "redis://host:1x", "redis://host:1/x", "redis://host:1/-1", "rediss://host:1", "redis://hunter2@host:1",
        "redis://u:@host:1", "redis://u:hunter2%4@host:1", "redis://u:hunter2%zz@host:1", "redis://::1:1", "host:1"}) {
    const auto address = ParseRedisUrl(url, "redis-url");
    ASSERT_TRUE(absl::IsInvalidArgument(address.status())) << url;
    const auto violations = ViolationsOf(address.status());
    ASSERT_EQ(violations.size(), 1u) << url;
    EXPECT_EQ(violations[0].field, "redis-url");
    EXPECT_THAT(address.status().ToString() + violations[0].text.en + violations[0].text.zh,
                testing::Not(testing::HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace ronghe::common
