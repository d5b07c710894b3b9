#pragma once

#include <memory>
#include <string>

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "gateway/gateway.h"
#include "services/common/process/process.h"
#include "tests/service/gateway/stand_in_organization.h"
#include "tests/support/identity.h"

namespace ronghe::tests {

// The gateway as it ships, in this process, before a stand-in for organization. The other services are down.
class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_ = gateway::DefaultConfig();
    config_.serve.listen = "127.0.0.1:0";
    config_.serve.probe_listen = "127.0.0.1:0";
    config_.serve.issuers = identity_.issuers();
    config_.serve.suite_key_file = identity_.suite_key_file();
    config_.serve.token_secret_file = identity_.token_secret_file();
    config_.serve.log_level = "error";
    config_.serve.drain = absl::Seconds(2);
    config_.organization = organization_.address();
    config_.education = config_.rectification = config_.assessment = "127.0.0.1:1";
    Configure(config_);
    StartGateway();
  }
  void TearDown() override { StopGateway(); }

  void StartGateway() {
    process_ = std::make_unique<common::Process>();
    const absl::Status initialised = process_->Init(config_.serve);
    ASSERT_TRUE(initialised.ok()) << initialised;
    auto gateway = gateway::Gateway::Create(*process_, config_);
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
    gateway_->Start();
    const absl::Status serving = process_->StartServing(gateway_->bindings(), gateway_->raw_bindings());
    ASSERT_TRUE(serving.ok()) << serving;
    channel_ = NewChannel();
    ASSERT_TRUE(process_->directory().WaitForStructure(7, absl::Now() + absl::Seconds(20)));
  }
  void StopGateway() {
    if (process_ != nullptr) process_->StopServing();
    gateway_.reset();
    process_.reset();
  }

  virtual void Configure(gateway::Config& /*config*/) {}

  std::shared_ptr<grpc::Channel> NewChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(64 << 20);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", process_->port()), grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  // A context with a deadline, and the token of `subject` unless it is empty.
  std::unique_ptr<grpc::ClientContext> As(const std::string& subject,
                                          absl::Duration timeout = absl::Seconds(20)) const {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    if (!subject.empty()) context->AddMetadata("authorization", identity_.UserBearer(subject));
    return context;
  }

  Identity identity_;
  StandInOrganization organization_{identity_.user_issuer()};
  gateway::Config config_;
  std::unique_ptr<common::Process> process_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace ronghe::tests
