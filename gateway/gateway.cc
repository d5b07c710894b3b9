#include "gateway/gateway.h"

#include <utility>

#include "gateway/overview/overview_service.h"
#include "gateway/proxy/proxy.h"
#include "services/common/directory/remote_feed.h"
#include "services/common/follower/structure_gate.h"
#include "services/common/rpc/channel.h"
#include "services/common/values/status.h"

namespace ronghe::gateway {
namespace {

constexpr char kService[] = "gateway";

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
  parts_->overview->Stop();
  parts_->feed.Stop();
}

void Gateway::Start() {
  process_.wrapper().SetRevisionGate(common::StructureGate(process_.directory()));
  process_.AddReadiness("directory", common::DirectoryReadiness(process_.directory()));
  process_.OnDrain([this] {
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

}  // namespace ronghe::gateway
