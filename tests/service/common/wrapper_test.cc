#include "services/common/serve/wrapper.h"

#include <atomic>
#include <stdexcept>
#include <thread>

#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/rpc_method.h>

#include "ronghe/common/v1/echo_service.grpc.pb.h"
#include "services/common/telemetry/trace.h"
#include "services/common/values/pages.h"
#include "tests/service/common/fixture.h"

namespace ronghe::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class WrapperTest : public ServeTest {
 protected:
  std::string TrailerOf(const grpc::ClientContext& context, const std::string& key) {
    auto found = context.GetServerTrailingMetadata().find(key);
    if (found == context.GetServerTrailingMetadata().end()) return "";
    return std::string(found->second.data(), found->second.size());
  }
};

TEST_F(WrapperTest, EchoAnswersWithTheRequestId) {
  Start();
  auto echo = common::v1::EchoService::NewStub(channel_);
  common::v1::EchoRequest request;
  request.set_text("融合");
  common::v1::EchoResponse response;
  auto context = Context();
  context->AddMetadata("x-request-id", "order-7_a.B");
  grpc::Status status = echo->Echo(context.get(), request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.text(), "融合");
  EXPECT_EQ(TrailerOf(*context, "x-request-id"), "order-7_a.B");
}

TEST_F(WrapperTest, BadRequestIdsAreReplaced) {
  Start();
  for (const std::string& id : {std::string(65, 'a'), std::string("a b"), std::string("a/b")}) {
    v1::DoResponse response;
    auto context = Context();
    context->AddMetadata("x-request-id", id);
    ASSERT_TRUE(stub_->Do(context.get(), v1::DoRequest(), &response).ok());
    EXPECT_NE(TrailerOf(*context, "x-request-id"), id);
    EXPECT_EQ(TrailerOf(*context, "x-request-id").size(), 36u);
  }
}

TEST_F(WrapperTest, NothingIsOpenWithoutAToken) {
  Start();
  std::atomic<int> runs{0};
  probe_->on_do = [&](const common::Call&, const v1::DoRequest&) -> absl::StatusOr<v1::DoResponse> {
    ++runs;
    return v1::DoResponse();
  };
  bearer_ = "Bearer abc.def.ghi";
  absl::Status status = Do();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(common::ReasonOf(status), "TOKEN_MALFORMED");
  grpc::ClientContext none;
  v1::DoResponse response;
  status = common::FromGrpc(stub_->Do(&none, v1::DoRequest(), &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(common::ReasonOf(status), "TOKEN_MISSING");
  EXPECT_FALSE(common::TextOf(status).zh.empty());
  EXPECT_EQ(runs, 0);
}

TEST_F(WrapperTest, TraceIsContinued) {
  Start();
  probe_->on_do = [&](const common::Call& call, const v1::DoRequest&) -> absl::StatusOr<v1::DoResponse> {
    v1::DoResponse response;
    response.set_text(call.traceparent);
    return response;
  };
  std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  v1::DoResponse response;
  auto context = Context();
  context->AddMetadata("traceparent", parent);
  ASSERT_TRUE(stub_->Do(context.get(), v1::DoRequest(), &response).ok());
  EXPECT_EQ(common::TraceIdOf(response.text()), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(response.text(), parent);
  ASSERT_TRUE(stub_->Do(Context().get(), v1::DoRequest(), &response).ok());
  EXPECT_TRUE(common::ValidTraceparent(response.text()));
}

TEST_F(WrapperTest, MalformedMessage) {
  Start();
  grpc::Slice slice(std::string("\x0A\xFF", 2));
  grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::internal::RpcMethod method("/ronghe.tests.v1.ProbeService/Do", grpc::internal::RpcMethod::NORMAL_RPC);
  absl::Status status = common::FromGrpc(grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      channel_.get(), method, Context().get(), request, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(common::ReasonOf(status), "MALFORMED_MESSAGE");
}

TEST_F(WrapperTest, TooLargeMessagesAreRefusedBothWays) {
  Start();
  EXPECT_EQ(Do(std::string(5 << 20, 'x')).code(), absl::StatusCode::kResourceExhausted);
  probe_->on_do = [&](const common::Call&, const v1::DoRequest&) -> absl::StatusOr<v1::DoResponse> {
    v1::DoResponse response;
    response.set_text(std::string(17 << 20, 'x'));
    return response;
  };
  EXPECT_EQ(common::ReasonOf(Do()), "RESPONSE_TOO_LARGE");
}

TEST_F(WrapperTest, ErrorsArriveWhole) {
  Start();
  probe_->on_do = [&](const common::Call&, const v1::DoRequest&) -> absl::StatusOr<v1::DoResponse> {
    return common::InvalidArgument(
        {{"unit.code", "REQUIRED", {"is required", "必填"}}, {"unit.title", "TOO_LONG", {"is too long", "过长"}}});
  };
  absl::Status status = Do();
  auto violations = common::ViolationsOf(status);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].field, "unit.code");
  EXPECT_EQ(violations[1].reason, "TOO_LONG");
  EXPECT_EQ(violations[1].text.zh, "过长");
}

TEST_F(WrapperTest, FaultsAreLoggedAndNotSent) {
  Start();
  LogLines log;
  probe_->on_do = [&](const common::Call&, const v1::DoRequest&) -> absl::StatusOr<v1::DoResponse> {
    return common::Internal("disk sda1 is gone");
  };
  absl::Status status = Do("secret of Li");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("sda1")));
  EXPECT_THAT(log.text(), HasSubstr("disk sda1 is gone"));
  EXPECT_THAT(log.text(), HasSubstr("\"level\":\"error\""));
  EXPECT_THAT(log.text(), HasSubstr("\"method\":\"ronghe.tests.v1.ProbeService/Do\""));
}

TEST_F(WrapperTest, NothingOfTheRequestIsLogged) {
  common::InitLog("probe", common::LogLevel::kDebug);
  Start();
  LogLines log;
  probe_->on_do = [&](const common::Call&, const v1::DoRequest& request) -> absl::StatusOr<v1::DoResponse> {
    return common::InvalidArgument("text", "BAD_TEXT", {"not good: " + request.text(), "不好：" + request.text()});
  };
  EXPECT_EQ(common::ReasonOf(Do("Li Hua 13800000000")), "BAD_TEXT");
  probe_->on_do = [&](const common::Call&, const v1::DoRequest&) { return v1::DoResponse(); };
  EXPECT_TRUE(Do("Li Hua 13800000000").ok());
  common::InitLog("probe", common::LogLevel::kInfo);
  EXPECT_THAT(log.text(), Not(HasSubstr("13800000000")));
  EXPECT_THAT(log.text(), Not(HasSubstr(bearer_.substr(10, 30))));
  EXPECT_THAT(log.text(), HasSubstr("\"reason\":\"BAD_TEXT\""));
  EXPECT_THAT(log.text(), HasSubstr("\"request_id\":"));
  EXPECT_THAT(log.text(), HasSubstr("call served"));
}

TEST_F(WrapperTest, ExceptionsEndTheCallOnly) {
  Start();
  probe_->on_do = [&](const common::Call&, const v1::DoRequest& request) -> absl::StatusOr<v1::DoResponse> {
    return v1::DoResponse(), request.text().empty() ? v1::DoResponse() : (throw std::runtime_error("no"));
  };
  EXPECT_EQ(Do("x").code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(Do("").ok());
}

TEST_F(WrapperTest, DeadlinesReachTheHandler) {
  Settings settings;
  settings.wrapper.default_deadline = absl::Seconds(7);
  Start(settings);
  Event seen;
  probe_->on_do = [&](const common::Call& call, const v1::DoRequest& request) -> absl::StatusOr<v1::DoResponse> {
    if (request.text() == "wait" && Eventually([&] { return call.cancelled(); })) seen.Set();
    v1::DoResponse response;
    response.set_text(absl::FormatDuration(call.deadline - clock_.Now()));
    return response;
  };
  EXPECT_EQ(Do("wait", absl::Milliseconds(200)).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(seen.Wait());
  grpc::ClientContext context;
  context.AddMetadata("authorization", bearer_);
  v1::DoResponse response;
  ASSERT_TRUE(stub_->Do(&context, v1::DoRequest(), &response).ok());
  absl::Duration left;
  ASSERT_TRUE(absl::ParseDuration(response.text(), &left));
  EXPECT_LE(left, absl::Seconds(7));
  EXPECT_GT(left, absl::Seconds(2));
}

TEST_F(WrapperTest, AFullQueueRefusesAtOnceAndLateCallsAreDroppedUnrun) {
  Settings settings;
  settings.pool = {1, 1};
  Start(settings);
  Event running;
  Event go_on;
  std::atomic<int> runs{0};
  probe_->on_do = [&](const common::Call&, const v1::DoRequest& request) -> absl::StatusOr<v1::DoResponse> {
    ++runs;
    if (request.text() == "block") {
      running.Set();
      go_on.Wait();
    }
    return v1::DoResponse();
  };
  std::thread blocker([this] { EXPECT_TRUE(Do("block").ok()); });
  ASSERT_TRUE(running.Wait());
  std::thread late(
      [this] { EXPECT_EQ(Do("late", absl::Milliseconds(300)).code(), absl::StatusCode::kDeadlineExceeded); });
  EXPECT_TRUE(Eventually([this] { return executor_->queued() == 1; }));
  // The server counts the deadline from when it got the call, a little after the caller.
  absl::Time passed = clock_.Now() + absl::Milliseconds(310);
  absl::Status refused = Do("refused");
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(common::ReasonOf(refused), "QUEUE_FULL");
  EXPECT_GT(common::RetryAfterOf(refused), absl::ZeroDuration());
  late.join();
  EXPECT_TRUE(Eventually([&] { return clock_.Now() > passed; }));
  go_on.Set();
  blocker.join();
  EXPECT_TRUE(Eventually([this] { return executor_->queued() == 0; }));  // the late one is gone
  EXPECT_TRUE(Do("after").ok());
  EXPECT_EQ(runs, 2);  // block and after
}

TEST_F(WrapperTest, MinRevisionPassesTheGate) {
  Start();
  std::vector<int64_t> asked;
  wrapper_->SetRevisionGate([&](const common::RevisionToken& token, absl::Time) {
    asked.push_back(token.revision);
    return token.revision > 9 ? common::Unavailable("REVISION_NOT_SEEN", {"later", "稍后"}) : absl::OkStatus();
  });
  auto call = [&](const std::string& token) {
    v1::DoRequest request;
    request.add_min_revision(token);
    v1::DoResponse response;
    return common::FromGrpc(stub_->Do(Context().get(), request, &response));
  };
  EXPECT_EQ(common::ReasonOf(call("made-up")), "BAD_TOKEN");
  EXPECT_TRUE(call(common::MakeRevisionToken(signer_, {"organization", "i1", 0, 9})).ok());
  EXPECT_EQ(common::ReasonOf(call(common::MakeRevisionToken(signer_, {"organization", "i1", 0, 10}))),
            "REVISION_NOT_SEEN");
  // UNAVAILABLE is tried three times.
  EXPECT_THAT(asked, ::testing::ElementsAre(9, 10, 10, 10));
}

TEST_F(WrapperTest, UpTo64RevisionsAndErrorsNameTheIndex) {
  Start();
  v1::DoRequest request;
  const std::string token = common::MakeRevisionToken(signer_, {"organization", "i1", 0, 9});
  auto call = [&] {
    v1::DoResponse response;
    return common::FromGrpc(stub_->Do(Context().get(), request, &response));
  };
  for (int i = 0; i < 64; ++i) request.add_min_revision(token);
  EXPECT_TRUE(call().ok());
  request.set_min_revision(2, "made-up");
  ASSERT_EQ(common::ViolationsOf(call()).size(), 1u);
  EXPECT_EQ(common::ViolationsOf(call())[0].field, "min_revision[2]");
  request.add_min_revision(token);
  EXPECT_EQ(common::ViolationsOf(call())[0].reason, "TOO_MANY");
}

TEST_F(WrapperTest, MetricsCountCallsByMethodAndCode) {
  Start();
  EXPECT_TRUE(Do().ok());
  EXPECT_TRUE(Do().ok());
  bearer_ = "";
  EXPECT_FALSE(Do().ok());
  std::string text = metrics_.Text();
  EXPECT_THAT(text, HasSubstr("ronghe_call_seconds_count{method=\"ronghe.tests.v1.ProbeService/Do\",code=\"OK\"} 2"));
  EXPECT_THAT(text, HasSubstr("code=\"UNAUTHENTICATED\"} 1"));
  EXPECT_THAT(text, HasSubstr("ronghe_calls_in_flight{method=\"ronghe.tests.v1.ProbeService/Do\"} 0"));
  EXPECT_THAT(text, HasSubstr("ronghe_pool_threads 4"));
}

class NoPolicy final : public common::ServiceBinding {
 public:
  explicit NoPolicy(common::Wrapper& wrapper)
      : ServiceBinding(wrapper, v1::DoRequest::descriptor()->file()->FindServiceByName("OpenService")) {
    Unary<v1::DoRequest, v1::DoResponse>(
        "Leak",
        [](const common::Call&, const v1::DoRequest&) -> absl::StatusOr<v1::DoResponse> { return v1::DoResponse(); });
  }
};

class WrongForms final : public common::ServiceBinding {
 public:
  explicit WrongForms(common::Wrapper& wrapper)
      : ServiceBinding(wrapper, v1::DoRequest::descriptor()->file()->FindServiceByName("ProbeService")) {
    auto handler = [](const common::Call&, const v1::DoRequest&) -> absl::StatusOr<v1::DoResponse> {
      return v1::DoResponse();
    };
    Unary<v1::DoRequest, v1::DoResponse>("Count", handler);
    Unary<v1::DoRequest, v1::DoResponse>("Nothing", handler);
    Unary<v1::DoRequest, v1::DoResponse>("Do", handler);
    Unary<v1::DoRequest, v1::DoResponse>("Do", handler);
  }
};

// Answers with bytes made beforehand, and in one case of another type than the method's.
class Prepared final : public common::ServiceBinding {
 public:
  template <typename Response>
  Prepared(common::Wrapper& wrapper, const Response& response)
      : ServiceBinding(wrapper, v1::DoRequest::descriptor()->file()->FindServiceByName("ProbeService")) {
    auto bytes = common::Serialized<Response>::Of(response);
    UnarySerialized<v1::DoRequest, Response>(
        "Do", [bytes](const common::Call&, const v1::DoRequest&) -> absl::StatusOr<common::Serialized<Response>> {
          return bytes;
        });
  }
};

TEST_F(WrapperTest, AnswersMadeBeforehandAreSentAsTheyAreAndOfTheRightType) {
  Start();
  EXPECT_THAT(std::string(Prepared(*wrapper_, v1::DoRequest()).Check().message()),
              HasSubstr("Do is bound with other messages"));
  v1::DoResponse response;
  response.set_text("prepared");
  Prepared prepared(*wrapper_, response);
  EXPECT_THAT(std::string(prepared.Check().message()), Not(HasSubstr("Do is bound")));
  common::Server::Options options;
  options.service = "prepared";
  const auto server = common::Server::Start(options, {&prepared});
  ASSERT_TRUE(server.ok()) << server.status();
  const auto stub = v1::ProbeService::NewStub(common::MakeChannel("127.0.0.1:" + std::to_string((*server)->port())));
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", identity_.UserBearer("li"));
    v1::DoResponse got;
    const grpc::Status status = stub->Do(&context, v1::DoRequest(), &got);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(got.text(), "prepared");
  }
  (*server)->Shutdown(absl::Seconds(5));
}

TEST_F(WrapperTest, IncompleteServicesAreFound) {
  Start();
  NoPolicy open(*wrapper_);
  absl::Status status = open.Check();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("OpenService.Leak"));
  WrongForms wrong(*wrapper_);
  std::string faults(wrong.Check().message());
  EXPECT_THAT(faults, HasSubstr("Count is bound as unary, but is a server stream"));
  EXPECT_THAT(faults, HasSubstr("has no method Nothing"));
  EXPECT_THAT(faults, HasSubstr("Do is bound twice"));
  EXPECT_THAT(faults, HasSubstr("Collect has no handler"));
}

}  // namespace
}  // namespace ronghe::tests
