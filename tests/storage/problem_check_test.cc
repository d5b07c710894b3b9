// Checklists and self-checks, on every engine: each unit checks itself once, and each "no" is a problem, once.
#include <thread>

#include "services/rectification/app/check_app.h"
#include "services/rectification/storage/sql_check_store.h"
#include "tests/storage/problem_fixture.h"

namespace ronghe::rectification {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class ProblemCheckTest : public ProblemTestBase {
 protected:
  static constexpr Day kDue{2026, 11, 20};

  void SetUp() override {
    ProblemTestBase::SetUp();
    check_store_.emplace(*database_, *log_, *texts_, zone_);
    checks_.emplace(CheckApp::Parts{*check_store_, *app_, units_, rights_, calendar(), policy_.policy, signer_});
    AddTimers(*timers_);
  }
  void AddTimers(common::TimerLoop& timers) {
    timers.Handle(std::string(kRoundTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
      SqlCheckTxn check_txn(txn, *texts_, zone_);
      return checks_->Open(check_txn, CheckRoundId(timer.record));
    });
    timers.Handle(std::string(kCheckTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
      SqlCheckTxn check_txn(txn, *texts_, zone_);
      return checks_->Due(check_txn, SelfCheckId(timer.record), timer.due);
    });
  }

  static Checklist Standards() {
    Checklist checklist;
    checklist.title = "财务自查";
    checklist.kinds = {4};  // branches
    checklist.items = {{"approval", "支出须审批", "第三条", "finance", ProblemClass::kTimeBound, 10},
                       {"records", "记录完整", "", "organizational_life", ProblemClass::kLongTerm, 0}};
    return checklist;
  }
  StoredChecklist Made() { return checks_->Create(By("county"), "units/C", Standards(), {}).value(); }
  RoundView Issued(const StoredChecklist& checklist, std::vector<std::string> units = {}) {
    const auto view = checks_->Issue(By("county"), {NameOf(checklist.id), std::move(units), kDue}, {});
    EXPECT_TRUE(view.ok()) << view.status();
    EXPECT_GT(Fire(), 0);
    return view.value_or(RoundView());
  }
  std::vector<CheckView> Worklist(const std::string& unit, const std::string& filter = "") {
    return checks_->ListChecks(By("county"), {unit, true, filter, 0, ""}).value().checks;
  }
  static std::vector<CheckAnswer> Answers() {
    return {{"approval", CheckAnswerValue::kNo, "", "王五经手的支出无审批", 0},
            {"records", CheckAnswerValue::kYes, "会议记录本", "", 0}};
  }

  std::optional<SqlCheckStore> check_store_;
  std::optional<CheckApp> checks_;
};
INSTANTIATE_ENGINES(ProblemCheckTest);

TEST_P(ProblemCheckTest, EachUnitOfTheKindChecksItselfOnce) {
  const StoredChecklist checklist = Made();
  const RoundView round = Issued(checklist);
  EXPECT_EQ(Fire(), 0);
  EXPECT_EQ(Worklist("units/C").size(), 3u);  // the branches
  const std::vector<CheckView> open = Worklist("units/B1");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].unit, kB1);
  EXPECT_EQ(Worklist("units/T2").size(), 1u);
  common::WriteOptions options;
  options.key = {"clerk", "1f8a", "digest"};
  const std::string name = NameOf(open[0].stored.id);
  const CheckView done = checks_->Submit(By("clerk"), name, Answers(), options).value();
  EXPECT_EQ(done.stored.check.state, SelfCheckState::kDone);
  EXPECT_EQ(done.stored.check.failed, 1);
  // A retry answers the same; another submission is refused.
  const CheckView again = checks_->Submit(By("clerk"), name, Answers(), options).value();
  EXPECT_EQ(again.stored.check.answers[0].problem, done.stored.check.answers[0].problem);
  EXPECT_EQ(ReasonOf(checks_->Submit(By("clerk"), name, Answers(), {}).status()), "SELF_CHECK_STATE");
  // Linked both ways.
  const ProblemPage page = query_->List(By("county"), {"units/C", true, 0, "", "", ""}).value();
  ASSERT_EQ(page.problems.size(), 1u);
  const Problem& problem = page.problems[0].stored.problem;
  EXPECT_EQ(page.problems[0].stored.id.value, done.stored.check.answers[0].problem);
  EXPECT_EQ(problem.cause, name + "/items/approval");
  EXPECT_EQ(problem.source, ProblemSource::kSelfCheck);
  EXPECT_EQ(problem.unit, kB1);
  EXPECT_EQ(problem.supervising, kT1);
  EXPECT_EQ(problem.due, Day(2026, 11, 30));
  EXPECT_EQ(problem.description, "王五经手的支出无审批");
  EXPECT_EQ(checks_->GetCheck(By("clerk"), name).value().stored.check.answers[1].basis, "会议记录本");
  EXPECT_EQ(Count("SELECT COUNT(*) FROM self_check WHERE CAST(texts AS TEXT) LIKE '%王五%'"), 0);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_open", 1)));
  const RoundView now = checks_->GetRound(By("county"), NameOf(round.stored.id)).value();
  EXPECT_EQ(now.counts.expected, 3);
  EXPECT_EQ(now.counts.done, 1);
  EXPECT_EQ(now.counts.failed, 1);
}

TEST_P(ProblemCheckTest, OfManyWhoSubmitAtOnceOneDoes) {
  Issued(Made(), {"units/B1"});
  const std::string name = NameOf(Worklist("units/B1").at(0).stored.id);
  std::vector<absl::Status> results(8);
  std::vector<std::thread> senders;
  for (absl::Status& result : results) {
    senders.emplace_back(
        [this, &result, &name] { result = checks_->Submit(By("clerk"), name, Answers(), {}).status(); });
  }
  for (std::thread& sender : senders) sender.join();
  int done = 0;
  for (const absl::Status& result : results) {
    done += result.ok() ? 1 : 0;
    EXPECT_TRUE(result.ok() || ReasonOf(result) == "SELF_CHECK_STATE") << result;
  }
  EXPECT_EQ(done, 1);
  EXPECT_EQ(Totals().at("problems_found"), 1);
}

TEST_P(ProblemCheckTest, WhatIsNotDoneInTimeIsOverdueByTheClock) {
  Issued(Made());
  checks_->Submit(By("clerk"), NameOf(Worklist("units/B1").at(0).stored.id), Answers(), {}).value();
  GoTo(Day(2026, 11, 21));
  EXPECT_EQ(Fire(), 2);
  EXPECT_EQ(Fire(), 0);
  EXPECT_EQ(Worklist("units/C", "overdue = TRUE").size(), 2u);
  const auto progress = checks_->Progress(By("county"), "units/C", "").value();
  ASSERT_EQ(progress.size(), 3u);
  EXPECT_EQ(progress[0].unit, kCounty);
  EXPECT_EQ(progress[0].counts.expected, 3);
  EXPECT_EQ(progress[0].counts.overdue, 2);
  EXPECT_EQ(progress[1].unit, kT1);
  EXPECT_EQ(progress[1].counts.done, 1);
  EXPECT_EQ(progress[2].counts.expected, 1);
  const CheckView late = Worklist("units/B3").at(0);
  const CheckView done = checks_->Submit(By("county"), NameOf(late.stored.id), Answers(), {}).value();
  EXPECT_FALSE(done.stored.check.on_time);
  EXPECT_FALSE(done.stored.check.overdue);
}

TEST_P(ProblemCheckTest, SelfChecksKeepTheVersionWithWhichTheyWereIssued) {
  const StoredChecklist first = Made();
  Issued(first, {"units/B1"});
  ChecklistUpdate update;
  update.checklist.items = {Standards().items[1]};
  common::WriteOptions stale;
  stale.etag = "0.0";
  EXPECT_EQ(ReasonOf(checks_->Update(By("county"), NameOf(first.id), update, stale).status()), "ETAG_MISMATCH");
  const StoredChecklist second = checks_->Update(By("county"), NameOf(first.id), update, {}).value();
  EXPECT_EQ(second.version, 2);
  EXPECT_EQ(second.checklist.title, "财务自查");
  EXPECT_EQ(checks_->Get(By("county"), NameOf(first.id), 1).value().checklist.items.size(), 2u);
  EXPECT_EQ(checks_->Get(By("county"), NameOf(first.id), 0).value().checklist.items.size(), 1u);
  EXPECT_EQ(checks_->Get(By("county"), NameOf(first.id), 3).status().code(), absl::StatusCode::kNotFound);
  const CheckView check = checks_->GetCheck(By("clerk", kB1), NameOf(Worklist("units/B1").at(0).stored.id)).value();
  EXPECT_EQ(check.items.size(), 2u);
  // Those below see what is for them; those beside do not.
  EXPECT_EQ(checks_->List(By("clerk", kB1), "units/B1").value().size(), 1u);
  EXPECT_THAT(checks_->List(By("county"), "units/T1").value(), IsEmpty());  // not of the kind
  EXPECT_EQ(checks_->Get(By("clerk", kB1), NameOf(first.id), 0).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(ProblemCheckTest, EveryFaultOfARoundIsNamed) {
  const StoredChecklist checklist = Made();
  const auto refused = checks_->Issue(
      By("county"), {NameOf(checklist.id), {"units/T1", "units/B1", "units/B1", "units/P", "B2"}, Day(2026, 11, 1)},
      {});
  std::vector<std::string> faults;
  for (const common::Violation& one : common::ViolationsOf(refused.status())) {
    faults.push_back(one.field + " " + one.reason);
  }
  EXPECT_THAT(faults, ElementsAre("round.due_date IN_PAST", "round.units[0] OTHER_KIND", "round.units[2] DUPLICATE",
                                  "round.units[3] NOT_BELOW", "round.units[4] BAD_NAME"));
  common::WriteOptions tried;
  tried.validate_only = true;
  EXPECT_EQ(checks_->Issue(By("county"), {NameOf(checklist.id), {}, kDue}, tried).value().stored.revision, 0);
  EXPECT_EQ(Fire(), 0);
  EXPECT_THAT(Worklist("units/C"), IsEmpty());
}

}  // namespace
}  // namespace ronghe::rectification
