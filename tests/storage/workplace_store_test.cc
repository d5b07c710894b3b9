// Workplaces and covers as they are kept, on every engine: keys are unique, coverage adds up, and what happens to units
// happens to what they count and serve.
#include <atomic>
#include <thread>

#include "services/organization/app/workplace_app.h"
#include "services/organization/app/workplace_query.h"
#include "services/organization/storage/sql_workplace_occupants.h"
#include "services/organization/storage/sql_workplace_store.h"
#include "tests/storage/reorganization_fixture.h"

namespace ronghe::organization {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WorkplaceStoreTest : public ReorganizationTestBase {
 protected:
  void SetUp() override {
    ReorganizationTestBase::SetUp();
    workplace_occupants_.emplace(tests::DefaultRules());
    occupants_list_ = {&*member_occupants_, &*workplace_occupants_};
    store_.emplace(*database_, *log_, occupants_list_, calendar());
    facts_.emplace(metrics_, occupants_list_);
    auditor_.emplace(*database_, metrics_, *facts_, clock_);
    workplaces_.emplace(*database_, *log_);
    work_.emplace(*workplaces_, *tree_, calendar(), tests::DefaultRules());
    list_.emplace(*workplaces_, *tree_, signer_);
    MakeTree();
    Refresh();
  }

  absl::StatusOr<StoredWorkplace> TryMake(const std::string& unit, const std::string& external_id) {
    return work_->Create(call_, "units/" + unit, {1, "某公司", "", external_id}, {});
  }
  StoredWorkplace Make(const std::string& unit, const std::string& external_id) {
    const auto made = TryMake(unit, external_id);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.value_or(StoredWorkplace());
  }
  absl::Status Assign(const std::string& unit, const std::vector<StoredWorkplace>& workplaces) {
    std::vector<std::string> names;
    for (const StoredWorkplace& workplace : workplaces) names.push_back(NameOf(workplace.id));
    return work_->Assign(call_, "units/" + unit, names, {}).status();
  }
  StoredWorkplace Now(const StoredWorkplace& workplace) {
    return workplaces_->Find(workplace.id, absl::InfiniteFuture()).value().value();
  }
  // `workplaces covered`, as published; checked against the records.
  std::string Counted(const std::string& unit) {
    const auto totals = Totals(unit);
    ExpectAuditClean();
    return fmt::format("{} {}", totals.at("workplaces"), totals.at("covered_workplaces"));
  }

  std::optional<SqlWorkplaceOccupants> workplace_occupants_;
  std::optional<SqlWorkplaceStore> workplaces_;
  std::optional<WorkplaceApp> work_;
  std::optional<WorkplaceQuery> list_;
};
INSTANTIATE_ENGINES(WorkplaceStoreTest);

TEST_P(WorkplaceStoreTest, AKeyIsUsedOnceInTheDeploymentAlsoUnderARace) {
  std::atomic<int> made = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto one = TryMake(i % 2 == 0 ? "370783104" : "370784101", "the same");
      if (one.ok()) ++made;
      if (common::ReasonOf(one.status()) == "DUPLICATE_EXTERNAL_ID") ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM workplace"), 1);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM registry_workplace"), 1);
  EXPECT_EQ(Counted("37"), "1 0");
}

TEST_P(WorkplaceStoreTest, CoverageAddsUpUnderARace) {
  const StoredWorkplace first = Make("370783104", "1");
  const StoredWorkplace second = Make("370783", "2");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const std::string unit = i % 2 == 0 ? "units/B1" : "units/B2";
      const std::string name = NameOf(i < 2 ? first.id : second.id);
      for (int round = 0; round < 6; ++round) {
        ASSERT_TRUE(work_->Assign(call_, unit, {name}, {}).ok());
        if (round == 5) break;
        ASSERT_TRUE(work_->Release(call_, unit, {name}, {}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Now(first).covering, 2);
  EXPECT_EQ(Now(second).covering, 2);
  EXPECT_EQ(Counted("37"), "2 2");
}

TEST_P(WorkplaceStoreTest, AUnitThatBecomesWhatCoversNothingCoversNothing) {
  const StoredWorkplace workplace = Make("370783104", "1");
  Must(Assign("B1", {workplace}));
  EXPECT_EQ(Counted("37"), "1 1");
  const auto become = [&](UnitKind kind) {
    UnitChanges changes;
    changes.fields.kind = kind;
    changes.mask = {"kind"};
    Must(app_->Update(call_, "units/B1", changes, {}).status());
  };
  become(UnitKind::kJointBranch);
  EXPECT_EQ(Counted("37"), "1 1");
  become(UnitKind::kWorkingCommittee);
  EXPECT_EQ(Now(workplace).covering, 0);
  EXPECT_EQ(Counted("37"), "1 0");
  become(UnitKind::kBranch);
  EXPECT_EQ(Counted("37"), "1 1");
}

TEST_P(WorkplaceStoreTest, AMergerTakesWorkplacesAndCoverageAlong) {
  const StoredWorkplace own = Make("B2", "1");
  const StoredWorkplace shared = Make("370783104", "2");
  Must(Assign("B1", {shared}));
  Must(Assign("B2", {own, shared}));
  const Step merging = Merging({"B2"}, "B1");
  const Reorganization tried = Try({merging}).value();
  EXPECT_THAT(Blockers(tried), IsEmpty());
  bool told = false;
  for (const StepEffect& effect : codec_.OutcomeOf(tried).effects) {
    told |= effect.kind == EffectKind::kWorkplacesMoved && effect.count == 1;
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(Now(own).info.unit, own.info.unit);
  EXPECT_EQ(Counted("37"), "2 2");
  Must(Do({merging}).status());
  EXPECT_EQ(Now(own).info.unit, Get("B1")->uid());
  EXPECT_EQ(Now(own).covering, 1);
  EXPECT_EQ(Now(shared).covering, 1);
  EXPECT_EQ(Counted("37"), "2 2");
  EXPECT_EQ(Counted("B1"), "1 1");
  EXPECT_EQ(Counted("B2"), "0 0");
}

TEST_P(WorkplaceStoreTest, ASplitAllotsEveryWorkplace) {
  const StoredWorkplace own = Make("B1", "1");
  const StoredWorkplace served = Make("370783104", "2");
  Must(Assign("B1", {own, served}));
  SplitStep split;
  split.unit = "units/B1";
  SplitPart first;
  first.unit = "units/B2";
  SplitPart second;
  second.establish = NewBranch("B3", "370783104");
  split.parts = {first, second};
  EXPECT_THAT(Blockers(Try({split}).value()), Contains("NOT_ALLOTTED units/B1"));
  split.parts[0].workplaces = {NameOf(served.id)};
  EXPECT_THAT(Blockers(Try({split}).value()), Contains("NOT_IN_UNIT " + NameOf(served.id)));
  split.parts[0].workplaces = {};
  split.parts[1].workplaces = {NameOf(own.id)};
  EXPECT_THAT(Blockers(Try({split}).value()), IsEmpty());
  Must(Do({split}).status());
  EXPECT_EQ(Now(own).info.unit, Get("B3")->uid());
  // Nobody has taken over what it served.
  EXPECT_EQ(Now(own).covering, 0);
  EXPECT_EQ(Counted("37"), "2 0");
}

TEST_P(WorkplaceStoreTest, NobodyServesInTheNameOfADissolvedUnit) {
  for (int round = 0; round < 4; ++round) {
    const std::string code = fmt::format("R{}", round);
    Create(Fields(code, Level::kBranch, UnitKind::kBranch), "370783104");
    Refresh();
    const StoredWorkplace workplace = Make("370783104", code);
    absl::Status assigned;
    std::thread other([&] { assigned = Assign(code, {workplace}); });
    const absl::Status dissolved = Dissolve(code).status();
    other.join();
    EXPECT_TRUE(dissolved.ok()) << dissolved;
    EXPECT_TRUE(assigned.ok() || common::ReasonOf(assigned) == "UNIT_DISSOLVED") << assigned;
    EXPECT_EQ(Now(workplace).covering, 0);
  }
  EXPECT_EQ(Count("SELECT COUNT(*) FROM cover WHERE state = 1"), 0);
  EXPECT_EQ(Counted("37"), "4 0");
  EXPECT_THAT(BlockersOf(Dissolve("370783104").status()), Contains("HAS_WORKPLACES units/370783104"));
}

TEST_P(WorkplaceStoreTest, ListsPageThroughASubtree) {
  for (int i = 0; i < 7; ++i) {
    const StoredWorkplace made = Make(i % 2 == 0 ? "370783104" : "B1", fmt::format("w{}", i));
    if (i == 3) Must(Assign("B2", {made}));
  }
  Make("370784101", "elsewhere");
  ListRecordsQuery query;
  query.parent = "units/370783";
  query.page_size = 2;
  int seen = 0;
  do {
    const auto page = list_->ListUncovered(call_, query);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const StoredWorkplace& workplace : page->records) EXPECT_FALSE(workplace.covered());
    seen += static_cast<int>(page->records.size());
    query.page_token = page->next_page_token;
  } while (!query.page_token.empty());
  EXPECT_EQ(seen, 6);
  query.subtree = true;
  query.filter = "covered = TRUE";
  EXPECT_EQ(list_->ListWorkplaces(call_, query)->records.size(), 1u);
  query.filter = "covered = MAYBE";
  EXPECT_EQ(ReasonOf(list_->ListWorkplaces(call_, query).status()), "UNKNOWN_VALUE");
}

}  // namespace
}  // namespace ronghe::organization
