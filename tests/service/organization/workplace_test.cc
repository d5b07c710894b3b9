// Workplaces and who serves them over real gRPC: who may, what is refused, what follows, and that the totals agree.
#include "ronghe/organization/v1/structure_service.grpc.pb.h"
#include "ronghe/organization/v1/workplace_service.grpc.pb.h"

#include "tests/service/organization/record_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Stub = v1::WorkplaceService::Stub;

constexpr char kCodes[][19] = {"91370783MA00000016", "91370783MA00000029", "91370783MA0000003C"};

class WorkplaceTest : public RecordTest {
 protected:
  void SetUp() override {
    RecordTest::SetUp();
    workplaces_ = v1::WorkplaceService::NewStub(channel_);
  }

  absl::StatusOr<v1::Workplace> Try(const std::string& unit, const std::string& code,
                                    const std::string& subject = "admin", const std::string& request_id = "") {
    v1::CreateWorkplaceRequest request;
    v1::Workplace& workplace = *request.mutable_workplace();
    workplace.set_unit("units/" + unit);
    workplace.set_kind(v1::WORKPLACE_KIND_ENTERPRISE);
    workplace.set_title("青州某某有限公司");
    workplace.set_credit_code(code);
    request.set_request_id(request_id);
    return Call(subject, *workplaces_, &Stub::CreateWorkplace, request);
  }
  v1::Workplace Make(const std::string& unit, const std::string& code) {
    const auto made = Try(unit, code);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.value_or(v1::Workplace());
  }
  absl::StatusOr<v1::BatchAssignCoversResponse> Assign(const std::string& unit,
                                                       const std::vector<std::string>& workplaces,
                                                       const std::string& subject = "admin",
                                                       const std::string& request_id = "") {
    v1::BatchAssignCoversRequest request;
    request.set_unit("units/" + unit);
    for (const std::string& name : workplaces) request.add_workplaces(name);
    request.set_request_id(request_id);
    return Call(subject, *workplaces_, &Stub::BatchAssignCovers, request);
  }
  absl::StatusOr<v1::BatchEndCoversResponse> End(const std::string& unit, const std::vector<std::string>& workplaces) {
    v1::BatchEndCoversRequest request;
    request.set_unit("units/" + unit);
    for (const std::string& name : workplaces) request.add_workplaces(name);
    return Call("admin", *workplaces_, &Stub::BatchEndCovers, request);
  }
  v1::Workplace Get(const std::string& name) {
    v1::GetWorkplaceRequest request;
    request.set_name(name);
    return Call("admin", *workplaces_, &Stub::GetWorkplace, request).value_or(v1::Workplace());
  }
  std::vector<v1::Cover> Covers(const std::string& unit, const std::string& filter = "") {
    v1::ListCoversRequest request;
    request.set_parent("units/" + unit);
    request.set_subtree(true);
    request.set_filter(filter);
    const auto page = Call("admin", *workplaces_, &Stub::ListCovers, request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return {};
    return {page->covers().begin(), page->covers().end()};
  }
  std::vector<std::string> Uncovered(const std::string& unit, const std::string& subject = "admin") {
    v1::ListUncoveredWorkplacesRequest request;
    request.set_parent("units/" + unit);
    std::vector<std::string> names;
    const auto page = Call(subject, *workplaces_, &Stub::ListUncoveredWorkplaces, request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return {};
    for (const v1::Workplace& workplace : page->workplaces()) names.push_back(workplace.name());
    return names;
  }
  bool Counts(const std::string& unit, int64_t workplaces, int64_t covered) {
    return Eventually([&] {
      const v1::OrganizationMetrics totals = Totals(unit);
      return totals.workplaces() == workplaces && totals.covered_workplaces() == covered;
    });
  }

  std::unique_ptr<Stub> workplaces_;
};

TEST_F(WorkplaceTest, CoveredAsLongAsABranchServesIt) {
  const v1::Workplace first = Make("370783104", kCodes[0]);
  const v1::Workplace second = Make("370783", kCodes[1]);
  EXPECT_FALSE(first.covered());
  EXPECT_TRUE(Counts("37", 2, 0));
  EXPECT_THAT(Uncovered("37"), UnorderedElementsAre(first.name(), second.name()));
  const auto covers = Assign("B1", {second.name(), first.name()}, "admin", "7c9e6679-7425-40de-944b-e07fc1f90ae7");
  ASSERT_TRUE(covers.ok()) << covers.status();
  ASSERT_EQ(covers->covers_size(), 2);
  EXPECT_EQ(covers->covers(0).workplace(), second.name());
  EXPECT_EQ(covers->covers(0).unit(), "units/B1");
  EXPECT_TRUE(covers->covers(0).counts());
  // The same request again is the same answer.
  const auto again = Assign("B1", {second.name(), first.name()}, "admin", "7c9e6679-7425-40de-944b-e07fc1f90ae7");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->covers(1).name(), covers->covers(1).name());
  EXPECT_TRUE(Get(first.name()).covered());
  EXPECT_TRUE(Counts("37", 2, 2));
  EXPECT_TRUE(Counts("370783104", 1, 1));
  // A second unit changes no total, and holds it up when the first one goes.
  ASSERT_TRUE(Assign("B2", {first.name()}).ok());
  EXPECT_EQ(Get(first.name()).covering_units(), 2);
  ASSERT_TRUE(End("B1", {first.name(), second.name()}).ok());
  EXPECT_TRUE(Counts("37", 2, 1));
  EXPECT_THAT(Uncovered("370783"), ElementsAre(second.name()));
  // A committee may serve, and covers nothing.
  const auto township = Assign("370783104", {second.name()});
  ASSERT_TRUE(township.ok()) << township.status();
  EXPECT_FALSE(township->covers(0).counts());
  EXPECT_FALSE(Get(second.name()).covered());
  EXPECT_EQ(Covers("370783").size(), 2u);
  EXPECT_EQ(Covers("370783", "state = ENDED").size(), 2u);
  ExpectAuditAgrees();
}

TEST_F(WorkplaceTest, WhatIsWrongIsSaidAtOnceInBothLanguages) {
  v1::CreateWorkplaceRequest empty;
  EXPECT_THAT(Reasons(Call("admin", *workplaces_, &Stub::CreateWorkplace, empty).status()),
              ElementsAre("workplace.unit REQUIRED"));
  v1::CreateWorkplaceRequest wrong;
  wrong.mutable_workplace()->set_unit("units/B1");
  wrong.mutable_workplace()->set_credit_code("91370783MA00000017");
  wrong.mutable_workplace()->mutable_start_date()->set_year(2026);
  EXPECT_THAT(Reasons(Call("admin", *workplaces_, &Stub::CreateWorkplace, wrong).status()),
              UnorderedElementsAre("workplace.kind REQUIRED", "workplace.title REQUIRED",
                                   "workplace.credit_code BAD_CHECK", "workplace.start_date BAD_DATE"));
  const v1::Workplace first = Make("B1", kCodes[0]);
  // Once in the deployment, also in another county.
  EXPECT_EQ(ReasonOf(Try("370784101", kCodes[0]).status()), "DUPLICATE_CODE");
  const v1::Workplace other = Make("370784101", kCodes[1]);
  EXPECT_THAT(Reasons(Assign("B1", {other.name()}).status()), ElementsAre("OTHER_COUNTY"));
  EXPECT_THAT(Reasons(Assign("B1", {first.name(), first.name()}).status()), ElementsAre("workplaces[1] DUPLICATE"));
  // All or none.
  const v1::Workplace third = Make("B1", kCodes[2]);
  ASSERT_TRUE(Assign("B1", {first.name()}).ok());
  EXPECT_THAT(Reasons(Assign("B1", {third.name(), first.name()}).status()), ElementsAre("SERVED_ALREADY"));
  EXPECT_FALSE(Get(third.name()).covered());
  EXPECT_THAT(Reasons(End("B1", {first.name(), third.name()}).status()), ElementsAre("NOT_SERVED"));
  EXPECT_TRUE(Get(first.name()).covered());
}

TEST_F(WorkplaceTest, FromRegistrationToClosingAndBack) {
  const v1::Workplace made = Make("B1", kCodes[0]);
  ASSERT_TRUE(Assign("B1", {made.name()}).ok());
  v1::UpdateWorkplaceRequest update;
  update.mutable_workplace()->set_name(made.name());
  update.mutable_workplace()->set_title("改了名称的公司");
  update.mutable_workplace()->set_credit_code(kCodes[1]);
  update.mutable_workplace()->set_etag(made.etag());
  const auto updated = Call("admin", *workplaces_, &Stub::UpdateWorkplace, update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_TRUE(updated->covered());
  EXPECT_TRUE(absl::IsAborted(Call("admin", *workplaces_, &Stub::UpdateWorkplace, update).status()));
  // The old code is free again, the new one is taken.
  EXPECT_EQ(ReasonOf(Try("B2", kCodes[1]).status()), "DUPLICATE_CODE");
  EXPECT_TRUE(Try("B2", kCodes[0]).ok());
  EXPECT_TRUE(Counts("37", 2, 1));

  v1::CloseWorkplaceRequest close;
  close.set_name(made.name());
  close.set_validate_only(true);
  ASSERT_TRUE(Call("admin", *workplaces_, &Stub::CloseWorkplace, close).ok());
  EXPECT_EQ(Get(made.name()).state(), v1::WORKPLACE_STATE_ACTIVE);
  close.set_validate_only(false);
  const auto closed = Call("admin", *workplaces_, &Stub::CloseWorkplace, close);
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_FALSE(closed->covered());
  ASSERT_EQ(Covers("B1", "state = ENDED").size(), 1u);
  EXPECT_EQ(Covers("B1", "state = ENDED")[0].end_reason(), v1::COVER_END_REASON_WORKPLACE_CLOSED);
  EXPECT_TRUE(Counts("37", 1, 0));
  const absl::Status refused = Call("admin", *workplaces_, &Stub::CloseWorkplace, close).status();
  EXPECT_EQ(ReasonOf(refused), "WORKPLACE_STATE");
  EXPECT_THAT(common::TextOf(refused).en, HasSubstr("closed"));
  EXPECT_THAT(common::TextOf(refused).en, HasSubstr("be restored"));
  EXPECT_THAT(common::TextOf(refused).zh, HasSubstr("恢复"));
  EXPECT_THAT(Reasons(Assign("B1", {made.name()}).status()), Contains("WORKPLACE_STATE"));
  v1::RestoreWorkplaceRequest restore;
  restore.set_name(made.name());
  ASSERT_TRUE(Call("admin", *workplaces_, &Stub::RestoreWorkplace, restore).ok());
  EXPECT_TRUE(Counts("37", 2, 0));

  v1::MoveWorkplaceRequest move;
  move.set_name(made.name());
  move.set_unit("units/B2");
  ASSERT_TRUE(Call("admin", *workplaces_, &Stub::MoveWorkplace, move).ok());
  EXPECT_TRUE(Counts("B2", 2, 0));
  EXPECT_TRUE(Counts("B1", 0, 0));
  move.set_unit("units/370784101");
  EXPECT_THAT(Reasons(Call("admin", *workplaces_, &Stub::MoveWorkplace, move).status()), ElementsAre("OTHER_COUNTY"));
  ExpectAuditAgrees();
}

TEST_F(WorkplaceTest, ADissolvedUnitServesNothingAndAMergedOnesSuccessorDoes) {
  using Units_ = v1::OrganizationService::Stub;
  const v1::Workplace first = Make("370783104", kCodes[0]);
  const v1::Workplace second = Make("B2", kCodes[1]);
  ASSERT_TRUE(Assign("B1", {first.name()}).ok());
  ASSERT_TRUE(Assign("B2", {first.name(), second.name()}).ok());
  EXPECT_TRUE(Counts("37", 2, 2));
  // Its own workplace keeps B2; first it is merged into B1, with all it has.
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/B2");
  EXPECT_THAT(Reasons(Units("admin", &Units_::DissolveUnit, dissolve).status()), ElementsAre("HAS_WORKPLACES"));
  const auto structure = v1::StructureService::NewStub(channel_);
  v1::MergeUnitsRequest merge;
  merge.add_sources("units/B2");
  merge.set_successor("units/B1");
  merge.set_validate_only(true);
  const auto tried = Call("admin", *structure, &v1::StructureService::Stub::MergeUnits, merge);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(Get(second.name()).unit(), "units/B2");
  merge.set_validate_only(false);
  const auto merged = Call("admin", *structure, &v1::StructureService::Stub::MergeUnits, merge);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_EQ(Get(second.name()).unit(), "units/B1");
  EXPECT_TRUE(Get(second.name()).covered());
  EXPECT_EQ(Get(first.name()).covering_units(), 1);
  EXPECT_EQ(Covers("B1").size(), 2u);
  EXPECT_TRUE(Counts("37", 2, 2));
  EXPECT_TRUE(Counts("B1", 1, 1));
  EXPECT_THAT(Reasons(Assign("B2", {first.name()}).status()), ElementsAre("UNIT_DISSOLVED"));

  v1::MoveWorkplaceRequest move;
  move.set_name(second.name());
  move.set_unit("units/370783104");
  ASSERT_TRUE(Call("admin", *workplaces_, &Stub::MoveWorkplace, move).ok());
  dissolve.set_name("units/B1");
  const auto dissolved = Units("admin", &Units_::DissolveUnit, dissolve);
  ASSERT_TRUE(dissolved.ok()) << dissolved.status();
  EXPECT_FALSE(Get(first.name()).covered());
  EXPECT_TRUE(Counts("37", 2, 0));
  for (const v1::Cover& cover : Covers("370783", "state = ENDED")) {
    EXPECT_NE(cover.end_reason(), v1::COVER_END_REASON_RELEASED);
  }
  ExpectAuditAgrees();
}

TEST_F(WorkplaceTest, WhatLiesOutsideIsNotThereAndWhatIsUncoveredIsAnAlert) {
  const v1::Workplace made = Make("370783104", kCodes[0]);
  Grant("inside", common::v1::ROLE_OFFICER, "370783104");
  Grant("outside", common::v1::ROLE_OFFICER, "370784");
  Grant("viewer", common::v1::ROLE_VIEWER, "370783104");
  v1::GetWorkplaceRequest get;
  get.set_name(made.name());
  EXPECT_TRUE(Call("viewer", *workplaces_, &Stub::GetWorkplace, get).ok());
  EXPECT_TRUE(absl::IsNotFound(Call("outside", *workplaces_, &Stub::GetWorkplace, get).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(Try("B1", kCodes[1], "viewer").status()));
  EXPECT_TRUE(absl::IsNotFound(Try("B1", kCodes[1], "outside").status()));
  EXPECT_TRUE(absl::IsNotFound(Assign("B1", {made.name()}, "outside").status()));
  // One of them out of scope is as if it were not there.
  const v1::Workplace county = Make("370783", kCodes[1]);
  EXPECT_TRUE(absl::IsNotFound(Assign("B1", {made.name(), county.name()}, "inside").status()));
  EXPECT_THAT(Uncovered("370783104", "inside"), ElementsAre(made.name()));

  v1::ListAlertsRequest alerts;
  alerts.set_unit("units/370783104");
  alerts.set_filter("rule = UNCOVERED_WORKPLACES");
  absl::StatusOr<v1::ListAlertsResponse> response;
  const auto size = [&] {
    response = Units("inside", &v1::OrganizationService::Stub::ListAlerts, alerts);
    return response.ok() ? response->alerts_size() : -1;
  };
  ASSERT_TRUE(Eventually([&] { return size() == 1; })) << response.status();
  EXPECT_EQ(response->alerts(0).value(), 1);
  EXPECT_EQ(response->alerts(0).rule_path(), "coverage.covering_kinds");
  EXPECT_FALSE(response->alerts(0).source().empty());
  ASSERT_TRUE(Assign("B1", {made.name()}, "inside").ok());
  EXPECT_TRUE(Eventually([&] { return size() == 0; }));
}

}  // namespace
}  // namespace ronghe::organization
