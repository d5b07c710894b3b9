#include <map>
#include <set>

#include "tests/service/organization/service_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Stub = v1::OrganizationService::Stub;

constexpr char kRequestId[] = "123e4567-e89b-12d3-a456-426614174000";

class OrganizationTest : public ServiceTest {
 protected:
  std::vector<std::string> List(const std::string& subject, const std::string& parent, bool subtree,
                                v1::ListUnitsResponse* last = nullptr) {
    v1::ListUnitsRequest request;
    request.set_parent(parent);
    request.set_subtree(subtree);
    request.set_page_size(2);
    std::vector<std::string> codes;
    do {
      absl::StatusOr<v1::ListUnitsResponse> page = Units(subject, &Stub::ListUnits, request);
      if (!page.ok()) return {ReasonOf(page.status()).empty() ? page.status().ToString() : ReasonOf(page.status())};
      for (const v1::Unit& unit : page->units()) codes.push_back(unit.code());
      request.set_page_token(page->next_page_token());
      if (last != nullptr) *last = *page;
    } while (!request.page_token().empty());
    return codes;
  }
};

TEST_F(OrganizationTest, WhatWasMadeIsFoundByTheNextCall) {
  MakeTree();
  const absl::StatusOr<v1::Unit> unit = Get("admin", "B1");
  ASSERT_TRUE(unit.ok()) << unit.status();
  EXPECT_EQ(unit->name(), "units/B1");
  EXPECT_EQ(unit->parent(), "units/370783104");
  EXPECT_EQ(unit->level(), v1::LEVEL_BRANCH);
  EXPECT_EQ(unit->kind(), v1::UNIT_KIND_BRANCH);
  EXPECT_EQ(unit->state(), v1::UNIT_STATE_ACTIVE);
  EXPECT_EQ(unit->partition(), 3);
  EXPECT_GT(unit->uid(), 0);
  EXPECT_FALSE(unit->etag().empty());
  EXPECT_FALSE(unit->revision().empty());
  EXPECT_GT(unit->effective_date().year(), 2020);
  EXPECT_FALSE(unit->has_established_date());
  EXPECT_FALSE(unit->has_end_date());
  v1::GetUnitRequest request;
  request.set_name("units/B1");
  request.add_min_revision(unit->revision());
  EXPECT_TRUE(Units("admin", &Stub::GetUnit, request).ok());
  request.add_min_revision("nonsense");
  EXPECT_TRUE(absl::IsInvalidArgument(Units("admin", &Stub::GetUnit, request).status()));
}

TEST_F(OrganizationTest, SaysEverythingThatIsWrongInBothLanguages) {
  v1::CreateUnitRequest request = NewUnit("bad code", v1::LEVEL_COUNTY, v1::UNIT_KIND_UNSPECIFIED, "");
  request.mutable_unit()->clear_title();
  request.mutable_unit()->mutable_established_date()->set_year(1949);
  request.mutable_effective_date()->set_year(2200);
  request.mutable_effective_date()->set_month(1);
  request.mutable_effective_date()->set_day(1);
  request.set_request_id("no uuid");
  const absl::Status status = Create("admin", request).status();
  ASSERT_TRUE(absl::IsInvalidArgument(status)) << status;
  std::vector<std::string> faults;
  for (const common::Violation& violation : common::ViolationsOf(status)) {
    faults.push_back(violation.field + " " + violation.reason);
  }
  EXPECT_THAT(faults,
              UnorderedElementsAre("unit.established_date BAD_DATE", "request_id BAD_UUID", "unit.code BAD_CODE",
                                   "unit.title REQUIRED", "unit.kind REQUIRED", "effective_date EFFECTIVE_IN_FUTURE"));
  EXPECT_FALSE(common::TextOf(status).zh.empty());
  EXPECT_FALSE(common::TextOf(status).en.empty());
}

TEST_F(OrganizationTest, OutsideOnesScopeIsInvisible) {
  MakeTree();
  Grant("officer", common::v1::ROLE_OFFICER, "370783");
  EXPECT_TRUE(Get("officer", "370783104").ok());
  EXPECT_TRUE(absl::IsNotFound(Get("officer", "370784").status()));
  EXPECT_TRUE(absl::IsNotFound(Get("officer", "37").status()));
  EXPECT_TRUE(absl::IsNotFound(Get("officer", "NOWHERE").status()));
  EXPECT_TRUE(absl::IsPermissionDenied(Get("stranger", "37").status()));
  const v1::CreateUnitRequest inside = NewUnit("N1", v1::LEVEL_BRANCH, v1::UNIT_KIND_BRANCH, "370783104");
  const v1::CreateUnitRequest outside = NewUnit("N2", v1::LEVEL_BRANCH, v1::UNIT_KIND_BRANCH, "370784101");
  EXPECT_TRUE(Create("officer", inside).ok());
  EXPECT_TRUE(absl::IsNotFound(Create("officer", outside).status()));
  EXPECT_EQ(ReasonOf(Create("officer", NewUnit("11", v1::LEVEL_PROVINCE, v1::UNIT_KIND_COMMITTEE, "")).status()),
            "NEEDS_ALL_UNITS");
  // A move needs the permission on both ends.
  v1::MoveUnitRequest move;
  move.set_name("units/B1");
  move.set_parent("units/370784101");
  EXPECT_TRUE(absl::IsNotFound(Units("officer", &Stub::MoveUnit, move).status()));
  EXPECT_TRUE(Units("admin", &Stub::MoveUnit, move).ok());
  EXPECT_TRUE(absl::IsNotFound(Get("officer", "B1").status()));
  EXPECT_THAT(List("officer", "units/-", true), ElementsAre("370783", "370783104", "B2", "N1"));
  EXPECT_THAT(List("officer", "units/-", false), ElementsAre("370783"));
  v1::BatchGetUnitsRequest batch;
  batch.add_names("units/B2");
  batch.add_names("units/B1");
  EXPECT_TRUE(absl::IsNotFound(Units("officer", &Stub::BatchGetUnits, batch).status()));
  common::v1::BatchGetSummariesRequest summaries;
  summaries.add_units("units/370784");
  EXPECT_TRUE(absl::IsNotFound(Units("officer", &Stub::BatchGetSummaries, summaries).status()));
}

TEST_F(OrganizationTest, ARetryHasTheSameAnswerAndOneEffect) {
  MakeTree();
  v1::CreateUnitRequest request = NewUnit("N1", v1::LEVEL_BRANCH, v1::UNIT_KIND_BRANCH, "370783104");
  request.set_request_id(kRequestId);
  const v1::Unit first = *Create("admin", request);
  const v1::Unit again = *Create("admin", request);
  EXPECT_EQ(first.SerializeAsString(), again.SerializeAsString());
  request.mutable_unit()->set_title("other");
  EXPECT_EQ(ReasonOf(Create("admin", request).status()), "REQUEST_ID_REUSED");
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/N1");
  dissolve.set_request_id("123e4567-e89b-12d3-a456-426614174001");
  EXPECT_EQ(Units("admin", &Stub::DissolveUnit, dissolve)->state(), v1::UNIT_STATE_DISSOLVED);
  EXPECT_EQ(Units("admin", &Stub::DissolveUnit, dissolve)->state(), v1::UNIT_STATE_DISSOLVED);
  dissolve.clear_request_id();
  EXPECT_EQ(ReasonOf(Units("admin", &Stub::DissolveUnit, dissolve).status()), "UNIT_DISSOLVED");
}

TEST_F(OrganizationTest, TryingLeavesNothing) {
  MakeTree();
  v1::CreateUnitRequest request = NewUnit("N1", v1::LEVEL_BRANCH, v1::UNIT_KIND_BRANCH, "370783104");
  request.set_validate_only(true);
  const absl::StatusOr<v1::Unit> tried = Create("admin", request);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(tried->parent(), "units/370783104");
  EXPECT_TRUE(tried->revision().empty());
  EXPECT_TRUE(absl::IsNotFound(Get("admin", "N1").status()));
}

TEST_F(OrganizationTest, DissolvingListsEveryBlocker) {
  MakeTree();
  v1::DissolveUnitRequest request;
  request.set_name("units/370783");
  const absl::Status status = Units("admin", &Stub::DissolveUnit, request).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  std::vector<std::string> blockers;
  for (const common::Blocker& blocker : common::BlockersOf(status)) blockers.push_back(blocker.subject);
  EXPECT_THAT(blockers, UnorderedElementsAre("units/370783104", "units/B1", "units/B2"));
}

TEST_F(OrganizationTest, UpdatesByMaskAndEtag) {
  MakeTree();
  v1::UpdateUnitRequest request;
  request.mutable_unit()->set_name("units/B1");
  request.mutable_unit()->set_title("新名");
  request.mutable_unit()->set_etag(Get("admin", "B1")->etag());
  request.mutable_update_mask()->add_paths("title");
  EXPECT_EQ(Units("admin", &Stub::UpdateUnit, request)->title(), "新名");
  EXPECT_TRUE(absl::IsAborted(Units("admin", &Stub::UpdateUnit, request).status()));
  v1::ListUnitHistoryRequest history;
  history.set_name("units/B1");
  // Corrected on the day it was made: one version.
  const v1::ListUnitHistoryResponse versions = *Units("admin", &Stub::ListUnitHistory, history);
  ASSERT_THAT(versions.versions(), SizeIs(1));
  EXPECT_EQ(versions.versions(0).title(), "新名");
}

TEST_F(OrganizationTest, BadNamesDatesTokensAndFilters) {
  MakeTree();
  v1::GetUnitRequest get;
  for (const char* name : {"", "units/", "units/-", "units/a b", "37", "units/37/x"}) {
    get.set_name(name);
    EXPECT_TRUE(absl::IsInvalidArgument(Units("admin", &Stub::GetUnit, get).status())) << name;
  }
  get.set_name("units/37");
  get.mutable_as_of()->set_year(2026);
  get.mutable_as_of()->set_month(2);
  get.mutable_as_of()->set_day(30);
  EXPECT_EQ(common::ViolationsOf(Units("admin", &Stub::GetUnit, get).status())[0].reason, "BAD_DATE");
  get.mutable_as_of()->set_year(1990);
  get.mutable_as_of()->set_day(1);
  EXPECT_TRUE(absl::IsNotFound(Units("admin", &Stub::GetUnit, get).status()));
  v1::ListUnitsRequest list;
  list.set_parent("units/37");
  list.set_filter("level = COUNTY OR level = BRANCH");
  EXPECT_TRUE(absl::IsInvalidArgument(Units("admin", &Stub::ListUnits, list).status()));
  list.set_filter("level = COUNTY");
  list.set_page_size(1);
  v1::ListUnitsResponse page = *Units("admin", &Stub::ListUnits, list);
  list.set_page_token(page.next_page_token());
  EXPECT_TRUE(Units("admin", &Stub::ListUnits, list).ok());
  list.set_filter("level = BRANCH");
  EXPECT_TRUE(absl::IsInvalidArgument(Units("admin", &Stub::ListUnits, list).status()));
}

TEST_F(OrganizationTest, SumsHoldAtEveryLevel) {
  MakeTree();
  Branch("PB", "37");
  common::v1::BatchGetSummariesRequest request;
  for (const char* unit : {"units/37", "units/370783", "units/370783104"}) request.add_units(unit);
  request.set_include_children(true);
  const absl::StatusOr<v1::BatchGetSummariesResponse> response = Units("admin", &Stub::BatchGetSummaries, request);
  ASSERT_TRUE(response.ok()) << response.status();
  std::map<std::string, v1::UnitSummary> by_unit;
  for (const v1::UnitSummary& summary : response->summaries()) by_unit[summary.unit()] = summary;
  EXPECT_EQ(by_unit["units/37"].total().units(), 8);
  EXPECT_EQ(by_unit["units/37"].total().branches(), 3);
  EXPECT_EQ(by_unit["units/37"].total().committees(), 5);
  auto total = [&](const std::string& unit) { return by_unit["units/" + unit].total().units(); };
  auto own = [&](const std::string& unit) { return by_unit["units/" + unit].own().units(); };
  EXPECT_EQ(total("37"), own("37") + total("370783") + total("370784") + total("PB"));
  EXPECT_EQ(total("370783"), own("370783") + total("370783104"));
  EXPECT_EQ(total("370783104"), own("370783104") + total("B1") + total("B2"));
  EXPECT_GT(response->watermark().position(), 0);
}

TEST_F(OrganizationTest, ExportsEverythingParentsFirst) {
  MakeTree();
  grpc::ClientContext context;
  SetCaller(context, "admin");
  v1::ExportUnitsRequest request;
  request.set_parent("units/-");
  auto reader = server_->units->ExportUnits(&context, request);
  std::set<std::string> seen;
  v1::ExportUnitsResponse response;
  while (reader->Read(&response)) {
    EXPECT_LE(response.units_size(), 500);
    for (const v1::Unit& unit : response.units()) {
      EXPECT_TRUE(unit.parent().empty() || seen.contains(unit.parent())) << unit.name();
      seen.insert(unit.name());
    }
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_THAT(seen, SizeIs(7));
}

TEST_F(OrganizationTest, AListTellsFromWhereToWatch) {
  MakeTree();
  v1::ListUnitsResponse page;
  List("admin", "units/-", true, &page);
  ASSERT_FALSE(page.resume_token().empty());
  Branch("N1", "370783104");
  v1::DissolveUnitRequest dissolve;
  dissolve.set_name("units/B1");
  ASSERT_TRUE(Units("admin", &Stub::DissolveUnit, dissolve).ok());
  grpc::ClientContext context;
  SetCaller(context, "admin");
  common::v1::WatchRequest request;
  request.set_resume_token(page.resume_token());
  auto reader = server_->units->Watch(&context, request);
  std::vector<std::string> changes;
  common::v1::WatchResponse response;
  while (changes.size() < 2 && reader->Read(&response)) {
    for (const common::v1::Change& change : response.changes()) {
      changes.push_back(fmt::format("{} {}", common::v1::ChangeKind_Name(change.kind()), change.resource()));
    }
  }
  EXPECT_THAT(changes, ElementsAre("CHANGE_KIND_CREATED units/N1", "CHANGE_KIND_STRUCTURE_CHANGED units/B1"));
  context.TryCancel();
}

TEST_F(OrganizationTest, TheRegisterIsCheckedForThoseWhoAuditEverything) {
  MakeTree();
  Grant("auditor", common::v1::ROLE_AUDITOR, "37");
  v1::CheckIntegrityRequest request;
  const absl::StatusOr<v1::CheckIntegrityResponse> response = Units("admin", &Stub::CheckIntegrity, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->findings_size(), 0);
  ASSERT_EQ(response->counts_size(), v1::IntegrityCheck_ARRAYSIZE - 1);
  EXPECT_EQ(response->counts(0).check(), v1::INTEGRITY_CHECK_UNIT_ORPHANED);
  EXPECT_GT(response->counts(0).examined(), 0);
  EXPECT_GE(response->end_time().seconds(), response->start_time().seconds());
  request.set_max_findings(1001);
  EXPECT_EQ(common::ViolationsOf(Units("admin", &Stub::CheckIntegrity, request).status())[0].field, "max_findings");
  // A province is not everything.
  EXPECT_TRUE(absl::IsPermissionDenied(Units("auditor", &Stub::CheckIntegrity, {}).status()));
}

TEST_F(OrganizationTest, WhatWasWrittenSurvivesARestart) {
  MakeTree();
  const v1::Unit before = *Get("admin", "B1");
  server_.reset();
  server_ = std::make_unique<Running>(config_);
  const absl::StatusOr<v1::Unit> after = Get("admin", "B1");
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->SerializeAsString(), before.SerializeAsString());
  v1::GetUnitRequest request;
  request.set_name("units/B1");
  request.add_min_revision(before.revision());
  EXPECT_TRUE(Units("admin", &Stub::GetUnit, request).ok());
}

TEST_F(OrganizationTest, AnotherReplicaFindsItAtOnce) {
  MakeTree();
  Running other(config_);
  for (int i = 0; i < 20; ++i) {
    const std::string code = fmt::format("N{}", 10 + i);
    Branch(code, "370783104");
    v1::GetUnitRequest request;
    request.set_name("units/" + code);
    const absl::StatusOr<v1::Unit> unit = Call("admin", *other.units, &Stub::GetUnit, request);
    EXPECT_TRUE(unit.ok()) << unit.status();
  }
}

}  // namespace
}  // namespace ronghe::organization
