#pragma once

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "ronghe/organization/v1/access_service.grpc.pb.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"

#include "services/common/process/process.h"
#include "services/common/telemetry/log.h"
#include "services/common/values/mutex.h"
#include "services/organization/config.h"
#include "services/organization/service.h"
#include "tests/support/identity.h"
#include "tests/support/people.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

namespace ronghe::organization {

// The service in this process, on a SQLite file of its own, reached over gRPC: two counties; in the first a township
// with two branches, one with a group.
class MemberServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    common::SetLogSinkForTest([this](std::string_view line) {
      common::MutexLock lock(log_mutex_);
      log_ += line;
    });
    std::ofstream(dir_.File("master.key")) << "1:" << absl::Base64Escape(std::string(32, 'k')) << "\n";
    config_.serve.service = "organization";
    config_.serve.issuers = identity_.issuers();
    config_.serve.suite_key_file = identity_.suite_key_file();
    config_.serve.token_secret_file = identity_.token_secret_file();
    config_.serve.drain = absl::Seconds(2);
    config_.database = "sqlite:" + dir_.File("organization.db");
    config_.master_key_file = dir_.File("master.key");
    config_.bootstrap_administrator = identity_.user_issuer() + "|administrator";
    Start();
    Unit("3707", "LEVEL_PREFECTURE", v1::UNIT_KIND_COMMITTEE, "");
    Unit("370783", "LEVEL_COUNTY", v1::UNIT_KIND_COMMITTEE, "3707");
    Unit("370783104", "LEVEL_TOWNSHIP", v1::UNIT_KIND_COMMITTEE, "370783");
    Unit("A1", "LEVEL_BRANCH", v1::UNIT_KIND_BRANCH, "370783104");
    Unit("A2", "LEVEL_BRANCH", v1::UNIT_KIND_BRANCH, "370783104");
    Unit("A1-1", "LEVEL_GROUP", v1::UNIT_KIND_GROUP, "A1");
    Unit("370784", "LEVEL_COUNTY", v1::UNIT_KIND_COMMITTEE, "3707");
    Unit("B1", "LEVEL_BRANCH", v1::UNIT_KIND_BRANCH, "370784");
  }
  void TearDown() override {
    Stop();
    common::SetLogSinkForTest(nullptr);
  }

  void Start() {
    process_ = std::make_unique<common::Process>();
    Must(process_->Init(config_.serve));
    service_ = std::make_unique<Service>(*process_, config_);
    Must(service_->Start());
    Must(process_->StartServing(service_->bindings()));
    const auto channel =
        grpc::CreateChannel("127.0.0.1:" + std::to_string(process_->port()), grpc::InsecureChannelCredentials());
    members_ = v1::MemberService::NewStub(channel);
    units_ = v1::OrganizationService::NewStub(channel);
    access_ = v1::AccessService::NewStub(channel);
  }
  void Stop() {
    if (process_) process_->StopServing();
    service_.reset();
    process_.reset();
  }

  static void Must(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }

  // What a call said: its code, and the details that go with it.
  struct Said {
    grpc::StatusCode code = grpc::StatusCode::OK;
    std::string reason;
    std::vector<std::string> fields;  // field:reason
    std::string everything;
    bool ok() const { return code == grpc::StatusCode::OK; }
  };
  Said Read(const grpc::Status& status) {
    Said said;
    said.code = status.error_code();
    google::rpc::Status rich;
    rich.ParseFromString(status.error_details());
    said.everything = status.error_message() + rich.DebugString() + status.error_details();
    for (const google::protobuf::Any& any : rich.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::BadRequest bad;
      if (any.UnpackTo(&info)) said.reason = info.reason();
      if (any.UnpackTo(&bad)) {
        for (const auto& violation : bad.field_violations()) said.fields.push_back(violation.field());
      }
    }
    if (!said.ok()) errors_ += said.everything;
    return said;
  }

  std::unique_ptr<grpc::ClientContext> As(const std::string& subject) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->AddMetadata("authorization", identity_.UserBearer(subject));
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return context;
  }
  std::unique_ptr<grpc::ClientContext> Admin() { return As("administrator"); }

  void Unit(const std::string& code, const std::string& level, v1::UnitKind kind, const std::string& parent) {
    v1::CreateUnitRequest request;
    request.mutable_unit()->set_code(code);
    request.mutable_unit()->set_title("单位" + code);
    v1::Level number = v1::LEVEL_UNSPECIFIED;
    ASSERT_TRUE(v1::Level_Parse(level, &number));
    request.mutable_unit()->set_level(number);
    request.mutable_unit()->set_kind(kind);
    if (!parent.empty()) request.mutable_unit()->set_parent("units/" + parent);
    v1::Unit unit;
    const grpc::Status status = units_->CreateUnit(Admin().get(), request, &unit);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  // Lets a subject be something on a unit.
  void Grant(const std::string& subject, common::v1::Role role, const std::string& unit) {
    v1::CreatePrincipalRequest principal;
    principal.mutable_principal()->set_issuer(identity_.user_issuer());
    principal.mutable_principal()->set_subject(subject);
    v1::Principal made;
    grpc::Status status = access_->CreatePrincipal(Admin().get(), principal, &made);
    ASSERT_TRUE(status.ok()) << status.error_message();
    v1::CreateGrantRequest grant;
    grant.mutable_grant()->set_principal(made.name());
    grant.mutable_grant()->set_role(role);
    grant.mutable_grant()->set_unit("units/" + unit);
    v1::Grant granted;
    status = access_->CreateGrant(Admin().get(), grant, &granted);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

  static void Set(const DateParts& parts, google::type::Date& date) {
    date.set_year(parts.year);
    date.set_month(parts.month);
    date.set_day(parts.day);
  }
  static v1::Member Person(int64_t number, const std::string& unit) {
    const Member::Fields fields = tests::Person(number);
    v1::Member member;
    member.set_unit("units/" + unit);
    member.set_full_name(fields.full_name);
    member.set_sex(static_cast<v1::Sex>(fields.sex));
    Set(fields.birth_date, *member.mutable_birth_date());
    member.set_identity_number(fields.identity_number);
    member.set_phone(fields.phone);
    member.set_status(static_cast<v1::MemberStatus>(fields.status));
    Set(fields.join_date, *member.mutable_join_date());
    if (!fields.full_date.empty()) Set(fields.full_date, *member.mutable_full_date());
    return member;
  }
  Said TryCreate(const v1::Member& member, v1::Member* made = nullptr, const std::string& subject = "administrator",
                 const std::string& request_id = "", bool validate_only = false) {
    v1::CreateMemberRequest request;
    *request.mutable_member() = member;
    request.set_request_id(request_id);
    request.set_validate_only(validate_only);
    v1::Member answer;
    const Said said = Read(members_->CreateMember(As(subject).get(), request, &answer));
    if (made != nullptr) *made = answer;
    return said;
  }
  v1::Member Create(int64_t number, const std::string& unit) {
    v1::Member made;
    const Said said = TryCreate(Person(number, unit), &made);
    EXPECT_TRUE(said.ok()) << said.everything;
    return made;
  }
  v1::Member Get(const std::string& name) {
    v1::GetMemberRequest request;
    request.set_name(name);
    v1::Member member;
    const Said said = Read(members_->GetMember(Admin().get(), request, &member));
    EXPECT_TRUE(said.ok()) << said.everything;
    return member;
  }

  tests::TempDir dir_;
  tests::Identity identity_;
  Config config_;
  std::unique_ptr<common::Process> process_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<v1::MemberService::Stub> members_;
  std::unique_ptr<v1::OrganizationService::Stub> units_;
  std::unique_ptr<v1::AccessService::Stub> access_;
  std::string errors_;  // everything that errors said
  common::Mutex log_mutex_;
  std::string log_ ABSL_GUARDED_BY(log_mutex_);
};

}  // namespace ronghe::organization
