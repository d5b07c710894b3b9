// Learning records over real gRPC: memberships come from organization, imports are streams, and who may not does not.
#include <string>
#include <vector>

#include "ronghe/education/v1/learning_record_service.grpc.pb.h"

#include "tests/service/education/fixture.h"
#include "tests/support/people.h"

namespace ronghe::education {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Learning = v1::LearningRecordService;

class LearningTest : public EducationTest {
 protected:
  void SetUp() override {
    EducationTest::SetUp();
    learning_ = Learning::NewStub(server_->channel);
    member_ = MakeMember("B1", tests::IdentityNumber(absl::CivilDay(1970, 1, 1), organization::Sex::kMale, 0));
  }

  v1::LearningRecord Record(const std::string& external_id, int credit = 15) const {
    v1::LearningRecord record;
    record.set_member(member_);
    record.set_source(v1::LEARNING_SOURCE_ONLINE_PLATFORM);
    record.set_platform("xuexi");
    record.set_external_id(external_id);
    record.set_credit_deci_hours(credit);
    SetDate(2026, 3, 5, *record.mutable_date());
    return record;
  }
  absl::StatusOr<v1::LearningRecord> Create(const std::string& who, const v1::LearningRecord& record) {
    v1::CreateLearningRecordRequest request;
    *request.mutable_learning_record() = record;
    return Call(who, *learning_, &Learning::Stub::CreateLearningRecord, request);
  }
  absl::StatusOr<v1::ListLearningRecordsResponse> List(const std::string& who, int year = 2026) {
    v1::ListLearningRecordsRequest request;
    request.set_parent(member_);
    request.set_year(year);
    return Call(who, *learning_, &Learning::Stub::ListLearningRecords, request);
  }
  int64_t Hours(const std::string& revision) {
    common::v1::BatchGetSummariesRequest ask;
    ask.add_units("units/370783");
    ask.add_periods("2026-03");
    ask.add_min_revision(revision);
    const auto totals = Call("viewer", *totals_, &v1::EducationService::Stub::BatchGetSummaries, ask);
    EXPECT_TRUE(totals.ok()) << totals.status();
    return totals.ok() ? totals->summaries(0).total().credit_deci_hours() : -1;
  }
  struct Outcome {
    absl::Status status;
    common::v1::Import import;
    std::vector<std::string> errors;
  };
  Outcome Send(const std::string& who, const std::string& parent, const std::vector<v1::LearningRecord>& records) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", identity_.UserBearer(who));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    const auto stream = learning_->ImportLearningRecords(&context);
    v1::ImportLearningRecordsRequest request;
    request.mutable_start()->set_parent(parent);
    stream->Write(request);
    request.Clear();
    for (size_t i = 0; i < records.size(); ++i) {
      v1::LearningRow& row = *request.mutable_rows()->add_rows();
      row.set_line(static_cast<int64_t>(i) + 2);
      *row.mutable_learning_record() = records[i];
    }
    stream->Write(request);
    request.Clear();
    request.mutable_commit()->set_rows(static_cast<int64_t>(records.size()));
    stream->Write(request);
    stream->WritesDone();
    Outcome outcome;
    common::v1::ImportProgress progress;
    while (stream->Read(&progress)) {
      outcome.import = progress.import();
      for (const auto& error : progress.row_errors()) {
        outcome.errors.push_back(fmt::format("{} {} {}", error.line(), error.field(), error.reason()));
      }
    }
    const grpc::Status status = stream->Finish();
    if (!status.ok()) {
      outcome.status = common::StatusFromDetails(static_cast<absl::StatusCode>(status.error_code()),
                                                 status.error_message(), status.error_details());
    }
    return outcome;
  }

  std::unique_ptr<Learning::Stub> learning_;
  std::string member_;
};

TEST_F(LearningTest, FromARecordToTheTotals) {
  const auto made = Create("clerk", Record("1"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->unit(), "units/B1");
  EXPECT_TRUE(made->counted());
  EXPECT_EQ(Hours(made->revision()), 15);
  v1::VoidLearningRecordRequest void_it;
  void_it.set_name(made->name());
  void_it.set_reason("学时登记有误");
  *void_it.mutable_replacement() = Record("1", 20);
  const auto voided = Call("clerk", *learning_, &Learning::Stub::VoidLearningRecord, void_it);
  ASSERT_TRUE(voided.ok()) << voided.status();
  EXPECT_EQ(voided->learning_record().state(), v1::LEARNING_RECORD_STATE_VOIDED);
  EXPECT_EQ(voided->replacement().replaces(), made->name());
  EXPECT_EQ(Hours(voided->replacement().revision()), 20);
  const auto listed = List("inspector");
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->learning_records_size(), 2);
  EXPECT_EQ(listed->credit_deci_hours(), 20);
  EXPECT_EQ(listed->learning_records(0).void_reason(), "学时登记有误");
  v1::LearningRecord early = Record("2");
  SetDate(1999, 1, 1, *early.mutable_date());
  const auto refused = Create("clerk", early);
  EXPECT_EQ(common::ViolationsOf(refused.status()).front().reason, "OUTSIDE_MEMBERSHIP");
  const auto audit =
      Call("admin", *totals_, &v1::EducationService::Stub::AuditSummaries, common::v1::AuditSummariesRequest());
  ASSERT_TRUE(audit.ok()) << audit.status();
  EXPECT_EQ(audit->difference_count(), 0);
}

TEST_F(LearningTest, WhoMayNotDoesNot) {
  EXPECT_EQ(ReasonOf(Create("viewer", Record("1"))), "ROLE_MISSING");
  EXPECT_EQ(Create("stranger", Record("1")).status().code(), absl::StatusCode::kNotFound);
  const auto made = Create("township", Record("1"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(ReasonOf(List("viewer")), "ROLE_MISSING");
  EXPECT_EQ(List("stranger").status().code(), absl::StatusCode::kNotFound);
  v1::GetLearningRecordRequest get;
  get.set_name(made->name());
  EXPECT_TRUE(Call("clerk", *learning_, &Learning::Stub::GetLearningRecord, get).ok());
  EXPECT_EQ(Call("stranger", *learning_, &Learning::Stub::GetLearningRecord, get).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(LearningTest, WhatIsImportedCountsAndCanBeTakenBack) {
  EXPECT_EQ(common::ReasonOf(Send("viewer", "units/370783", {Record("1")}).status), "ROLE_MISSING");
  EXPECT_EQ(Send("stranger", "units/370783", {Record("1")}).status.code(), absl::StatusCode::kNotFound);
  v1::LearningRecord nobody = Record("9");
  nobody.set_member("members/999");
  EXPECT_THAT(Send("county", "units/370783", {Record("1"), nobody}).errors, ElementsAre("3 member UNKNOWN_MEMBER"));
  EXPECT_THAT(Send("county", "units/B2", {Record("1")}).errors, ElementsAre("2 member NOT_BELOW"));
  const Outcome done = Send("county", "units/370783", {Record("1"), Record("2", 7)});
  EXPECT_TRUE(done.status.ok()) << done.status;
  EXPECT_EQ(done.import.state(), common::v1::IMPORT_STATE_APPLIED);
  EXPECT_THAT(done.import.name(), HasSubstr("learningImports/"));
  EXPECT_EQ(done.import.applied_rows(), 2);
  v1::ReconcileLearningImportRequest reconcile;
  reconcile.set_name(done.import.name());
  const auto totals = Call("viewer", *learning_, &Learning::Stub::ReconcileLearningImport, reconcile);
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->totals(0).new_records(), 2);
  EXPECT_EQ(totals->totals(0).new_deci_hours(), 22);
  EXPECT_EQ(List("clerk")->credit_deci_hours(), 22);
  v1::RevertLearningImportRequest revert;
  revert.set_name(done.import.name());
  EXPECT_EQ(Call("stranger", *learning_, &Learning::Stub::RevertLearningImport, revert).status().code(),
            absl::StatusCode::kNotFound);
  const auto reverted = Call("county", *learning_, &Learning::Stub::RevertLearningImport, revert);
  ASSERT_TRUE(reverted.ok()) << reverted.status();
  EXPECT_EQ(reverted->state(), common::v1::IMPORT_STATE_REVERTED);
  EXPECT_EQ(List("clerk")->learning_records_size(), 0);
  v1::ListLearningImportsRequest list;
  list.set_parent("units/370783");
  EXPECT_GE(Call("county", *learning_, &Learning::Stub::ListLearningImports, list)->imports_size(), 2);
}

}  // namespace
}  // namespace ronghe::education
