#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "services/common/cache/redis_stored.h"

namespace ronghe::common {
namespace {

TEST(StoredTest, ReadsWhatItWrote) {
  for (const std::string& value : {std::string(), std::string("\0\r\n\xff", 4), std::string(100'000, 'x')}) {
    for (const int64_t number : {int64_t{0}, int64_t{1} << 60, std::numeric_limits<int64_t>::max()}) {
      const CacheEntry entry{.position = number, .valid_us = number, .value = value};
      EXPECT_EQ(ReadStored(StoredEntry(entry)), entry);
    }
  }
}

TEST(StoredTest, AnythingElseIsNoEntry) {
  EXPECT_EQ(ReadStored(StoredTombstone(7)), std::nullopt);
  EXPECT_EQ(ReadStored(""), std::nullopt);
  EXPECT_EQ(ReadStored("R1E"), std::nullopt);
  EXPECT_EQ(ReadStored("R1E" + std::string(37, '0')), std::nullopt);
  EXPECT_EQ(ReadStored("R1E" + std::string(38, '9')), std::nullopt);  // no int64
  EXPECT_EQ(ReadStored("R1E" + std::string(38, 'x')), std::nullopt);
  EXPECT_EQ(ReadStored("R1E-" + std::string(37, '1')), std::nullopt);
}

TEST(StoredTest, TextComparesAsNumbersDo) {
  EXPECT_LT(StoredTombstone(9), StoredTombstone(10));
  EXPECT_LT(StoredTombstone(int64_t{1} << 53), StoredTombstone((int64_t{1} << 53) + 1));
}

}  // namespace
}  // namespace ronghe::common
