#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "services/common/values/status.h"
#include "tests/service/gateway/rest_fixture.h"

namespace ronghe::tests {
namespace {

using nlohmann::json;
using organization::v1::ExportUnitsResponse;
using organization::v1::GetUnitRequest;
using organization::v1::Unit;
using ::testing::HasSubstr;

TEST_F(RestTest, StreamsComeAsLinesAndAsEvents) {
  organization_.organization.export_units = [](grpc::ServerContext*, auto* writer) {
    for (int i = 0; i < 500; ++i) {
      ExportUnitsResponse response;
      response.add_units()->set_uid(i);
      writer->Write(response);
    }
    return grpc::Status::OK;
  };
  HttpAnswer lines = Ask("GET /v1/units/C1/units:export");
  ASSERT_EQ(lines.code, 200) << lines.body;
  EXPECT_EQ(lines.headers["content-type"], "application/x-ndjson");
  EXPECT_TRUE(lines.whole);
  EXPECT_EQ(std::count(lines.body.begin(), lines.body.end(), '\n'), 500);
  EXPECT_EQ(json::parse(lines.body.substr(0, lines.body.find('\n')))["units"][0]["uid"], "0");
  const HttpAnswer events = Ask("GET /v1/units/C1/units:export", "Accept: text/event-stream\r\n");
  EXPECT_THAT(events.body, HasSubstr("data: {\"units\":"));
  EXPECT_THAT(events.body, ::testing::EndsWith("event: end\ndata: {}\n\n"));
}

TEST_F(RestTest, AStreamThatFailsSaysSo) {
  int messages = 0;
  organization_.organization.export_units = [&](grpc::ServerContext*, auto* writer) {
    for (int i = 0; i < messages; ++i) writer->Write(ExportUnitsResponse());
    const absl::Status changed = common::Aborted("CHANGED", {"changed", "已变化"});
    return grpc::Status(grpc::StatusCode::ABORTED, "changed", common::SerializedDetails(changed));
  };
  EXPECT_EQ(Ask("GET /v1/units/C1/units:export").code, 409);
  messages = 1;
  const HttpAnswer lines = Ask("GET /v1/units/C1/units:export");
  EXPECT_EQ(lines.code, 200);
  EXPECT_THAT(lines.body, HasSubstr("\n{\"error\":{\"code\":10"));
  const HttpAnswer events = Ask("GET /v1/units/C1/units:export", "Accept: text/event-stream\r\n");
  EXPECT_THAT(events.body, HasSubstr("event: error\ndata: {\"code\":10"));
  EXPECT_THAT(events.body, HasSubstr("CHANGED"));
  HttpConnection head(gateway_->http_port());
  head.Send(Request("HEAD /v1/units/C1/units:export"));
  EXPECT_EQ(head.Read(/*head_only=*/true).code, 405);
}

TEST_F(RestTest, AFeedIsResumedFromTheLastEvent) {
  std::atomic<int> ended{0};
  organization_.organization.watch = [&](grpc::ServerContext* context, const common::v1::WatchRequest* request,
                                         auto* writer) {
    common::v1::WatchResponse response;
    response.set_resume_token(request->resume_token() + "+");
    for (const std::string& unit : request->units()) response.add_changes()->set_unit(unit);
    writer->Write(response);
    Holds([&] { return context->IsCancelled(); });
    ++ended;
    return grpc::Status::CANCELLED;
  };
  {
    HttpConnection connection(gateway_->http_port());
    connection.Send(Request("GET /v1/organization:watch?resumeToken=start&units=units/C1&units=units/T1",
                            "Accept: text/event-stream\r\nLast-Event-ID: last\r\n"));
    EXPECT_EQ(connection.ReadHead().headers["content-type"], "text/event-stream");
    const std::string event = connection.ReadUntil("\n\n");
    EXPECT_THAT(event, HasSubstr("id: last+\n"));
    EXPECT_THAT(event, HasSubstr("units/T1"));
  }
  EXPECT_TRUE(Holds([&] { return ended == 1; }));  // who leaves ends the call behind
  HttpConnection held(gateway_->http_port());
  held.Send(Request("GET /v1/organization:watch", "Accept: text/event-stream\r\n"));
  held.ReadHead();
  held.ReadUntil("\n\n");
  process_->StopServing();
  EXPECT_THAT(held.ReadUntil("\n\n"), HasSubstr("DRAINING"));
  EXPECT_TRUE(held.Closed());
}

TEST_F(RestTest, DeadlinesAreKept) {
  std::atomic<bool> cancelled{false};
  organization_.organization.get_unit = [&](grpc::ServerContext* context, const GetUnitRequest*, Unit*) {
    cancelled = Holds([&] { return context->IsCancelled(); });
    return grpc::Status::CANCELLED;
  };
  const HttpAnswer answer = Ask("GET /v1/units/C1", "Request-Timeout: 0.2\r\n");
  EXPECT_EQ(answer.code, 504) << answer.body;
  EXPECT_TRUE(Holds([&] { return cancelled.load(); }));
}

TEST_F(RestTest, ACallerWhoIsGoneEndsTheCallBehind) {
  std::atomic<int> entered{0};
  std::atomic<bool> cancelled{false};
  organization_.organization.get_unit = [&](grpc::ServerContext* context, const GetUnitRequest*, Unit*) {
    ++entered;
    cancelled = Holds([&] { return context->IsCancelled(); });
    return grpc::Status::CANCELLED;
  };
  HttpConnection connection(gateway_->http_port());
  connection.Send(Request("GET /v1/units/C1"));
  ASSERT_TRUE(Holds([&] { return entered == 1; }));
  connection.Reset();
  EXPECT_TRUE(Holds([&] { return cancelled.load(); }));
}

class RestLimitsTest : public RestTest {
 protected:
  void Configure(gateway::Config& config) override {
    RestTest::Configure(config);
    config.http_rate = 1;
    config.http_streams = 1;
    config.http_cors_origins = {"https://portal.test"};
  }
};

TEST_F(RestLimitsTest, EachCallerHasARateOfItsOwn) {
  EXPECT_EQ(Ask("GET /v1/echo?text=a").code, 200);
  EXPECT_EQ(Ask("GET /v1/echo?text=a").code, 200);
  HttpAnswer answer;
  for (int i = 0; i < 20 && answer.code != 429; ++i) answer = Ask("GET /v1/echo?text=a");
  EXPECT_EQ(answer.code, 429);
  EXPECT_EQ(answer.headers["retry-after"], "1");
  EXPECT_THAT(answer.body, HasSubstr("RATE_LIMITED"));
  EXPECT_EQ(Ask("GET /v1/echo?text=a", "", "", "wang").code, 200);
}

TEST_F(RestLimitsTest, StreamsHaveALimit) {
  organization_.organization.watch = [](grpc::ServerContext* context, const common::v1::WatchRequest*, auto* writer) {
    writer->Write(common::v1::WatchResponse());
    Holds([&] { return context->IsCancelled(); });
    return grpc::Status::CANCELLED;
  };
  HttpConnection open(gateway_->http_port());
  open.Send(Request("GET /v1/organization:watch"));
  EXPECT_EQ(open.ReadHead().code, 200);
  const HttpAnswer answer = Ask("GET /v1/organization:watch");
  EXPECT_EQ(answer.code, 429);
  EXPECT_THAT(answer.body, HasSubstr("STREAMS_FULL"));
}

TEST_F(RestLimitsTest, OnlyAllowedOriginsMayCall) {
  HttpAnswer answer = Ask("GET /v1/echo?text=a", "Origin: https://portal.test\r\n");
  EXPECT_EQ(answer.headers["access-control-allow-origin"], "https://portal.test");
  answer = Ask("GET /v1/echo?text=a", "Origin: https://portal.test.evil\r\n");
  EXPECT_EQ(answer.headers.count("access-control-allow-origin"), 0u);
  answer = Ask("OPTIONS /v1/echo", "Origin: https://portal.test\r\nAccess-Control-Request-Method: GET\r\n", "", "");
  EXPECT_EQ(answer.code, 204);
  EXPECT_EQ(answer.headers["access-control-allow-methods"], "GET, HEAD, OPTIONS");
  EXPECT_THAT(answer.headers["access-control-allow-headers"], HasSubstr("Authorization"));
}

}  // namespace
}  // namespace ronghe::tests
