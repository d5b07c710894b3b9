#include "gateway/cli/app.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/clock.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temp_dir.h"

namespace ronghe::gateway::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AppTest : public ::testing::Test {
 protected:
  int RunLine(std::vector<std::string> arguments) {
    out_.str("");
    err_.str("");
    Environment environment{{&in_, &out_, &err_, false, Language::kEnglish, false},
                            [this](const char* name) -> const char* {
                              const auto found = variables_.find(name);
                              return found == variables_.end() ? nullptr : found->second.c_str();
                            },
                            clock_,
                            random_,
                            [](absl::Duration) {},
                            ""};
    return cli::Run(arguments, environment);
  }
  tests::TempDir dir_;
  common::SystemClock clock_;  // deadlines are gRPC's
  tests::SeededRandom random_;
  std::map<std::string, std::string> variables_;
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(AppTest, Version) {
  EXPECT_EQ(RunLine({"version"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("ronghectl "));
  EXPECT_EQ(RunLine({"--json", "version"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("\"version\""));
}

TEST_F(AppTest, WrongUsageIsTwoAndSaysWhy) {
  EXPECT_EQ(RunLine({}), 2);
  EXPECT_EQ(RunLine({"dance"}), 2);
  EXPECT_EQ(RunLine({"overview", "--depth", "9"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("depth"));
  EXPECT_EQ(RunLine({"unit", "create", "--code", "1"}), 2);
  EXPECT_EQ(RunLine({"--timeout", "soon", "whoami"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("BAD_DURATION"));
}

TEST_F(AppTest, HelpListsExitCodes) {
  EXPECT_EQ(RunLine({"--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("Exit codes"));
}

TEST_F(AppTest, OptionsOfUnitsFollowTheProto) {
  EXPECT_EQ(RunLine({"unit", "create", "--help"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("--established-date"));
  EXPECT_THAT(out_.str(), HasSubstr("行政区划代码"));
  EXPECT_EQ(RunLine({"unit", "update", "--help"}), 0);
  EXPECT_THAT(out_.str(), Not(HasSubstr("--level")));  // never changes
}

TEST_F(AppTest, AMissingTokenFileIsNamed) {
  EXPECT_EQ(RunLine({"--token", dir_.File("none"), "whoami"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr(dir_.File("none")));
  variables_["RONGHE_TOKEN_FILE"] = dir_.File("other");
  EXPECT_EQ(RunLine({"whoami"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr(dir_.File("other")));
}

TEST_F(AppTest, ADeadAddressIsUnavailable) {
  std::ofstream(dir_.File("token")) << "abc\n";
  EXPECT_EQ(RunLine({"--address", "127.0.0.1:1", "--timeout", "2s", "--token", dir_.File("token"), "whoami"}), 6);
  EXPECT_THAT(err_.str(), HasSubstr("UNAVAILABLE"));
}

TEST_F(AppTest, KeysAndTokens) {
  const std::string keys = dir_.File("keys");
  EXPECT_EQ(RunLine({"keys", "create", keys}), 0);
  EXPECT_EQ(std::filesystem::status(keys + "/private.jwk").permissions() & std::filesystem::perms::others_read,
            std::filesystem::perms::none);
  EXPECT_EQ(RunLine({"keys", "create", keys}), 5);  // never overwritten
  const std::vector<std::string> token = {"token",    "create",      "--key",     keys + "/private.jwk",
                                          "--issuer", "test-issuer", "--subject", "somebody"};
  EXPECT_EQ(RunLine(token), 0);
  EXPECT_THAT(out_.str(), ::testing::MatchesRegex("[-_A-Za-z0-9]+\\.[-_A-Za-z0-9]+\\.[-_A-Za-z0-9]+\n"));
  std::vector<std::string> eternal = token;
  eternal.insert(eternal.end(), {"--ttl", "25h"});
  EXPECT_EQ(RunLine(eternal), 2);
}

TEST_F(AppTest, CompletionKnowsEveryCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    EXPECT_EQ(RunLine({"completion", shell}), 0);
    for (const char* word : {"overview", "import", "members", "validate-only", "completion"}) {
      EXPECT_THAT(out_.str(), HasSubstr(word)) << shell;
    }
  }
  EXPECT_EQ(RunLine({"completion", "tcsh"}), 2);
}

// What the script answers is what counts.
TEST_F(AppTest, BashCompletesCommandsAndOptions) {
  ASSERT_EQ(RunLine({"completion", "bash"}), 0);
  std::ofstream(dir_.File("script")) << out_.str()
                                     << "COMP_WORDS=(ronghectl --json import u); COMP_CWORD=3; _ronghectl\n"
                                        "echo \"${COMPREPLY[*]}\"\n"
                                        "COMP_WORDS=(ronghectl import units --val); COMP_CWORD=3; _ronghectl\n"
                                        "echo \"${COMPREPLY[*]}\"\n";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(("bash " + dir_.File("script")).c_str(), "r"), pclose);
  ASSERT_NE(pipe, nullptr);
  char buffer[256] = {};
  const size_t size = std::fread(buffer, 1, sizeof(buffer) - 1, pipe.get());
  EXPECT_EQ(std::string(buffer, size), "units\n--validate-only\n");
}

}  // namespace
}  // namespace ronghe::gateway::cli
