#include "services/common/values/timestamp.h"

#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

TEST(TimestampTest, BothWaysAlsoBefore1970) {
  for (const absl::Time time :
       {absl::FromUnixMicros(1'794'790'800'123'456), absl::UnixEpoch(), absl::FromUnixMicros(-1),
        absl::FromUnixMicros(-1'500'001), absl::FromUnixMicros(999'999)}) {
    google::protobuf::Timestamp message;
    WriteTimestamp(time, message);
    EXPECT_GE(message.nanos(), 0);
    EXPECT_LT(message.nanos(), 1'000'000'000);
    EXPECT_EQ(FromTimestamp(message), time);
  }
}

TEST(TimestampTest, WhatStoresDoNotKeepIsNotWritten) {
  google::protobuf::Timestamp message;
  WriteTimestamp(absl::FromUnixNanos(1'000'058'818), message);
  EXPECT_EQ(message.seconds(), 1);
  EXPECT_EQ(message.nanos(), 58'000);
  WriteTimestamp(absl::FromUnixNanos(-1), message);
  EXPECT_EQ(message.seconds(), -1);
  EXPECT_EQ(message.nanos(), 999'999'000);
}

}  // namespace
}  // namespace ronghe::common
