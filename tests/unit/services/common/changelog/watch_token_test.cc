#include "services/common/changelog/watch_token.h"

#include <gtest/gtest.h>

#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

class WatchTokenTest : public ::testing::Test {
 protected:
  std::string Reason(std::string_view token) {
    const absl::Status status = ReadWatchToken(signer_, "organization", "inc-1", token).status();
    if (absl::IsInvalidArgument(status)) {
      EXPECT_EQ(ViolationsOf(status).at(0).field, "resume_token");
      return ViolationsOf(status).at(0).reason;
    }
    return ReasonOf(status);
  }

  TokenSigner signer_{"a secret of sixteen bytes"};
};

TEST_F(WatchTokenTest, ComesBack) {
  for (const int64_t position : {int64_t{0}, int64_t{1}, int64_t{9'000'000'000'000}}) {
    const std::string token = MakeWatchToken(signer_, {"organization", "inc-1", position});
    EXPECT_EQ(ReadWatchToken(signer_, "organization", "inc-1", token).value(), position);
  }
}

TEST_F(WatchTokenTest, BelongsToOneServiceAndOneHistory) {
  EXPECT_EQ(Reason(MakeWatchToken(signer_, {"education", "inc-1", 5})), "BAD_TOKEN");
  const std::string older = MakeWatchToken(signer_, {"organization", "inc-0", 5});
  EXPECT_EQ(Reason(older), "FEED_RESET");
  EXPECT_TRUE(absl::IsOutOfRange(ReadWatchToken(signer_, "organization", "inc-1", older).status()));
}

TEST_F(WatchTokenTest, IsNotMadeUp) {
  EXPECT_EQ(Reason("5"), "BAD_TOKEN");
  EXPECT_EQ(Reason(std::string(5000, 'x')), "BAD_TOKEN");
  EXPECT_EQ(Reason(signer_.Sign("page", "organization\ninc-1\n5")), "BAD_TOKEN");
  EXPECT_EQ(Reason(TokenSigner("another secret of ours").Sign("watch", "organization\ninc-1\n5")), "BAD_TOKEN");
  for (const char* content :
       {"", "organization", "organization\ninc-1", "organization\ninc-1\n", "organization\ninc-1\n-1",
        "organization\ninc-1\n5x", "organization\ninc-1\n99999999999999999999"}) {
    EXPECT_EQ(Reason(signer_.Sign("watch", content)), "BAD_TOKEN") << content;
  }
}

}  // namespace
}  // namespace ronghe::common
