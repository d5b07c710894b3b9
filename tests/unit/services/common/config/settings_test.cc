#include "services/common/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

struct Targets {
  std::string database = "sqlite:x.db";
  std::string secret = "hunter2";
  std::string level = "info";
  int threads = 8;
  bool verbose = false;
  absl::Duration deadline = absl::Seconds(30);
  std::vector<std::string> peers;
};

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    settings_.Add("database", targets_.database, "where data is");
    settings_.Add("secret", targets_.secret, "not to be shown").Secret();
    settings_.Add("log-level", targets_.level, "how much").OneOf({"info", "debug"});
    settings_.Add("pool-threads", targets_.threads, "how many").Range(1, 64);
    settings_.Add("verbose", targets_.verbose, "more");
    settings_.Add("deadline", targets_.deadline, "how long");
    settings_.Add("peer", targets_.peers, "others");
  }

  absl::StatusOr<StartMode> Parse(const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment = {}) {
    return settings_.Parse(arguments, environment);
  }
  std::string Fault(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {}) {
    auto mode = Parse(arguments, environment);
    EXPECT_EQ(mode.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(mode.status().message());
  }

  Targets targets_;
  Settings settings_{"ronghe-test", "1.2.3", "A test."};
};

TEST_F(SettingsTest, DefaultsStay) {
  ASSERT_EQ(Parse({}, {"HOME=/root", "RONGHEX=1"}).value(), StartMode::kServe);
  EXPECT_EQ(targets_.threads, 8);
  EXPECT_EQ(targets_.deadline, absl::Seconds(30));
}

TEST_F(SettingsTest, FlagBeforeEnvironmentBeforeDefault) {
  ASSERT_TRUE(Parse({"--pool-threads", "3", "--peer=a", "--peer", "b"},
                    {"RONGHE_POOL_THREADS=5", "RONGHE_DEADLINE=500ms", "RONGHE_VERBOSE=true", "RONGHE_DATABASE=a=b"})
                  .ok());
  EXPECT_EQ(targets_.threads, 3);
  EXPECT_EQ(targets_.deadline, absl::Milliseconds(500));
  EXPECT_TRUE(targets_.verbose);
  EXPECT_EQ(targets_.database, "a=b");
  EXPECT_THAT(targets_.peers, ElementsAre("a", "b"));
}

TEST_F(SettingsTest, ListsInTheEnvironmentAreSeparatedByCommas) {
  ASSERT_TRUE(Parse({}, {"RONGHE_PEER=a,b"}).ok());
  EXPECT_THAT(targets_.peers, ElementsAre("a", "b"));
}

TEST_F(SettingsTest, TruthValues) {
  ASSERT_TRUE(Parse({"--verbose"}).ok());
  EXPECT_TRUE(targets_.verbose);
  ASSERT_TRUE(Parse({"--verbose=false"}).ok());
  EXPECT_FALSE(targets_.verbose);
}

TEST_F(SettingsTest, WhatIsWrongIsNamedInOneLine) {
  EXPECT_THAT(Fault({"--pool-thread", "3"}), HasSubstr("--pool-thread"));
  EXPECT_THAT(Fault({"stray"}), HasSubstr("stray"));
  EXPECT_THAT(Fault({}, {"RONGHE_POOL_THREAD=3"}), HasSubstr("RONGHE_POOL_THREAD: no such setting"));
  EXPECT_THAT(Fault({"--pool-threads", "many"}), HasSubstr("--pool-threads: must be a number"));
  EXPECT_THAT(Fault({"--pool-threads", "65"}), HasSubstr("--pool-threads: must be 1 to 64"));
  EXPECT_THAT(Fault({"--pool-threads", "1", "--pool-threads", "2"}), HasSubstr("--pool-threads: must be given once"));
  EXPECT_THAT(Fault({"--log-level", "loud"}), HasSubstr("--log-level: must be one of info, debug"));
  EXPECT_THAT(Fault({}, {"RONGHE_DEADLINE=soon"}), HasSubstr("RONGHE_DEADLINE: must be a duration"));
  EXPECT_THAT(Fault({}, {"RONGHE_VERBOSE=yes"}), HasSubstr("RONGHE_VERBOSE: must be true or false"));
  EXPECT_THAT(Fault({"--pool-threads"}), AllOf(HasSubstr("--pool-threads"), Not(HasSubstr("\n"))));
}

TEST_F(SettingsTest, RequiredOnesMustBeGiven) {
  std::string key;
  settings_.Add("suite-key", key, "file").Required();
  EXPECT_THAT(Fault({}), HasSubstr("--suite-key: is required (or RONGHE_SUITE_KEY)"));
  EXPECT_TRUE(Parse({}, {"RONGHE_SUITE_KEY=f"}).ok());
  EXPECT_EQ(Parse({"--health-check"}).value(), StartMode::kHealthCheck);
}

TEST_F(SettingsTest, ModesOfEveryProcess) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(Parse({"--version"}).value(), StartMode::kExit);
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("ronghe-test 1.2.3"));
  testing::internal::CaptureStdout();
  EXPECT_EQ(Parse({"--help"}).value(), StartMode::kExit);
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              AllOf(HasSubstr("--pool-threads"), HasSubstr("RONGHE_POOL_THREADS"), Not(HasSubstr("hunter2"))));
  EXPECT_FALSE(settings_.migrate());
  EXPECT_EQ(Parse({"--migrate"}).value(), StartMode::kServe);
  EXPECT_TRUE(settings_.migrate());
}

TEST_F(SettingsTest, SecretsAreNotShown) {
  ASSERT_TRUE(Parse({"--secret", "abc"}).ok());
  EXPECT_EQ(targets_.secret, "abc");
  EXPECT_THAT(settings_.Effective(), Contains(Pair("secret", "***")));
  EXPECT_THAT(settings_.Effective(), Contains(Pair("pool-threads", "8")));
}

TEST(ParseDurationTest, TakesDurationsOnly) {
  EXPECT_EQ(ParseDuration("250ms").value(), absl::Milliseconds(250));
  EXPECT_EQ(ParseDuration("1h30m").value(), absl::Minutes(90));
  for (std::string_view bad : {"", "30", "-1s", "1x", "1s ", "inf"}) EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
}

}  // namespace
}  // namespace ronghe::common
