#include "services/common/values/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/common/values/utf8.h"

namespace ronghe::common {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

google::rpc::Status Wire(const absl::Status& status) {
  google::rpc::Status wire;
  EXPECT_TRUE(wire.ParseFromString(SerializedDetails(status)));
  return wire;
}

template <typename Detail>
std::vector<Detail> DetailsOf(const google::rpc::Status& wire) {
  std::vector<Detail> found;
  for (const auto& any : wire.details()) {
    Detail detail;
    if (any.UnpackTo(&detail)) found.push_back(detail);
  }
  return found;
}

TEST(StatusTest, AViolationSaysFieldReasonAndBothLanguages) {
  absl::Status status = InvalidArgument("unit.code", "FORMAT", {"must be 12 digits / no more", "应为 12 位数字"});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "FORMAT");
  auto violations = ViolationsOf(status);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "unit.code");
  EXPECT_EQ(violations[0].reason, "FORMAT");
  EXPECT_EQ(violations[0].text.en, "must be 12 digits/no more");
  EXPECT_EQ(violations[0].text.zh, "应为 12 位数字");
  auto wire = Wire(status);
  EXPECT_EQ(wire.code(), 3);
  EXPECT_THAT(wire.message(), HasSubstr("unit.code: must be 12 digits"));
  auto bad = DetailsOf<google::rpc::BadRequest>(wire);
  ASSERT_EQ(bad.size(), 1u);
  EXPECT_EQ(bad[0].field_violations(0).description(), "FORMAT: must be 12 digits/no more / 应为 12 位数字");
  auto info = DetailsOf<google::rpc::ErrorInfo>(wire);
  ASSERT_EQ(info.size(), 1u);
  EXPECT_EQ(info[0].domain(), "ronghe");
  EXPECT_EQ(info[0].reason(), "FORMAT");
}

TEST(StatusTest, BothLanguagesAreSent) {
  auto messages = DetailsOf<google::rpc::LocalizedMessage>(Wire(OutOfRange("FEED_EXPIRED", {"too old", "已过期"})));
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].locale(), "zh-CN");
  EXPECT_EQ(messages[0].message(), "已过期");
  EXPECT_EQ(messages[1].locale(), "en");
  EXPECT_EQ(messages[1].message(), "too old");
}

TEST(StatusTest, BlockersAreListed) {
  absl::Status status = FailedPrecondition(
      "HAS_CHILDREN", {"something lives below", "下级未清空"},
      {{"CHILD", "units/1", {"is active", "仍在运行"}}, {"MEMBERS", "units/2", {"has 3 members", "有 3 名党员"}}});
  auto blockers = BlockersOf(status);
  ASSERT_EQ(blockers.size(), 2u);
  EXPECT_EQ(blockers[1].reason, "MEMBERS");
  EXPECT_EQ(blockers[1].subject, "units/2");
  EXPECT_EQ(blockers[1].text.en, "has 3 members");
  EXPECT_EQ(blockers[1].text.zh, "有 3 名党员");
  auto failure = DetailsOf<google::rpc::PreconditionFailure>(Wire(status));
  ASSERT_EQ(failure.size(), 1u);
  EXPECT_EQ(failure[0].violations_size(), 2);
}

TEST(StatusTest, ResourcesAndRetries) {
  auto wire = Wire(NotFound("units/370783"));
  auto resource = DetailsOf<google::rpc::ResourceInfo>(wire);
  ASSERT_EQ(resource.size(), 1u);
  EXPECT_EQ(resource[0].resource_type(), "units");
  EXPECT_EQ(resource[0].resource_name(), "units/370783");
  EXPECT_EQ(ResourceOf(NotFound("units/370783")), "units/370783");
  EXPECT_TRUE(DetailsOf<google::rpc::RetryInfo>(wire).empty());
  EXPECT_EQ(RetryAfterOf(NotFound("x")), absl::ZeroDuration());
  absl::Status unavailable = Unavailable("X", {"a", "b"}, absl::Milliseconds(1500));
  EXPECT_EQ(RetryAfterOf(unavailable), absl::Milliseconds(1500));
  EXPECT_EQ(DetailsOf<google::rpc::RetryInfo>(Wire(unavailable))[0].retry_delay().nanos(), 500'000'000);
}

TEST(StatusTest, ReasonsOfSeveralViolations) {
  auto of = [](const char* a, const char* b) {
    return ReasonOf(InvalidArgument({{"x", a, {"x", "x"}}, {"y", b, {"y", "y"}}}));
  };
  EXPECT_EQ(of("REQUIRED", "REQUIRED"), "REQUIRED");
  EXPECT_EQ(of("REQUIRED", "FORMAT"), "INVALID_FIELDS");
}

TEST(StatusTest, WhatIsLoggedIsNeverSent) {
  absl::Status internal = Internal("driver said: secret");
  absl::Status annotated = WithLog(Unavailable("DOWN", {"down", "不可用"}), "host secret");
  for (const absl::Status& status : {internal, annotated, absl::InternalError("secret"), absl::UnknownError("secret"),
                                     absl::InvalidArgumentError("secret")}) {
    EXPECT_THAT(SerializedDetails(status), Not(HasSubstr("secret")));
    EXPECT_THAT(PublicMessage(status), Not(HasSubstr("secret")));
    EXPECT_FALSE(PublicMessage(status).empty());
    EXPECT_THAT(LogOf(status), HasSubstr("secret"));
    EXPECT_EQ(DetailsOf<google::rpc::ErrorInfo>(Wire(status)).size(), 1u);
  }
  EXPECT_EQ(ReasonOf(internal), "INTERNAL");
  EXPECT_EQ(TextOf(internal).zh, "内部错误");
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), "");
  EXPECT_EQ(LogOf(Internal("two\nlines")).find('\n'), std::string::npos);
}

TEST(StatusTest, LongListsEndWithHowManyMore) {
  for (size_t length : {3u, 60u, 5000u}) {
    std::vector<Violation> violations;
    std::vector<Blocker> blockers;
    for (int i = 0; i < 300; ++i) {
      std::string text(length, 'x');
      violations.push_back({"rows[" + std::to_string(i) + "]", "R", {text, "长" + text}});
      blockers.push_back({"R", "units/" + std::to_string(i) + text, {text, text}});
    }
    absl::Status invalid = InvalidArgument(violations);
    EXPECT_LE(SerializedDetails(invalid).size(), kMaxDetailsBytes);
    auto bad = DetailsOf<google::rpc::BadRequest>(Wire(invalid));
    ASSERT_EQ(bad.size(), 1u);
    int listed = bad[0].field_violations_size() - 1;
    EXPECT_GT(listed, 0);
    EXPECT_THAT(bad[0].field_violations(listed).description(),
                HasSubstr("and " + std::to_string(300 - listed) + " more"));
    EXPECT_EQ(ViolationsOf(invalid).size(), 300u);

    absl::Status failed = FailedPrecondition("R", {std::string(9000, 'y'), std::string(9000, 'z')}, blockers);
    EXPECT_LE(SerializedDetails(failed).size(), kMaxDetailsBytes);
    auto failure = DetailsOf<google::rpc::PreconditionFailure>(Wire(failed));
    ASSERT_EQ(failure.size(), 1u);
    EXPECT_THAT(failure[0].violations(failure[0].violations_size() - 1).description(), HasSubstr(" more"));
    EXPECT_EQ(BlockersOf(failed).size(), 300u);
  }
}

TEST(StatusTest, ListsThatFitAreComplete) {
  std::vector<Violation> violations;
  for (int i = 0; i < 20; ++i) violations.push_back({"f" + std::to_string(i), "REQUIRED", {"is required", "必填"}});
  auto bad = DetailsOf<google::rpc::BadRequest>(Wire(InvalidArgument(violations)));
  EXPECT_EQ(bad[0].field_violations_size(), 20);
}

TEST(StatusTest, BytesThatAreNoTextDoNoHarm) {
  absl::Status status = InvalidArgument("field\xff", "BAD", {"en \xfe", "zh \xfd"});
  auto wire = Wire(status);
  EXPECT_TRUE(IsCleanUtf8(wire.message()));
  EXPECT_EQ(DetailsOf<google::rpc::BadRequest>(wire)[0].field_violations(0).field(), "field?");
  EXPECT_EQ(ResourceOf(NotFound("units/\xff")), "units/?");
}

TEST(StatusTest, ComesBackFromTheWire) {
  absl::Status sent =
      InvalidArgument({{"a", "REQUIRED", {"is required", "必填"}}, {"b", "FORMAT", {"bad", "格式错误"}}});
  absl::Status got = StatusFromDetails(sent.code(), PublicMessage(sent), SerializedDetails(sent));
  EXPECT_EQ(got.code(), sent.code());
  EXPECT_EQ(got.message(), sent.message());
  EXPECT_EQ(ReasonOf(got), ReasonOf(sent));
  EXPECT_EQ(TextOf(got).zh, TextOf(sent).zh);
  ASSERT_EQ(ViolationsOf(got).size(), 2u);
  EXPECT_EQ(ViolationsOf(got)[1].text.zh, "格式错误");
  EXPECT_EQ(SerializedDetails(got), SerializedDetails(sent));
  absl::Status bare = StatusFromDetails(absl::StatusCode::kUnavailable, "connection refused", "\xff rubbish");
  EXPECT_EQ(bare.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(bare), "");
  EXPECT_TRUE(StatusFromDetails(absl::StatusCode::kOk, "", "").ok());
}

TEST(StatusTest, OkCarriesNothing) {
  EXPECT_EQ(SerializedDetails(absl::OkStatus()), "");
  EXPECT_EQ(PublicMessage(absl::OkStatus()), "");
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  EXPECT_TRUE(ViolationsOf(absl::OkStatus()).empty());
}

TEST(ViolationsTest, CollectsWithPrefixes) {
  Violations violations;
  EXPECT_TRUE(violations.ToStatus().ok());
  violations.Add("name", "REQUIRED", {"is required", "必填"});
  violations.AddAll(InvalidArgument("code", "FORMAT", {"bad", "格式错误"}), "unit.");
  violations.AddAll(absl::OkStatus());
  violations.AddAll(NotFound("x"));
  auto all = ViolationsOf(violations.ToStatus());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].field, "unit.code");
  EXPECT_EQ(all[1].reason, "FORMAT");
}

}  // namespace
}  // namespace ronghe::common
