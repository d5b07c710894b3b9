#include "services/common/telemetry/log.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ronghe::common {
namespace {

class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    SetLogSinkForTest([this](std::string_view line) { lines_.emplace_back(line); });
    InitLog("probe", LogLevel::kInfo);
  }
  ~LogTest() override { SetLogSinkForTest(nullptr); }
  nlohmann::json Last() { return lines_.empty() ? nlohmann::json() : nlohmann::json::parse(lines_.back()); }

  std::vector<std::string> lines_;
};

TEST_F(LogTest, LinesAreJson) {
  Log(LogLevel::kWarning, "it \"broke\"\n\x01", {{"count", 7}, {"ratio", 0.5}, {"ok", true}, {"name", "县\\"}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].find('\n'), lines_[0].size() - 1);
  nlohmann::json line = Last();
  EXPECT_EQ(line["service"], "probe");
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["message"], "it \"broke\"\n\x01");
  EXPECT_EQ(line["count"], 7);
  EXPECT_EQ(line["ratio"], 0.5);
  EXPECT_EQ(line["ok"], true);
  EXPECT_EQ(line["name"], "县\\");
  std::string time = line["time"];
  EXPECT_EQ(time.size(), std::string("2026-11-16T01:02:03.123456Z").size());
}

TEST_F(LogTest, BrokenTextStaysJson) {
  Log(LogLevel::kError, std::string("\xff\xfe", 2), {{"x", std::string(100'000, 'y')}});
  EXPECT_EQ(Last()["level"], "error");
  EXPECT_LT(lines_[0].size(), 10'000u);
}

TEST_F(LogTest, CallsAreNamed) {
  Call call;
  call.request_id = "r-1";
  call.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  call.authorization = "Bearer secret";
  Log(LogLevel::kInfo, call, "done");
  EXPECT_EQ(Last()["request_id"], "r-1");
  EXPECT_EQ(Last()["trace_id"], "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(lines_[0].find("secret"), std::string::npos);
}

TEST_F(LogTest, BelowTheLevelNothingIsWritten) {
  Log(LogLevel::kDebug, "quiet");
  EXPECT_TRUE(lines_.empty());
  InitLog("probe", LogLevel::kDebug);
  Log(LogLevel::kDebug, "loud");
  EXPECT_EQ(lines_.size(), 1u);
  EXPECT_FALSE(ParseLogLevel("trace").ok());
  EXPECT_EQ(ParseLogLevel("warning").value(), LogLevel::kWarning);
}

}  // namespace
}  // namespace ronghe::common
