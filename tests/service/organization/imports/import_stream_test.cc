// The stream itself: order of messages, breaks, repeated requests, who may.
#include "tests/service/organization/imports/fixture.h"

namespace ronghe::tests {
namespace {

using testing::Contains;
using testing::ElementsAre;
using Request = ov1::ImportUnitsRequest;

constexpr char kRequestId[] = "6a1f6c0e-1d5a-4b0a-9a44-2f3b7b0f6c11";

class ImportStreamTest : public ImportFixture {
 protected:
  static Request Start() { return StartOf<Request>("units/-"); }
  static Request Commit(int64_t rows) { return CommitOf<Request>(rows); }
  static Request Province(int64_t line = 1) { return RowsOf({UnitOf("37", ov1::LEVEL_PROVINCE, "")}, line); }

  void ExpectRefused(const std::vector<Request>& requests, const std::string& field) {
    const Outcome outcome = SendUnits(requests);
    EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << field;
    EXPECT_THAT(ReasonsOf(outcome.status), Contains(field));
    EXPECT_TRUE(outcome.messages.empty());
    EXPECT_FALSE(GetUnit("37").ok());
  }
  ov1::ListImportsResponse List(const std::string& parent, const std::string& subject = "administrator") {
    ov1::ListImportsRequest request;
    request.set_parent(parent);
    ov1::ListImportsResponse response;
    auto context = Context(subject);
    const grpc::Status status = imports_->ListImports(context.get(), request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

TEST_F(ImportStreamTest, MessagesInTheWrongOrderAreRefused) {
  ExpectRefused({Province(), Commit(1)}, "start");
  ExpectRefused({Start(), Start()}, "start");
  ExpectRefused({Start(), Request()}, "message");
  Request no_rows;
  no_rows.mutable_rows();
  ExpectRefused({Start(), no_rows}, "rows");
  ExpectRefused({Start(), RowsOf(std::vector<ov1::Unit>(501, UnitOf("37", ov1::LEVEL_PROVINCE, "")))}, "rows");
  ExpectRefused({Start(), Province(0), Commit(1)}, "rows.line");
  ExpectRefused({Start(), Province(1), Province(1), Commit(2)}, "rows.line");
  ExpectRefused({Start(), Province()}, "commit");
  Request bad_start = StartOf<Request>("units/-", static_cast<cv1::ImportMode>(9));
  bad_start.mutable_start()->set_request_id("not a uuid");
  const Outcome both = SendUnits({bad_start});
  EXPECT_THAT(ReasonsOf(both.status), testing::IsSupersetOf({"start.mode", "start.request_id"})) << "all at once";
}

TEST_F(ImportStreamTest, RowsAfterTheCommitAreNeverApplied) {
  const Outcome outcome =
      SendUnits({Start(), Province(), Commit(1), RowsOf({UnitOf("38", ov1::LEVEL_PROVINCE, "")}, 2)});
  if (outcome.status.ok()) {
    EXPECT_EQ(outcome.import().received_rows(), 1);
  }
  EXPECT_FALSE(GetUnit("38").ok());
}

TEST_F(ImportStreamTest, AnotherCountThanAnnouncedAppliesNothing) {
  const Outcome outcome = SendUnits({Start(), Province(), Commit(2)});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.import().state(), cv1::IMPORT_STATE_FAILED);
  EXPECT_THAT(outcome.import().failure(), testing::HasSubstr("ROW_COUNT_MISMATCH"));
  EXPECT_FALSE(GetUnit("37").ok());
}

TEST_F(ImportStreamTest, ABrokenStreamAppliesNothingAndMayBeSentAgain) {
  Request start = Start();
  start.mutable_start()->set_request_id(kRequestId);
  auto context = Context();
  auto stream = organization_->ImportUnits(context.get());
  ASSERT_TRUE(stream->Write(start));
  ASSERT_TRUE(stream->Write(Province()));
  context->TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_FALSE(GetUnit("37").ok());

  const Outcome again = SendUnits({start, Province(), Commit(1)});
  ASSERT_TRUE(again.status.ok()) << again.status.error_message();
  EXPECT_EQ(again.import().state(), cv1::IMPORT_STATE_APPLIED) << again.import().DebugString();
  EXPECT_EQ(again.import().received_rows(), 1);
  EXPECT_EQ(List("units/-").imports_size(), 1);
}

TEST_F(ImportStreamTest, TheSameRequestIsTheSameImport) {
  Request start = Start();
  start.mutable_start()->set_request_id(kRequestId);
  const Outcome first = SendUnits({start, Province(), Commit(1)});
  ASSERT_EQ(first.import().state(), cv1::IMPORT_STATE_APPLIED);
  const Outcome second = SendUnits({start, Province(), Commit(1)});
  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_EQ(second.import().name(), first.import().name());
  EXPECT_EQ(second.import().state(), cv1::IMPORT_STATE_APPLIED);
  EXPECT_EQ(second.import().received_rows(), 1);
  start.mutable_start()->set_mode(cv1::IMPORT_MODE_VALID_ROWS);
  const Outcome other = SendUnits({start, Province(), Commit(1)});
  EXPECT_EQ(other.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_THAT(ReasonsOf(other.status), Contains("REQUEST_ID_REUSED"));
}

TEST_F(ImportStreamTest, FinishesWhenTheCallerHasGone) {
  auto context = Context();
  auto stream = organization_->ImportUnits(context.get());
  ASSERT_TRUE(stream->Write(Start()));
  ASSERT_TRUE(stream->Write(Province()));
  ASSERT_TRUE(stream->Write(Commit(1)));
  cv1::ImportProgress progress;
  ASSERT_TRUE(stream->Read(&progress));
  context->TryCancel();
  stream->Finish();
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (GetImport(progress.import().name()).state() != cv1::IMPORT_STATE_APPLIED) ASSERT_LT(absl::Now(), limit);
  EXPECT_TRUE(GetUnit("37").ok());
}

TEST_F(ImportStreamTest, ImportsAreSeenWithinTheScope) {
  MakeCounty();
  const Outcome inside =
      ImportUnits("units/370783100", {UnitOf("A-1", ov1::LEVEL_BRANCH, "370783100", ov1::UNIT_KIND_BRANCH)});
  ASSERT_EQ(inside.import().state(), cv1::IMPORT_STATE_APPLIED) << inside.import().DebugString();
  // An officer of one township.
  ov1::CreatePrincipalRequest create;
  create.mutable_principal()->set_issuer(identity_.user_issuer());
  create.mutable_principal()->set_subject("officer");
  ov1::Principal principal;
  auto context = Context();
  ASSERT_TRUE(access_->CreatePrincipal(context.get(), create, &principal).ok());
  ov1::CreateGrantRequest grant;
  grant.mutable_grant()->set_principal(principal.name());
  grant.mutable_grant()->set_role(cv1::ROLE_OFFICER);
  grant.mutable_grant()->set_unit("units/370783101");
  ov1::Grant granted;
  context = Context();
  const grpc::Status status = access_->CreateGrant(context.get(), grant, &granted);
  ASSERT_TRUE(status.ok()) << status.error_message();

  EXPECT_EQ(List("units/-").imports_size(), 2);
  EXPECT_EQ(List("units/370783").imports_size(), 1);
  EXPECT_EQ(List("units/370783101").imports_size(), 0);
  EXPECT_EQ(List("units/-", "officer").imports_size(), 0);
  ov1::GetImportRequest get;
  get.set_name(inside.import().name());
  cv1::Import import;
  context = Context("officer");
  EXPECT_EQ(imports_->GetImport(context.get(), get, &import).error_code(), grpc::StatusCode::NOT_FOUND);

  // Under the officer's own unit, and nowhere else.
  const std::vector<ov1::Unit> rows = {UnitOf("O-1", ov1::LEVEL_BRANCH, "370783101", ov1::UNIT_KIND_BRANCH)};
  const auto send = [&](const std::string& parent) {
    return SendUnits({StartOf<Request>(parent), RowsOf(rows), Commit(1)}, "officer");
  };
  EXPECT_EQ(send("units/370783100").status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_FALSE(send("units/-").status.ok());
  EXPECT_FALSE(GetUnit("O-1").ok());
  const Outcome own = send("units/370783101");
  ASSERT_TRUE(own.status.ok()) << own.status.error_message();
  EXPECT_EQ(own.import().state(), cv1::IMPORT_STATE_APPLIED);
  EXPECT_EQ(List("units/-", "officer").imports_size(), 1);
}

TEST_F(ImportStreamTest, GoesOnAfterARestart) {
  // Committed while the process is stopped in between as often as it likes.
  const Outcome first = SendUnits({Start(), Province(), Commit(1)});
  ASSERT_EQ(first.import().state(), cv1::IMPORT_STATE_APPLIED);
  Close();
  Open();
  EXPECT_EQ(GetImport(first.import().name()).state(), cv1::IMPORT_STATE_APPLIED);
  EXPECT_TRUE(GetUnit("37").ok());
}

}  // namespace
}  // namespace ronghe::tests
