// Ledgers kept elsewhere over real gRPC: streams in, streams out, and who may.
#include "ronghe/rectification/v1/ledger_service.grpc.pb.h"

#include "tests/service/rectification/fixture.h"

namespace ronghe::rectification {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LedgerTest : public RectificationTest {
 protected:
  using Ledgers = v1::LedgerService;

  void SetUp() override {
    RectificationTest::SetUp();
    ledgers_ = Ledgers::NewStub(server_->channel);
  }

  static void SetDate(int year, int month, int day, google::type::Date& date) {
    date.set_year(year);
    date.set_month(month);
    date.set_day(day);
  }
  static v1::LedgerEntry Closed(const std::string& external_id, const std::string& unit = "B1") {
    v1::LedgerEntry entry;
    entry.set_unit("units/" + unit);
    entry.set_source(v1::PROBLEM_SOURCE_INSPECTION);
    entry.set_category("组织生活");
    entry.set_problem_class(v1::PROBLEM_CLASS_TIME_BOUND);
    entry.set_description("=1+1 会议记录不全");
    entry.set_external_id(external_id);
    SetDate(2025, 3, 1, *entry.mutable_register_date());
    SetDate(2025, 4, 1, *entry.mutable_due_date());
    SetDate(2025, 4, 2, *entry.mutable_close_date());
    entry.set_submitter("王五");
    entry.set_verifier("赵六");
    return entry;
  }

  struct Outcome {
    absl::Status status;
    common::v1::Import import;
    std::vector<std::string> errors;
  };
  Outcome Send(const std::string& who, const std::string& parent, const std::vector<v1::LedgerEntry>& entries,
               bool validate_only = false) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", identity_.UserBearer(who));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    const auto stream = ledgers_->ImportProblems(&context);
    v1::ImportProblemsRequest request;
    request.mutable_start()->set_parent(parent);
    request.mutable_start()->set_validate_only(validate_only);
    stream->Write(request);
    request.Clear();
    for (size_t i = 0; i < entries.size(); ++i) {
      v1::LedgerRow& row = *request.mutable_rows()->add_rows();
      row.set_line(static_cast<int64_t>(i) + 2);
      *row.mutable_entry() = entries[i];
    }
    stream->Write(request);
    request.Clear();
    request.mutable_commit()->set_rows(static_cast<int64_t>(entries.size()));
    stream->Write(request);
    stream->WritesDone();
    Outcome outcome;
    common::v1::ImportProgress progress;
    while (stream->Read(&progress)) {
      outcome.import = progress.import();
      for (const auto& error : progress.row_errors()) {
        outcome.errors.push_back(fmt::format("{} {} {}", error.line(), error.field(), error.reason()));
        EXPECT_THAT(error.message_zh(), Not(HasSubstr("会议")));
      }
    }
    const grpc::Status status = stream->Finish();
    if (!status.ok()) {
      outcome.status = common::StatusFromDetails(static_cast<absl::StatusCode>(status.error_code()),
                                                 status.error_message(), status.error_details());
    }
    return outcome;
  }
  std::vector<v1::LedgerEntry> Exported(const std::string& who, const std::string& unit,
                                        const std::string& filter = "") {
    grpc::ClientContext context;
    context.AddMetadata("authorization", identity_.UserBearer(who));
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::ExportProblemsRequest request;
    request.set_parent("units/" + unit);
    request.set_filter(filter);
    const auto stream = ledgers_->ExportProblems(&context, request);
    std::vector<v1::LedgerEntry> entries;
    v1::ExportProblemsResponse response;
    while (stream->Read(&response)) entries.insert(entries.end(), response.entries().begin(), response.entries().end());
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return entries;
  }
  void ExpectTotalsRight(int64_t found, const std::string& revision) {
    common::v1::BatchGetSummariesRequest ask;
    ask.add_units("units/370783");
    ask.add_periods("2025-03");
    ask.add_min_revision(revision);
    const auto totals = Call("viewer", *totals_, &v1::RectificationService::Stub::BatchGetSummaries, ask);
    ASSERT_TRUE(totals.ok()) << totals.status();
    EXPECT_EQ(totals->summaries(0).total().problems_found(), found);
    const auto audit =
        Call("admin", *totals_, &v1::RectificationService::Stub::AuditSummaries, common::v1::AuditSummariesRequest());
    EXPECT_EQ(audit->difference_count(), 0);
  }

  std::unique_ptr<Ledgers::Stub> ledgers_;
};

TEST_F(LedgerTest, WhatIsImportedIsExportedAndCanBeTakenBack) {
  const Outcome tried = Send("county", "units/370783", {Closed("1")}, /*validate_only=*/true);
  EXPECT_TRUE(tried.status.ok()) << tried.status;
  EXPECT_EQ(tried.import.state(), common::v1::IMPORT_STATE_VALIDATED);
  EXPECT_THAT(Exported("county", "370783"), IsEmpty());
  const Outcome done = Send("county", "units/370783", {Closed("1"), Closed("2", "B2")});
  EXPECT_TRUE(done.status.ok()) << done.status;
  EXPECT_EQ(done.import.state(), common::v1::IMPORT_STATE_APPLIED);
  EXPECT_EQ(done.import.applied_rows(), 2);
  EXPECT_THAT(done.import.name(), HasSubstr("problemImports/"));
  EXPECT_EQ(done.import.parent(), "units/370783");
  const std::vector<v1::LedgerEntry> all = Exported("county", "370783");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].state(), v1::PROBLEM_STATE_CLOSED);
  EXPECT_EQ(all[0].external_id(), "1");
  EXPECT_EQ(all[0].submitter(), "王五");
  EXPECT_EQ(all[0].verifier(), "赵六");
  EXPECT_EQ(all[0].close_date().day(), 2);
  ASSERT_EQ(all[0].steps_size(), 5);
  // What was exported can be imported: it is known.
  EXPECT_EQ(Send("county", "units/370783", all).import.applied_rows(), 2);
  EXPECT_EQ(Exported("county", "370783").size(), 2u);
  EXPECT_EQ(Exported("county", "370783", "state = REGISTERED").size(), 0u);
  // Who may not read texts gets no names either.
  const v1::LedgerEntry masked = Exported("viewer", "370783").at(0);
  EXPECT_EQ(masked.description(), "");
  EXPECT_EQ(masked.submitter(), "");
  EXPECT_EQ(masked.steps(3).actor(), "");
  // Each export is a reading.
  Grant("auditor", common::v1::ROLE_AUDITOR, "370783");
  CatchUp();
  organization::v1::ListAuditEntriesRequest readings;
  readings.set_parent("units/370783");
  const auto read = Call("auditor", *totals_, &v1::RectificationService::Stub::ListAuditEntries, readings);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->entries_size(), 5);
  EXPECT_EQ(read->entries(0).action(), "ExportProblems");
  EXPECT_EQ(read->entries(0).resource(), "units/370783");
  ExpectTotalsRight(2, done.import.revision());
  v1::RevertProblemImportRequest revert;
  revert.set_name(done.import.name());
  const auto reverted = Call("county", *ledgers_, &Ledgers::Stub::RevertProblemImport, revert);
  ASSERT_TRUE(reverted.ok()) << reverted.status();
  EXPECT_EQ(reverted->state(), common::v1::IMPORT_STATE_REVERTED);
  EXPECT_THAT(Exported("county", "370783"), IsEmpty());
  ExpectTotalsRight(0, reverted->revision());
}

TEST_F(LedgerTest, ImportsAreOfThoseWhoMayVerify) {
  EXPECT_EQ(common::ReasonOf(Send("viewer", "units/370783", {Closed("1")}).status), "ROLE_MISSING");
  EXPECT_EQ(Send("stranger", "units/370783", {Closed("1")}).status.code(), absl::StatusCode::kNotFound);
  // The officers of a branch cannot say that the township closed something.
  EXPECT_THAT(Send("clerk", "units/B1", {Closed("1")}).errors, ElementsAre("2 supervising_unit NOT_SUPERVISING"));
  v1::LedgerEntry open = Closed("2");
  open.clear_close_date();
  const Outcome done = Send("clerk", "units/B1", {open});
  EXPECT_EQ(done.import.applied_rows(), 1);
  v1::GetProblemImportRequest get;
  get.set_name(done.import.name());
  EXPECT_TRUE(Call("viewer", *ledgers_, &Ledgers::Stub::GetProblemImport, get).ok());
  EXPECT_EQ(Call("stranger", *ledgers_, &Ledgers::Stub::GetProblemImport, get).status().code(),
            absl::StatusCode::kNotFound);
  v1::ListProblemImportsRequest list;
  list.set_parent("units/370783");
  const auto listed = Call("county", *ledgers_, &Ledgers::Stub::ListProblemImports, list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->imports_size(), 2);
  v1::ListProblemImportRowErrorsRequest errors;
  errors.set_name(listed->imports(1).name());
  const auto rows = Call("county", *ledgers_, &Ledgers::Stub::ListProblemImportRowErrors, errors);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->row_errors(0).reason(), "NOT_SUPERVISING");
}

}  // namespace
}  // namespace ronghe::rectification
