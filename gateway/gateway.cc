#include "gateway/gateway.h"

#include <utility>

#include "ronghe/common/v1/echo_service.pb.h"

#include "gateway/overview/overview_service.h"
#include "gateway/proxy/proxy.h"
#include "gateway/rest/front.h"
#include "services/common/directory/remote_feed.h"
#include "services/common/follower/structure_gate.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

constexpr char kService[] = "gateway";
// The gRPC server has answered by then; what is left is writing it to the sockets.
constexpr absl::Duration kLastAnswers = absl::Seconds(5);

// The services behind the gateway.
struct Behind {
  const char* name;
  std::string Config::*address;
};
constexpr Behind kBehind[] = {
    {"organization", &Config::organization},
    {"education", &Config::education},
    {"rectification", &Config::rectification},
    {"assessment", &Config::assessment},
};

}  // namespace

// In the order in which they are made; unmade in reverse.
struct Gateway::Parts {
  common::ServiceToken token;
  Proxy proxy;
  std::unique_ptr<OverviewService> overview;
  common::RemoteDirectoryFeed feed;
  std::unique_ptr<Front> front;  // null: HTTP is not served
  int http_port = 0;

  Parts(common::Process& process, const Config& config)
      : token(process.suite_tokens(), kService, process.clock()),
        proxy(process.wrapper(), token, process.random(), {}),
        // A channel of its own: the feed resets the channel's backoff.
        feed(common::MakeChannel(config.organization),
             {process.suite_tokens(), process.directory(), process.clock(), process.random()}, {.service = kService}) {}

  absl::Status Init(common::Process& process, const Config& config) {
    OverviewService::Options options{{}, config.redis, static_cast<size_t>(config.cache_bytes)};
    for (const Behind& behind : kBehind) {
      const std::string& address = config.*behind.address;
      const std::shared_ptr<grpc::Channel> channel = common::MakeChannel(address);
      proxy.Add(behind.name, channel);
      options.sources.push_back({behind.name, channel, common::MakeChannel(address)});
    }
    RONGHE_ASSIGN_OR_RETURN(overview, OverviewService::Create(process, token, options));
    return config.http_listen.empty() ? absl::OkStatus() : InitFront(process, config);
  }

  absl::Status InitFront(common::Process& process, const Config& config) {
    std::vector<const google::protobuf::ServiceDescriptor*> services{
        overview->binding().descriptor(),
        common::v1::EchoRequest::descriptor()->file()->FindServiceByName("EchoService")};
    for (const common::RawBinding* binding : proxy.bindings()) services.push_back(binding->descriptor());
    Front::Options options;
    options.http.listen = config.http_listen;
    options.http.threads = config.http_threads;
    options.http.body_bytes = static_cast<size_t>(config.http_body_bytes);
    options.http.connections = static_cast<size_t>(config.http_connections);
    options.rate.per_second = config.http_rate;
    options.deadline = config.serve.default_deadline;
    options.max_streams = config.http_streams;
    options.cors_origins = config.http_cors_origins;
    RONGHE_ASSIGN_OR_RETURN(front,
                            Front::Create({process.verifier(), process.clock(), process.metrics()}, options, services));
    return absl::OkStatus();
  }
};

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Create(common::Process& process, const Config& config) {
  auto parts = std::make_unique<Parts>(process, config);
  RONGHE_RETURN_IF_ERROR(parts->Init(process, config));
  return std::unique_ptr<Gateway>(new Gateway(process, std::move(parts)));
}

Gateway::Gateway(common::Process& process, std::unique_ptr<Parts> parts)
    : process_(process), parts_(std::move(parts)) {}

Gateway::~Gateway() {
  if (parts_->front != nullptr) parts_->front->Stop(kLastAnswers);
  parts_->overview->Stop();
  parts_->feed.Stop();
}

void Gateway::Start() {
  process_.wrapper().SetRevisionGate(common::StructureGate(process_.directory()));
  process_.AddReadiness("directory", common::DirectoryReadiness(process_.directory()));
  if (parts_->front != nullptr) {
    process_.AddListener("http", [this](const std::shared_ptr<grpc::Channel>& self) -> absl::StatusOr<int> {
      RONGHE_ASSIGN_OR_RETURN(parts_->http_port, parts_->front->Start(self));
      return parts_->http_port;
    });
  }
  process_.OnDrain([this] {
    if (parts_->front != nullptr) parts_->front->Drain();
    parts_->overview->Stop();
    parts_->feed.Stop();
  });
  parts_->feed.Start();
  parts_->overview->Start();
}

std::vector<common::ServiceBinding*> Gateway::bindings() {
  return {&parts_->overview->binding()};
}
std::vector<common::RawBinding*> Gateway::raw_bindings() {
  return parts_->proxy.bindings();
}

int Gateway::http_port() const {
  return parts_->http_port;
}

}  // namespace ronghe::gateway
