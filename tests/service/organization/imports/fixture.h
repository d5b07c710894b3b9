#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "ronghe/organization/v1/access_service.grpc.pb.h"
#include "ronghe/organization/v1/import_service.grpc.pb.h"
#include "ronghe/organization/v1/member_service.grpc.pb.h"
#include "ronghe/organization/v1/organization_service.grpc.pb.h"

#include "services/common/process/process.h"
#include "services/organization/config.h"
#include "services/organization/service.h"
#include "tests/support/identity.h"
#include "tests/support/people.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {

namespace cv1 = common::v1;
namespace ov1 = organization::v1;

// The whole organization service in this process, on SQLite, spoken to over gRPC.
class ImportFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(dir_.File("master-key")) << "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    std::filesystem::permissions(dir_.File("master-key"), std::filesystem::perms::owner_read);
    config_.serve.service = "organization";
    config_.serve.issuers = identity_.issuers();
    config_.serve.suite_key_file = identity_.suite_key_file();
    config_.serve.token_secret_file = identity_.token_secret_file();
    config_.serve.log_level = "error";
    config_.database = "sqlite:" + dir_.File("organization.db");
    config_.master_key_file = dir_.File("master-key");
    config_.bootstrap_administrator = identity_.user_issuer() + "|administrator";
    Open();
  }
  void TearDown() override { Close(); }

  void Open() {
    process_ = std::make_unique<common::Process>();
    absl::Status status = process_->Init(config_.serve);
    ASSERT_TRUE(status.ok()) << status;
    service_ = std::make_unique<organization::Service>(*process_, config_);
    status = service_->Start();
    ASSERT_TRUE(status.ok()) << status;
    status = process_->StartServing(service_->bindings());
    ASSERT_TRUE(status.ok()) << status;
    channel_ = grpc::CreateChannel(fmt::format("127.0.0.1:{}", process_->port()), grpc::InsecureChannelCredentials());
    organization_ = ov1::OrganizationService::NewStub(channel_);
    members_ = ov1::MemberService::NewStub(channel_);
    imports_ = ov1::ImportService::NewStub(channel_);
    access_ = ov1::AccessService::NewStub(channel_);
  }
  void Close() {
    if (process_ != nullptr) process_->StopServing();
    service_.reset();
    process_.reset();
  }

  std::unique_ptr<grpc::ClientContext> Context(const std::string& subject = "administrator") {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    context->AddMetadata("authorization", identity_.UserBearer(subject));
    return context;
  }

  // What came back from an import stream.
  struct Outcome {
    grpc::Status status;
    std::vector<cv1::ImportProgress> messages;
    const cv1::Import& import() const { return messages.back().import(); }
    // `line field reason` of every refusal.
    std::vector<std::string> errors() const {
      std::vector<std::string> all;
      for (const auto& message : messages) {
        for (const auto& error : message.row_errors()) {
          EXPECT_FALSE(error.message_zh().empty());
          EXPECT_FALSE(error.message_en().empty());
          all.push_back(fmt::format("{} {} {}", error.line(), error.field(), error.reason()));
        }
      }
      return all;
    }
  };

  // Sends these messages, half-closes, and reads to the end.
  template <typename Request, typename Stub>
  Outcome Send(Stub& stub, auto method, const std::vector<Request>& requests,
               const std::string& subject = "administrator") {
    auto context = Context(subject);
    auto stream = (stub.*method)(context.get());
    for (const Request& request : requests) {
      if (!stream->Write(request)) break;
    }
    stream->WritesDone();
    Outcome outcome;
    cv1::ImportProgress progress;
    while (stream->Read(&progress)) outcome.messages.push_back(progress);
    outcome.status = stream->Finish();
    return outcome;
  }
  Outcome SendUnits(const std::vector<ov1::ImportUnitsRequest>& requests,
                    const std::string& subject = "administrator") {
    return Send(*organization_, &ov1::OrganizationService::Stub::ImportUnits, requests, subject);
  }
  Outcome SendMembers(const std::vector<ov1::ImportMembersRequest>& requests) {
    return Send(*members_, &ov1::MemberService::Stub::ImportMembers, requests);
  }

  template <typename Request>
  static Request StartOf(const std::string& parent, cv1::ImportMode mode = cv1::IMPORT_MODE_ALL_VALID) {
    Request request;
    request.mutable_start()->set_parent(parent);
    request.mutable_start()->set_mode(mode);
    return request;
  }
  template <typename Request>
  static Request CommitOf(int64_t rows) {
    Request request;
    request.mutable_commit()->set_rows(rows);
    return request;
  }

  static ov1::Unit UnitOf(const std::string& code, ov1::Level level, const std::string& parent,
                          ov1::UnitKind kind = ov1::UNIT_KIND_COMMITTEE) {
    ov1::Unit unit;
    unit.set_code(code);
    unit.set_title("单位" + code);
    unit.set_level(level);
    unit.set_kind(kind);
    if (!parent.empty()) unit.set_parent("units/" + parent);
    return unit;
  }
  // Lines from 1, in one message.
  static ov1::ImportUnitsRequest RowsOf(const std::vector<ov1::Unit>& units, int64_t first_line = 1) {
    ov1::ImportUnitsRequest request;
    for (const ov1::Unit& unit : units) {
      auto* row = request.mutable_rows()->add_rows();
      row->set_line(first_line++);
      *row->mutable_unit() = unit;
    }
    return request;
  }
  using Change = std::function<void(cv1::ImportStart&)>;
  Outcome ImportUnits(const std::string& parent, const std::vector<ov1::Unit>& units, const Change& change = nullptr) {
    auto start = StartOf<ov1::ImportUnitsRequest>(parent);
    if (change) change(*start.mutable_start());
    return SendUnits({start, RowsOf(units), CommitOf<ov1::ImportUnitsRequest>(static_cast<int64_t>(units.size()))});
  }

  static ov1::Member MemberOf(int64_t number, const std::string& unit) {
    const organization::Member::Fields fields = Person(number);
    const auto date = [](const organization::DateParts& parts, google::type::Date* out) {
      out->set_year(parts.year);
      out->set_month(parts.month);
      out->set_day(parts.day);
    };
    ov1::Member member;
    member.set_unit("units/" + unit);
    member.set_full_name(fields.full_name);
    member.set_sex(static_cast<ov1::Sex>(fields.sex));
    date(fields.birth_date, member.mutable_birth_date());
    member.set_identity_number(fields.identity_number);
    member.set_phone(fields.phone);
    member.set_status(static_cast<ov1::MemberStatus>(fields.status));
    date(fields.join_date, member.mutable_join_date());
    if (!fields.full_date.empty()) date(fields.full_date, member.mutable_full_date());
    return member;
  }
  static ov1::ImportMembersRequest RowsOf(const std::vector<ov1::Member>& members, int64_t first_line = 1) {
    ov1::ImportMembersRequest request;
    for (const ov1::Member& member : members) {
      auto* row = request.mutable_rows()->add_rows();
      row->set_line(first_line++);
      *row->mutable_member() = member;
    }
    return request;
  }
  Outcome ImportMembers(const std::string& parent, const std::vector<ov1::Member>& members,
                        const Change& change = nullptr) {
    auto start = StartOf<ov1::ImportMembersRequest>(parent);
    if (change) change(*start.mutable_start());
    return SendMembers(
        {start, RowsOf(members), CommitOf<ov1::ImportMembersRequest>(static_cast<int64_t>(members.size()))});
  }

  // A county with two townships and a branch in each: units 370783 · 370783100, 370783101 · …-B1.
  void MakeCounty() {
    const Outcome made = ImportUnits(
        "units/-", {UnitOf("370783", ov1::LEVEL_COUNTY, ""), UnitOf("370783100", ov1::LEVEL_TOWNSHIP, "370783"),
                    UnitOf("370783101", ov1::LEVEL_TOWNSHIP, "370783"),
                    UnitOf("370783100-B1", ov1::LEVEL_BRANCH, "370783100", ov1::UNIT_KIND_BRANCH),
                    UnitOf("370783101-B1", ov1::LEVEL_BRANCH, "370783101", ov1::UNIT_KIND_BRANCH)});
    ASSERT_TRUE(made.status.ok()) << made.status.error_message();
    ASSERT_EQ(made.import().state(), cv1::IMPORT_STATE_APPLIED) << made.import().DebugString();
  }

  grpc::Status GetUnit(const std::string& code, ov1::Unit* unit = nullptr, const std::string& revision = "") {
    ov1::GetUnitRequest request;
    request.set_name("units/" + code);
    if (!revision.empty()) request.add_min_revision(revision);
    ov1::Unit ignored;
    auto context = Context();
    return organization_->GetUnit(context.get(), request, unit != nullptr ? unit : &ignored);
  }
  cv1::Import GetImport(const std::string& name) {
    ov1::GetImportRequest request;
    request.set_name(name);
    cv1::Import import;
    auto context = Context();
    const grpc::Status status = imports_->GetImport(context.get(), request, &import);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return import;
  }
  grpc::Status Revert(const std::string& name, cv1::Import* import, const std::string& request_id = "") {
    ov1::RevertImportRequest request;
    request.set_name(name);
    request.set_request_id(request_id);
    auto context = Context();
    return imports_->RevertImport(context.get(), request, import);
  }
  int CountMembers(const std::string& unit) {
    ov1::ListMembersRequest request;
    request.set_parent("units/" + unit);
    request.set_subtree(true);
    request.set_page_size(1000);
    ov1::ListMembersResponse response;
    auto context = Context();
    const grpc::Status status = members_->ListMembers(context.get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.members_size();
  }

  // Reasons of an error: of its ErrorInfo, then of its violations, then of its blockers (`REASON subject`).
  static std::vector<std::string> ReasonsOf(const grpc::Status& status) {
    std::vector<std::string> reasons;
    google::rpc::Status details;
    EXPECT_TRUE(details.ParseFromString(status.error_details()));
    for (const auto& any : details.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::BadRequest bad;
      google::rpc::PreconditionFailure failure;
      if (any.UnpackTo(&info)) {
        reasons.push_back(info.reason());
      } else if (any.UnpackTo(&bad)) {
        for (const auto& violation : bad.field_violations()) reasons.push_back(violation.field());
      } else if (any.UnpackTo(&failure)) {
        for (const auto& violation : failure.violations()) {
          reasons.push_back(fmt::format("{} {}", violation.type(), violation.subject()));
        }
      }
    }
    return reasons;
  }

  TempDir dir_;
  Identity identity_;
  organization::Config config_;
  std::unique_ptr<common::Process> process_;
  std::unique_ptr<organization::Service> service_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<ov1::OrganizationService::Stub> organization_;
  std::unique_ptr<ov1::MemberService::Stub> members_;
  std::unique_ptr<ov1::ImportService::Stub> imports_;
  std::unique_ptr<ov1::AccessService::Stub> access_;
};

}  // namespace ronghe::tests
