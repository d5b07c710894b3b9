#pragma once

#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "ronghe/organization/v1/access_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"

#include "services/common/process/process.h"
#include "services/common/values/status.h"
#include "services/organization/service.h"
#include "tests/support/eventually.h"
#include "tests/support/identity.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {

// A process with one service, serving on a free port.
template <typename ServiceType, typename ConfigType>
class Running {
 public:
  Running(const common::ServeConfig& serve, const ConfigType& config) {
    absl::Status status = process_.Init(serve);
    if (status.ok()) {
      service_ = std::make_unique<ServiceType>(process_, config);
      status = service_->Start();
    }
    if (status.ok()) status = process_.StartServing(service_->bindings());
    EXPECT_TRUE(status.ok()) << status;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    channel = grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments);
  }
  ~Running() { process_.StopServing(); }
  common::Process& process() { return process_; }
  std::string address() const { return fmt::format("127.0.0.1:{}", process_.port()); }

  std::shared_ptr<grpc::Channel> channel;

 private:
  common::Process process_;
  std::unique_ptr<ServiceType> service_;  // before the process, after it has stopped serving
};

// Organization and a service that follows it over real gRPC on SQLite files: county 370783, its township 370783104 with
// branches B1 and B2, and county 370784 beside it. `clerk` and `deputy` are officers of B1, `township` of the township,
// `county` of the county, `inspector` inspects the county, `viewer` views it, `stranger` is officer of the other
// county. Config has `follower` and `master_key_file`.
template <typename Service, typename Config>
class FollowerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    organization::Config above;
    above.serve = Serve("organization");
    above.database = "sqlite:" + dir_.File("organization.db");
    above.master_key_file = dir_.File("master-keys");
    above.bootstrap_administrator = identity_.user_issuer() + "|admin";
    std::ofstream(above.master_key_file) << "1:" << absl::Base64Escape(std::string(32, 'k')) << "\n";
    organization_ = std::make_unique<Running<organization::Service, organization::Config>>(above.serve, above);
    config_.follower.serve = Serve(ServiceName());
    config_.follower.database = "sqlite:" + dir_.File("service.db");
    config_.follower.organization = organization_->address();
    config_.master_key_file = above.master_key_file;
    server_ = std::make_unique<Running<Service, Config>>(config_.follower.serve, config_);
    MakeUnits();
    Grant("clerk", common::v1::ROLE_OFFICER, "B1");
    Grant("deputy", common::v1::ROLE_OFFICER, "B1");
    Grant("township", common::v1::ROLE_OFFICER, "370783104");
    Grant("county", common::v1::ROLE_OFFICER, "370783");
    Grant("inspector", common::v1::ROLE_INSPECTOR, "370783");
    Grant("viewer", common::v1::ROLE_VIEWER, "370783");
    Grant("stranger", common::v1::ROLE_OFFICER, "370784");
    CatchUp();
  }
  virtual std::string ServiceName() const = 0;

  // What organization has, the service has too.
  void CatchUp() {
    const int64_t position = organization_->process().directory().position();
    const absl::Time deadline = common::SystemClock().Now() + absl::Seconds(30);
    while (server_->process().directory().position() < position && common::SystemClock().Now() < deadline) {
      Pause();
    }
    ASSERT_GE(server_->process().directory().position(), position);
  }

  // A unary call as `subject`; the answer or the error as it was made in the service.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(const std::string& subject, Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", identity_.UserBearer(subject));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    return common::StatusFromDetails(static_cast<absl::StatusCode>(status.error_code()), status.error_message(),
                                     status.error_details());
  }
  template <typename Response>
  static std::string ReasonOf(const absl::StatusOr<Response>& response) {
    return common::ReasonOf(response.status());
  }

  void Grant(const std::string& subject, common::v1::Role role, const std::string& unit,
             const std::string& member = "") {
    auto access = organization::v1::AccessService::NewStub(organization_->channel);
    organization::v1::CreatePrincipalRequest principal;
    principal.mutable_principal()->set_issuer(identity_.user_issuer());
    principal.mutable_principal()->set_subject(subject);
    principal.mutable_principal()->set_member(member);
    const auto made = Call("admin", *access, &organization::v1::AccessService::Stub::CreatePrincipal, principal);
    ASSERT_TRUE(made.ok()) << made.status();
    organization::v1::CreateGrantRequest request;
    request.mutable_grant()->set_principal(made->name());
    request.mutable_grant()->set_role(role);
    request.mutable_grant()->set_unit("units/" + unit);
    const auto grant = Call("admin", *access, &organization::v1::AccessService::Stub::CreateGrant, request);
    ASSERT_TRUE(grant.ok()) << grant.status();
  }

  TempDir dir_;
  Identity identity_;
  Config config_;
  std::unique_ptr<Running<organization::Service, organization::Config>> organization_;
  std::unique_ptr<Running<Service, Config>> server_;

 private:
  common::ServeConfig Serve(const std::string& service) {
    common::ServeConfig serve;
    serve.service = service;
    serve.issuers = identity_.issuers();
    serve.suite_key_file = identity_.suite_key_file();
    serve.token_secret_file = identity_.token_secret_file();
    serve.log_level = "error";
    serve.drain = absl::Seconds(5);
    return serve;
  }
  void MakeUnits() {
    auto units = organization::v1::OrganizationService::NewStub(organization_->channel);
    struct Row {
      const char* code;
      const char* parent;
      organization::v1::Level level;
    };
    const Row rows[] = {{"370783", "", organization::v1::LEVEL_COUNTY},
                        {"370784", "", organization::v1::LEVEL_COUNTY},
                        {"370783104", "370783", organization::v1::LEVEL_TOWNSHIP},
                        {"B1", "370783104", organization::v1::LEVEL_BRANCH},
                        {"B2", "370783104", organization::v1::LEVEL_BRANCH}};
    for (const Row& row : rows) {
      organization::v1::CreateUnitRequest request;
      organization::v1::Unit& unit = *request.mutable_unit();
      unit.set_code(row.code);
      unit.set_title(row.code);
      unit.set_level(row.level);
      const bool branch = row.level == organization::v1::LEVEL_BRANCH;
      unit.set_kind(branch ? organization::v1::UNIT_KIND_BRANCH : organization::v1::UNIT_KIND_COMMITTEE);
      if (*row.parent != '\0') unit.set_parent(std::string("units/") + row.parent);
      const auto made = Call("admin", *units, &organization::v1::OrganizationService::Stub::CreateUnit, request);
      ASSERT_TRUE(made.ok()) << made.status();
    }
  }
};

}  // namespace ronghe::tests
