#include "gateway/cli/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "services/common/values/status.h"

namespace ronghe::gateway::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(FailureTest, SaysEveryViolationInBothLanguages) {
  const absl::Status status = common::InvalidArgument(
      {{"unit.code", "REQUIRED", {"is required", "必填"}}, {"unit.title", "TOO_LONG", {"is too long", "过长"}}});
  const std::string text = DescribeFailure(status);
  for (const char* part : {"INVALID_ARGUMENT", "unit.code", "REQUIRED", "必填", "is required", "unit.title", "过长"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_EQ(ExitCodeOf(status), kExitUsage);
  const auto json = nlohmann::json::parse(FailureJson(status));
  EXPECT_EQ(json["error"]["violations"].size(), 2u);
}

TEST(FailureTest, SaysBlockersAndWhenToCallAgain) {
  const absl::Status blocked =
      common::FailedPrecondition("HAS_UNITS", {"has units", "尚有下级"}, {{"HAS_UNITS", "units/1", {"alive", "存续"}}});
  EXPECT_THAT(DescribeFailure(blocked), HasSubstr("units/1"));
  EXPECT_EQ(ExitCodeOf(blocked), kExitRefused);
  const absl::Status busy = common::Unavailable("SERVICE_UNAVAILABLE", {"down", "不可用"}, absl::Seconds(2));
  EXPECT_THAT(DescribeFailure(busy), HasSubstr("2s"));
  EXPECT_EQ(ExitCodeOf(busy), kExitUnavailable);
}

TEST(FailureTest, LibraryErrorsAndControlCharacters) {
  const std::string text = DescribeFailure(absl::UnknownError("odd \x1b[2J thing"));
  EXPECT_THAT(text, HasSubstr("odd"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(ExitCodeOf(absl::UnknownError("x")), kExitFailure);
  EXPECT_EQ(ExitCodeOf(common::FailedPrecondition(kRowsRejected, {"x", "x"})), kExitRejected);
}

}  // namespace
}  // namespace ronghe::gateway::cli
