#include "gateway/gateway.h"

#include <utility>

#include "gateway/overview/collect.h"
#include "gateway/overview/overview_app.h"
#include "gateway/overview/overview_rpc.h"
#include "gateway/overview/part.h"
#include "gateway/proxy/proxy.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"
#include "services/common/directory/remote_feed.h"
#include "services/common/follower/structure_gate.h"
#include "services/common/rpc/channel.h"

namespace ronghe::gateway {
namespace {

constexpr char kService[] = "gateway";

// The services that contribute to overviews: one entry each.
std::vector<std::unique_ptr<OverviewPart>> MakeParts(const std::shared_ptr<grpc::Channel>& organization,
                                                     common::ServiceToken& token) {
  std::vector<std::unique_ptr<OverviewPart>> parts;
  parts.push_back(
      std::make_unique<SummaryPart<organization::v1::OrganizationService, organization::v1::BatchGetSummariesRequest,
                                   organization::v1::BatchGetSummariesResponse>>("organization", organization, token));
  return parts;
}

}  // namespace

// In the order in which they are made; unmade in reverse.
struct Gateway::Parts {
  std::shared_ptr<grpc::Channel> organization;
  common::ServiceToken token;
  Proxy proxy;
  Collector collector;
  OverviewApp overview;
  OverviewRpc overview_rpc;
  common::RemoteDirectoryFeed feed;

  Parts(common::Process& process, const Config& config)
      : organization(common::MakeChannel(config.organization)),
        token(process.suite_tokens(), kService, process.clock()),
        proxy(process.wrapper(), token, process.random(), {}),
        collector(MakeParts(organization, token), process.clock()),
        overview(process.directory(), collector, process.signer()),
        overview_rpc(process.wrapper(), overview),
        // A channel of its own: the feed resets the channel's backoff.
        feed(common::MakeChannel(config.organization),
             {process.suite_tokens(), process.directory(), process.clock(), process.random()}, {.service = kService}) {
    proxy.Add("organization", organization);
    proxy.Add("education", common::MakeChannel(config.education));
    proxy.Add("rectification", common::MakeChannel(config.rectification));
    proxy.Add("assessment", common::MakeChannel(config.assessment));
  }
};

Gateway::Gateway(common::Process& process, const Config& config)
    : process_(process), parts_(std::make_unique<Parts>(process, config)) {}

Gateway::~Gateway() {
  parts_->feed.Stop();
}

void Gateway::Start() {
  process_.wrapper().SetRevisionGate(common::StructureGate(process_.directory()));
  process_.AddReadiness("directory", common::DirectoryReadiness(process_.directory()));
  process_.OnDrain([this] { parts_->feed.Stop(); });
  parts_->feed.Start();
}

std::vector<common::ServiceBinding*> Gateway::bindings() {
  return {&parts_->overview_rpc};
}
std::vector<common::RawBinding*> Gateway::raw_bindings() {
  return parts_->proxy.bindings();
}

}  // namespace ronghe::gateway
