#pragma once

#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "ronghe/organization/v1/access_service.grpc.pb.h"
#include "ronghe/organization/v1/directory_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"

#include "services/common/process/process.h"
#include "services/common/values/status.h"
#include "services/organization/service.h"
#include "tests/support/identity.h"
#include "tests/support/temp_dir.h"

namespace ronghe::organization {

// A process of the service, serving on a free port.
class Running {
 public:
  explicit Running(const Config& config) {
    absl::Status status = process_.Init(config.serve);
    if (status.ok()) {
      service_ = std::make_unique<Service>(process_, config);
      status = service_->Start();
    }
    if (status.ok()) status = process_.StartServing(service_->bindings());
    EXPECT_TRUE(status.ok()) << status;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // Each its own connection: replicas must not be confused.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", process_.port()),
                                                                       grpc::InsecureChannelCredentials(), arguments);
    units = v1::OrganizationService::NewStub(channel);
    access = v1::AccessService::NewStub(channel);
    directory = v1::DirectoryService::NewStub(channel);
  }
  ~Running() { process_.StopServing(); }

  common::Process& process() { return process_; }

  std::unique_ptr<v1::OrganizationService::Stub> units;
  std::unique_ptr<v1::AccessService::Stub> access;
  std::unique_ptr<v1::DirectoryService::Stub> directory;

 private:
  common::Process process_;
  std::unique_ptr<Service> service_;  // before the process, after it has stopped serving
};

// The service over real gRPC on a SQLite file, with an administrator.
class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.serve.service = "organization";
    config_.serve.issuers = identity_.issuers();
    config_.serve.suite_key_file = identity_.suite_key_file();
    config_.serve.token_secret_file = identity_.token_secret_file();
    config_.serve.log_level = "error";
    config_.serve.drain = absl::Seconds(5);
    config_.database = "sqlite:" + dir_.File("organization.db");
    config_.master_key_file = dir_.File("master-keys");
    config_.bootstrap_administrator = identity_.user_issuer() + "|admin";
    std::ofstream(config_.master_key_file) << "1:" << absl::Base64Escape(std::string(32, 'k')) << "\n";
    server_ = std::make_unique<Running>(config_);
  }

  void SetCaller(grpc::ClientContext& context, const std::string& subject) {
    context.AddMetadata("authorization", identity_.UserBearer(subject));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  // A unary call as `subject`; the answer or the error as it was made in the service.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(const std::string& subject, Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    SetCaller(context, subject);
    Response response;
    grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    return common::StatusFromDetails(static_cast<absl::StatusCode>(status.error_code()), status.error_message(),
                                     status.error_details());
  }
  template <typename Request, typename Response>
  absl::StatusOr<Response> Units(const std::string& subject,
                                 grpc::Status (v1::OrganizationService::Stub::*method)(grpc::ClientContext*,
                                                                                       const Request&, Response*),
                                 const Request& request) {
    return Call(subject, *server_->units, method, request);
  }
  template <typename Request, typename Response>
  absl::StatusOr<Response> Access(const std::string& subject,
                                  grpc::Status (v1::AccessService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                                  Response*),
                                  const Request& request) {
    return Call(subject, *server_->access, method, request);
  }

  static v1::CreateUnitRequest NewUnit(const std::string& code, v1::Level level, v1::UnitKind kind,
                                       const std::string& parent) {
    v1::CreateUnitRequest request;
    request.mutable_unit()->set_code(code);
    request.mutable_unit()->set_title("title of " + code);
    request.mutable_unit()->set_level(level);
    request.mutable_unit()->set_kind(kind);
    if (!parent.empty()) request.mutable_unit()->set_parent("units/" + parent);
    return request;
  }
  absl::StatusOr<v1::Unit> Create(const std::string& subject, const v1::CreateUnitRequest& request) {
    return Units(subject, &v1::OrganizationService::Stub::CreateUnit, request);
  }
  v1::Unit Committee(const std::string& code, v1::Level level, const std::string& parent) {
    absl::StatusOr<v1::Unit> unit = Create("admin", NewUnit(code, level, v1::UNIT_KIND_COMMITTEE, parent));
    EXPECT_TRUE(unit.ok()) << unit.status();
    return unit.ok() ? *unit : v1::Unit();
  }
  v1::Unit Branch(const std::string& code, const std::string& parent) {
    absl::StatusOr<v1::Unit> unit = Create("admin", NewUnit(code, v1::LEVEL_BRANCH, v1::UNIT_KIND_BRANCH, parent));
    EXPECT_TRUE(unit.ok()) << unit.status();
    return unit.ok() ? *unit : v1::Unit();
  }
  void MakeTree() {
    Committee("37", v1::LEVEL_PROVINCE, "");
    Committee("370783", v1::LEVEL_COUNTY, "37");
    Committee("370784", v1::LEVEL_COUNTY, "37");
    Committee("370783104", v1::LEVEL_TOWNSHIP, "370783");
    Committee("370784101", v1::LEVEL_TOWNSHIP, "370784");
    Branch("B1", "370783104");
    Branch("B2", "370783104");
  }
  absl::StatusOr<v1::Unit> Get(const std::string& subject, const std::string& code) {
    v1::GetUnitRequest request;
    request.set_name("units/" + code);
    return Units(subject, &v1::OrganizationService::Stub::GetUnit, request);
  }

  // Registers and grants as the administrator; returns the grant's name.
  std::string Grant(const std::string& subject, common::v1::Role role, const std::string& unit) {
    v1::CreatePrincipalRequest principal;
    principal.mutable_principal()->set_issuer(identity_.user_issuer());
    principal.mutable_principal()->set_subject(subject);
    absl::StatusOr<v1::Principal> made = Access("admin", &v1::AccessService::Stub::CreatePrincipal, principal);
    if (made.ok()) names_[subject] = made->name();
    v1::CreateGrantRequest request;
    request.mutable_grant()->set_principal(names_[subject]);
    request.mutable_grant()->set_role(role);
    request.mutable_grant()->set_unit("units/" + unit);
    absl::StatusOr<v1::Grant> grant = Access("admin", &v1::AccessService::Stub::CreateGrant, request);
    EXPECT_TRUE(grant.ok()) << grant.status();
    return grant.ok() ? grant->name() : "";
  }

  static std::string ReasonOf(const absl::Status& status) { return common::ReasonOf(status); }

  tests::TempDir dir_;
  tests::Identity identity_;
  Config config_;
  std::map<std::string, std::string> names_;
  std::unique_ptr<Running> server_;
};

}  // namespace ronghe::organization
