#include "services/common/values/timestamp.h"

#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

TEST(TimestampTest, BothWaysAlsoBefore1970) {
  for (const absl::Time time :
       {absl::FromUnixMicros(1'794'790'800'123'456), absl::UnixEpoch(), absl::FromUnixMicros(-1),
        absl::FromUnixNanos(-1'500'000'001), absl::FromUnixNanos(999'999'999)}) {
    google::protobuf::Timestamp message;
    WriteTimestamp(time, message);
    EXPECT_GE(message.nanos(), 0);
    EXPECT_LT(message.nanos(), 1'000'000'000);
    EXPECT_EQ(FromTimestamp(message), time);
  }
}

}  // namespace
}  // namespace ronghe::common
