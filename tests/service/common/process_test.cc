#include "services/common/process/process.h"

#include <atomic>
#include <fstream>
#include <sstream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "ronghe/common/v1/echo_service.grpc.pb.h"
#include "services/common/process/health_check.h"
#include "tests/service/common/fixture.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Get(int port, const std::string& target) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket(io);
  socket.connect({boost::asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(port)});
  boost::asio::write(socket, boost::asio::buffer("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  std::string answer;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), end);
  return answer;
}

std::string Address(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

class ProcessTest : public ::testing::Test {
 protected:
  common::ServeConfig Config() {
    common::ServeConfig config;
    config.service = "probe";
    config.issuers = identity_.issuers();
    config.suite_key_file = identity_.suite_key_file();
    config.token_secret_file = identity_.token_secret_file();
    config.drain = absl::Seconds(5);
    return config;
  }

  TempDir dir_;
  Identity identity_;
};

TEST_F(ProcessTest, ServesEchoHealthAndProbes) {
  common::ServeConfig config = Config();
  config.port_file = dir_.File("ports");
  common::Process process;
  absl::Status init = process.Init(config);
  ASSERT_TRUE(init.ok()) << init;
  std::atomic<bool> ready{false};
  process.AddReadiness("directory", [&] {
    return ready ? absl::OkStatus() : common::Unavailable("NOT_LOADED", {"not loaded", "未加载"});
  });
  ASSERT_TRUE(process.StartServing({}).ok());
  std::ifstream in(config.port_file);
  std::stringstream ports;
  ports << in.rdbuf();
  EXPECT_EQ(ports.str(),
            "grpc=" + std::to_string(process.port()) + "\nprobe=" + std::to_string(process.probe_port()) + "\n");

  EXPECT_THAT(Get(process.probe_port(), "/healthz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get(process.probe_port(), "/readyz"), HasSubstr("503"));
  EXPECT_THAT(Get(process.probe_port(), "/readyz"), HasSubstr("directory: not loaded"));
  EXPECT_THAT(Get(process.probe_port(), "/else"), StartsWith("HTTP/1.1 404"));
  EXPECT_FALSE(common::CheckHealth(Address(process.port()), "probe", absl::Seconds(5)).ok());
  ready = true;
  EXPECT_TRUE(Eventually([&] { return common::CheckHealth(Address(process.port()), "probe", absl::Seconds(5)).ok(); }));
  EXPECT_THAT(Get(process.probe_port(), "/readyz"), StartsWith("HTTP/1.1 200"));

  auto echo = common::v1::EchoService::NewStub(common::MakeChannel(Address(process.port())));
  grpc::ClientContext context;
  context.AddMetadata("authorization", identity_.UserBearer("li"));
  common::v1::EchoRequest request;
  request.set_text("hello");
  common::v1::EchoResponse response;
  ASSERT_TRUE(echo->Echo(&context, request, &response).ok());
  EXPECT_EQ(response.text(), "hello");
  EXPECT_THAT(Get(process.probe_port(), "/metrics"),
              HasSubstr("ronghe_call_seconds_count{method=\"ronghe.common.v1.EchoService/Echo\",code=\"OK\"} 1"));

  std::vector<int> drained;
  process.OnDrain([&] { drained.push_back(1); });
  process.OnDrain([&] { drained.push_back(2); });
  process.StopServing();
  EXPECT_THAT(drained, ::testing::ElementsAre(2, 1));
  EXPECT_FALSE(common::CheckHealth(Address(process.port()), "probe", absl::Seconds(1)).ok());
}

TEST_F(ProcessTest, CallsOfTheSuiteCarryBothTokens) {
  common::Process process;
  ASSERT_TRUE(process.Init(Config()).ok());
  std::mutex mutex;
  std::vector<common::Actor> actors;
  ProbeBinding probe(process.wrapper());
  probe.on_do = [&](const common::Call& call, const v1::DoRequest&) -> absl::StatusOr<v1::DoResponse> {
    std::unique_lock<std::mutex> lock(mutex);
    actors.push_back(call.actor);
    v1::DoResponse response;
    response.set_text(call.request_id);
    return response;
  };
  ASSERT_TRUE(process.StartServing({&probe}).ok());
  auto stub = v1::ProbeService::NewStub(common::MakeChannel(Address(process.port())));
  common::ServiceToken token(process.suite_tokens(), "gateway", process.clock());
  common::Call call;
  call.deadline = process.clock().Now() + absl::Seconds(20);
  call.request_id = "r-1";
  call.authorization = identity_.UserBearer("li");
  grpc::ClientContext context;
  ASSERT_TRUE(common::Prepare(context, call, token).ok());
  v1::DoResponse response;
  grpc::Status status = stub->Do(&context, v1::DoRequest(), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.text(), "r-1");
  ASSERT_EQ(actors.size(), 1u);
  EXPECT_EQ(actors[0].key, identity_.user_issuer() + "|li");
  EXPECT_EQ(actors[0].service, "gateway");
  // On its own behalf it may not: the method lists no services.
  grpc::ClientContext own;
  ASSERT_TRUE(common::PrepareOwn(own, process.clock().Now() + absl::Seconds(20), token).ok());
  EXPECT_EQ(stub->Do(&own, v1::DoRequest(), &response).error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

class NoPolicy final : public common::ServiceBinding {
 public:
  explicit NoPolicy(common::Wrapper& wrapper)
      : ServiceBinding(wrapper, v1::DoRequest::descriptor()->file()->FindServiceByName("OpenService")) {}
};

TEST_F(ProcessTest, AnIncompleteServiceStopsTheStart) {
  common::Process process;
  ASSERT_TRUE(process.Init(Config()).ok());
  NoPolicy open(process.wrapper());
  absl::Status status = process.StartServing({&open});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(process.port(), 0);
}

TEST_F(ProcessTest, ATakenPortStopsTheStart) {
  common::Process first;
  ASSERT_TRUE(first.Init(Config()).ok());
  ASSERT_TRUE(first.StartServing({}).ok());
  common::ServeConfig config = Config();
  config.listen = Address(first.port());
  common::Process second;
  ASSERT_TRUE(second.Init(config).ok());
  EXPECT_THAT(std::string(second.StartServing({}).message()), HasSubstr(config.listen));
  config = Config();
  config.probe_listen = Address(first.probe_port());
  common::Process third;
  ASSERT_TRUE(third.Init(config).ok());
  EXPECT_THAT(std::string(third.StartServing({}).message()), HasSubstr(config.probe_listen));
}

TEST_F(ProcessTest, BadSettingsAreNamed) {
  auto fault = [&](auto change) {
    common::ServeConfig config = Config();
    change(config);
    common::Process process;
    return std::string(process.Init(config).message());
  };
  EXPECT_THAT(fault([](auto& c) { c.issuers.clear(); }), HasSubstr("--issuer"));
  EXPECT_THAT(fault([](auto& c) { c.suite_key_file = ""; }), HasSubstr("--suite-key"));
  EXPECT_THAT(fault([](auto& c) { c.token_secret_file = "/nowhere"; }), HasSubstr("--token-secret"));
  EXPECT_THAT(fault([](auto& c) { c.time_zone = "Asia/Nowhere"; }), HasSubstr("--time-zone"));
}

}  // namespace
}  // namespace ronghe::tests
