#include "tests/service/organization/imports/fixture.h"

namespace ronghe::tests {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

class ImportUnitsTest : public ImportFixture {};

TEST_F(ImportUnitsTest, GoodRowsInAnyOrder) {
  const Outcome outcome =
      ImportUnits("units/-", {UnitOf("3707-G1", ov1::LEVEL_GROUP, "3707-B1", ov1::UNIT_KIND_GROUP),
                              UnitOf("3707-B1", ov1::LEVEL_BRANCH, "3707-GB", ov1::UNIT_KIND_BRANCH),
                              UnitOf("3707-GB", ov1::LEVEL_BRANCH, "370783", ov1::UNIT_KIND_GENERAL_BRANCH),
                              UnitOf("370783", ov1::LEVEL_COUNTY, "37"), UnitOf("37", ov1::LEVEL_PROVINCE, "")});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_THAT(outcome.errors(), IsEmpty());
  const cv1::Import& import = outcome.import();
  EXPECT_EQ(import.state(), cv1::IMPORT_STATE_APPLIED);
  EXPECT_EQ(import.collection(), "units");
  EXPECT_EQ(import.parent(), "units/-");
  EXPECT_EQ(import.received_rows(), 5);
  EXPECT_EQ(import.applied_rows(), 5);
  EXPECT_TRUE(import.has_end_time());
  ov1::Unit group;
  ASSERT_TRUE(GetUnit("3707-G1", &group, import.revision()).ok());
  EXPECT_EQ(group.parent(), "units/3707-B1");
  ov1::Unit county;
  ASSERT_TRUE(GetUnit("370783", &county).ok());
  EXPECT_EQ(group.partition(), county.partition()) << "all records of a county lie together";
  EXPECT_EQ(GetImport(import.name()).state(), cv1::IMPORT_STATE_APPLIED);
}

TEST_F(ImportUnitsTest, EveryKindOfBadRow) {
  MakeCounty();
  ov1::Unit no_title = UnitOf("X-TITLE", ov1::LEVEL_BRANCH, "370783100", ov1::UNIT_KIND_BRANCH);
  no_title.clear_title();
  no_title.set_code("lower case");
  ov1::Unit no_date = UnitOf("X-DATE", ov1::LEVEL_BRANCH, "370783100", ov1::UNIT_KIND_BRANCH);
  no_date.mutable_established_date()->set_year(2020);
  no_date.mutable_established_date()->set_month(13);
  no_date.mutable_established_date()->set_day(1);
  ov1::Unit level = UnitOf("X-LEVEL", static_cast<ov1::Level>(77), "370783100", ov1::UNIT_KIND_BRANCH);
  ov1::Unit name = UnitOf("X-NAME", ov1::LEVEL_BRANCH, "", ov1::UNIT_KIND_BRANCH);
  name.set_parent("members/1");
  const Outcome outcome =
      ImportUnits("units/370783", {
                                      no_title,                                                              // 1
                                      UnitOf("370783100", ov1::LEVEL_TOWNSHIP, "370783"),                    // 2
                                      UnitOf("X-1", ov1::LEVEL_BRANCH, "370783101", ov1::UNIT_KIND_BRANCH),  // 3
                                      UnitOf("X-1", ov1::LEVEL_BRANCH, "370783101", ov1::UNIT_KIND_BRANCH),  // 4
                                      UnitOf("X-2", ov1::LEVEL_BRANCH, "NOBODY", ov1::UNIT_KIND_BRANCH),     // 5
                                      UnitOf("X-3", ov1::LEVEL_TOWNSHIP, "370783100-B1"),                    // 6
                                      UnitOf("X-DATE-1", ov1::LEVEL_GROUP, "X-DATE", ov1::UNIT_KIND_GROUP),  // 7
                                      no_date,                                                               // 8
                                      UnitOf("X-4", ov1::LEVEL_COUNTY, ""),                                  // 9
                                      level,                                                                 // 10
                                      name,                                                                  // 11
                                      ov1::Unit(),                                                           // 12
                                  });
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.import().state(), cv1::IMPORT_STATE_FAILED);
  EXPECT_EQ(outcome.import().rejected_rows(), 11);
  EXPECT_EQ(outcome.import().applied_rows(), 0);
  EXPECT_THAT(outcome.import().failure(), testing::HasSubstr("ROWS_REFUSED"));
  const std::vector<std::string> errors = outcome.errors();
  EXPECT_THAT(errors,
              IsSupersetOf({"1 title REQUIRED", "2 code DUPLICATE_CODE", "4 code DUPLICATE_CODE",
                            "5 parent PARENT_NOT_FOUND", "7 parent PARENT_REFUSED", "8 established_date BAD_DATE",
                            "9 parent REQUIRED", "10 level UNKNOWN_VALUE", "11 parent BAD_NAME", "12 code REQUIRED",
                            "12 title REQUIRED", "12 level REQUIRED", "12 kind REQUIRED"}));
  EXPECT_THAT(errors, Contains(testing::StartsWith("1 code ")));
  EXPECT_THAT(errors, Contains(testing::StartsWith("6 parent ")));
  EXPECT_THAT(errors, testing::Not(Contains(testing::StartsWith("3 "))));
  EXPECT_EQ(GetUnit("X-1").error_code(), grpc::StatusCode::NOT_FOUND) << "nothing is half written";

  // The same, page by page.
  std::vector<std::string> listed;
  ov1::ListImportRowErrorsRequest request;
  request.set_name(outcome.import().name());
  request.set_page_size(4);
  do {
    ov1::ListImportRowErrorsResponse response;
    auto context = Context();
    const grpc::Status status = imports_->ListImportRowErrors(context.get(), request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_LE(response.row_errors_size(), 4);
    for (const auto& error : response.row_errors()) {
      listed.push_back(fmt::format("{} {} {}", error.line(), error.field(), error.reason()));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(errors));
}

TEST_F(ImportUnitsTest, ValidRowsSkipsTheBadAndTheirChildren) {
  MakeCounty();
  const Outcome outcome = ImportUnits("units/370783",
                                      {UnitOf("A-BAD", ov1::LEVEL_COUNTY, "370783100"),
                                       UnitOf("A-1", ov1::LEVEL_BRANCH, "A-BAD", ov1::UNIT_KIND_BRANCH),
                                       UnitOf("A-11", ov1::LEVEL_GROUP, "A-1", ov1::UNIT_KIND_GROUP),
                                       UnitOf("B-1", ov1::LEVEL_BRANCH, "370783101", ov1::UNIT_KIND_BRANCH)},
                                      [](cv1::ImportStart& start) { start.set_mode(cv1::IMPORT_MODE_VALID_ROWS); });
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.import().state(), cv1::IMPORT_STATE_APPLIED);
  EXPECT_EQ(outcome.import().rejected_rows(), 3);
  EXPECT_EQ(outcome.import().applied_rows(), 1);
  EXPECT_THAT(outcome.errors(), IsSupersetOf({"2 parent PARENT_REFUSED", "3 parent PARENT_REFUSED"}));
  EXPECT_TRUE(GetUnit("B-1", nullptr, outcome.import().revision()).ok());
  EXPECT_FALSE(GetUnit("A-11").ok());
}

TEST_F(ImportUnitsTest, ValidateOnlyChangesNothing) {
  const Outcome outcome =
      ImportUnits("units/-", {UnitOf("37", ov1::LEVEL_PROVINCE, ""), UnitOf("38", ov1::LEVEL_BRANCH, "37")},
                  [](cv1::ImportStart& start) { start.set_validate_only(true); });
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.import().state(), cv1::IMPORT_STATE_VALIDATED);
  EXPECT_EQ(outcome.import().rejected_rows(), 1);
  EXPECT_FALSE(outcome.errors().empty());
  EXPECT_FALSE(GetUnit("37").ok());
}

TEST_F(ImportUnitsTest, OutsideTheParentIsAsIfItWereNot) {
  MakeCounty();
  const Outcome outcome =
      ImportUnits("units/370783100", {UnitOf("A-1", ov1::LEVEL_BRANCH, "370783101", ov1::UNIT_KIND_BRANCH)});
  EXPECT_EQ(outcome.import().state(), cv1::IMPORT_STATE_FAILED);
  EXPECT_THAT(outcome.errors(), ElementsAre("1 parent PARENT_NOT_FOUND"));
}

TEST_F(ImportUnitsTest, ManyRowsInManyMessages) {
  std::vector<ov1::ImportUnitsRequest> requests = {StartOf<ov1::ImportUnitsRequest>("units/-")};
  int64_t line = 1;
  requests.push_back(RowsOf({UnitOf("37", ov1::LEVEL_PROVINCE, "")}, line++));
  for (int i = 0; i < 6; ++i) {
    std::vector<ov1::Unit> units;
    for (int j = 0; j < 500; ++j) units.push_back(UnitOf(fmt::format("37{:04}", i * 500 + j), ov1::LEVEL_COUNTY, "37"));
    requests.push_back(RowsOf(units, line));
    line += 500;
  }
  requests.push_back(CommitOf<ov1::ImportUnitsRequest>(line - 1));
  const Outcome outcome = SendUnits(requests);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.import().state(), cv1::IMPORT_STATE_APPLIED) << outcome.import().DebugString();
  EXPECT_EQ(outcome.import().applied_rows(), 3001);
  int64_t last = 0;
  for (const auto& message : outcome.messages) {
    EXPECT_GE(message.import().applied_rows(), last);
    last = message.import().applied_rows();
  }
  EXPECT_TRUE(GetUnit("372999", nullptr, outcome.import().revision()).ok());
}

TEST_F(ImportUnitsTest, RevertTakesBackEverythingOrNothing) {
  MakeCounty();
  const Outcome outcome =
      ImportUnits("units/370783", {UnitOf("A-1", ov1::LEVEL_BRANCH, "370783100", ov1::UNIT_KIND_BRANCH),
                                   UnitOf("A-2", ov1::LEVEL_BRANCH, "370783100", ov1::UNIT_KIND_GENERAL_BRANCH),
                                   UnitOf("A-21", ov1::LEVEL_BRANCH, "A-2", ov1::UNIT_KIND_BRANCH)});
  ASSERT_EQ(outcome.import().state(), cv1::IMPORT_STATE_APPLIED) << outcome.import().DebugString();
  ASSERT_TRUE(GetUnit("A-21", nullptr, outcome.import().revision()).ok());

  // Something is built on each of them.
  const Outcome later = ImportUnits("units/370783", {UnitOf("Z-1", ov1::LEVEL_BRANCH, "A-2", ov1::UNIT_KIND_BRANCH)});
  ASSERT_EQ(later.import().state(), cv1::IMPORT_STATE_APPLIED);
  const Outcome people = ImportMembers("units/370783", {MemberOf(1, "A-1")});
  ASSERT_EQ(people.import().state(), cv1::IMPORT_STATE_APPLIED) << people.import().DebugString();
  ov1::UpdateUnitRequest update;
  update.mutable_unit()->set_name("units/A-21");
  update.mutable_unit()->set_title("改名");
  ov1::Unit updated;
  auto context = Context();
  ASSERT_TRUE(organization_->UpdateUnit(context.get(), update, &updated).ok());

  cv1::Import reverted;
  const grpc::Status refused = Revert(outcome.import().name(), &reverted);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(ReasonsOf(refused), UnorderedElementsAre("IMPORT_IN_USE", "HAS_UNITS units/Z-1", "HAS_MEMBERS units/A-1",
                                                       "CHANGED_SINCE units/A-21"));
  EXPECT_EQ(GetImport(outcome.import().name()).state(), cv1::IMPORT_STATE_APPLIED);
  EXPECT_TRUE(GetUnit("A-1").ok());

  // What was built is taken away again; a name that has changed stays changed, so another import without one.
  ASSERT_TRUE(Revert(later.import().name(), &reverted).ok());
  ASSERT_TRUE(Revert(people.import().name(), &reverted).ok());
  EXPECT_EQ(CountMembers("370783"), 0);
  EXPECT_THAT(ReasonsOf(Revert(outcome.import().name(), &reverted)),
              UnorderedElementsAre("IMPORT_IN_USE", "CHANGED_SINCE units/A-21"));

  const Outcome clean =
      ImportUnits("units/370783", {UnitOf("C-1", ov1::LEVEL_BRANCH, "370783101", ov1::UNIT_KIND_BRANCH)});
  ASSERT_EQ(clean.import().state(), cv1::IMPORT_STATE_APPLIED);
  const std::string request_id = "1f1f6c0e-1d5a-4b0a-9a44-2f3b7b0f6c11";
  const grpc::Status done = Revert(clean.import().name(), &reverted, request_id);
  ASSERT_TRUE(done.ok()) << done.error_message();
  EXPECT_EQ(reverted.state(), cv1::IMPORT_STATE_REVERTED);
  EXPECT_EQ(reverted.applied_rows(), 0);
  EXPECT_EQ(GetUnit("C-1").error_code(), grpc::StatusCode::NOT_FOUND);
  // Again with the same request, and with another.
  EXPECT_TRUE(Revert(clean.import().name(), &reverted, request_id).ok());
  EXPECT_THAT(ReasonsOf(Revert(clean.import().name(), &reverted)), Contains("IMPORT_STATE"));
  // The code is free again.
  EXPECT_EQ(ImportUnits("units/370783", {UnitOf("C-1", ov1::LEVEL_BRANCH, "370783101", ov1::UNIT_KIND_BRANCH)})
                .import()
                .state(),
            cv1::IMPORT_STATE_APPLIED);
}

}  // namespace
}  // namespace ronghe::tests
