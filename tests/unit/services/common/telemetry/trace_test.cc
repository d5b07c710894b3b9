#include "services/common/telemetry/trace.h"

#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

TEST(TraceTest, ValidTraceparents) {
  EXPECT_TRUE(ValidTraceparent(kParent));
  for (std::string bad : {"", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"}) {
    EXPECT_FALSE(ValidTraceparent(bad)) << bad;
  }
}

TEST(TraceTest, ContinuesOrBegins) {
  tests::SeededRandom random;
  IdSource ids(random);
  std::string next = ContinueTrace(kParent, ids);
  EXPECT_TRUE(ValidTraceparent(next));
  EXPECT_EQ(TraceIdOf(next), TraceIdOf(kParent));
  EXPECT_NE(next.substr(36, 16), kParent.substr(36, 16));
  EXPECT_EQ(next.substr(53), "00");
  std::string fresh = ContinueTrace("nonsense", ids);
  EXPECT_TRUE(ValidTraceparent(fresh));
  EXPECT_NE(TraceIdOf(fresh), TraceIdOf(ContinueTrace("", ids)));
}

TEST(TraceTest, RequestIds) {
  EXPECT_TRUE(ValidRequestId("a-B_9."));
  EXPECT_TRUE(ValidRequestId(std::string(64, 'x')));
  for (std::string bad :
       {std::string(), std::string(65, 'x'), std::string("a b"), std::string("é"), std::string("a\n")}) {
    EXPECT_FALSE(ValidRequestId(bad)) << bad;
  }
}

TEST(IdSourceTest, UuidsAreVersion4AndDiffer) {
  tests::SeededRandom random;
  IdSource ids(random);
  std::string uuid = ids.Uuid();
  ASSERT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
  EXPECT_EQ(uuid.find_first_not_of("0123456789abcdef-"), std::string::npos);
}

TEST(IdSourceTest, ThreadsNeverGetTheSame) {
  tests::SeededRandom random;
  IdSource ids(random);
  std::vector<std::vector<uint64_t>> got(4);
  std::vector<std::thread> threads;
  for (auto& mine : got) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) mine.push_back(ids.Next());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<uint64_t> all;
  for (const auto& mine : got) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 20000u);
}

}  // namespace
}  // namespace ronghe::common
