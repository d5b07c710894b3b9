// What the clock does to problems, on every engine: overdue and escalated once each, whoever looks and however often.
#include <thread>

#include "tests/storage/problem_fixture.h"

namespace ronghe::rectification {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using E = ProblemEvent;
using S = ProblemState;

class ProblemDeadlineTest : public ProblemTestBase {
 protected:
  // Names of what a worklist shows to somebody.
  std::vector<std::string> Worklist(const std::string& who, const std::string& unit, rectification::Worklist worklist,
                                    bool subtree = false) {
    WorklistQuery query;
    query.parent = "units/" + unit;
    query.worklist = worklist;
    query.subtree = subtree;
    const auto page = query_->ListWorklist(By(who), query);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> names;
    if (!page.ok()) return names;
    for (const ProblemView& view : page->problems) names.push_back(NameOf(view.stored.id));
    return names;
  }
  ProblemAction Extend(Day due) {
    ProblemAction action = ActionOf(E::kRequestExtension);
    action.due = due;
    return action;
  }
};
INSTANTIATE_ENGINES(ProblemDeadlineTest);
using W = Worklist;

TEST_P(ProblemDeadlineTest, OverdueAndEachStepOfTheLadderOnce) {
  const ProblemView problem = Begun(Day(2026, 11, 20));
  const std::string name = NameOf(problem.stored.id);
  GoTo(Day(2026, 11, 20), 23);
  EXPECT_EQ(Fire(), 0);
  EXPECT_FALSE(Now(problem).overdue);
  GoTo(Day(2026, 11, 21), 0);
  EXPECT_EQ(Fire(), 1);
  EXPECT_TRUE(Now(problem).overdue);
  EXPECT_EQ(Now(problem).escalated_to, kB1);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_open", 1),
                                             Pair("problems_overdue", 1), Pair("problems_escalated", 1)));
  EXPECT_EQ(Fire(), 0);
  GoTo(Day(2026, 11, 20), 12);  // the clock goes back: nothing is undone
  EXPECT_EQ(Fire(), 0);
  EXPECT_TRUE(Now(problem).overdue);
  GoTo(Day(2026, 11, 28), 0);
  timers_ = NewTimers();  // another process
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(Now(problem).escalated_to, kT1);
  EXPECT_THAT(Worklist("township", "T1", W::kEscalated), ElementsAre(name));
  EXPECT_THAT(Worklist("county", "C", W::kEscalated), IsEmpty());
  GoTo(Day(2027, 3, 1));
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(Fire(), 0);
  EXPECT_EQ(Now(problem).escalated_to, kCounty);
  EXPECT_THAT(Worklist("county", "C", W::kEscalated), ElementsAre(name));
  EXPECT_THAT(Worklist("county", "C", W::kEscalated, true), ElementsAre(name));
  EXPECT_THAT(Worklist("clerk", "B1", W::kOverdue), ElementsAre(name));
  EXPECT_EQ(EventsOf(problem), "register, assign, start, pass the deadline, escalate, escalate, escalate");
  // Each step is in the feed, under a name of its own that the history shows.
  EXPECT_EQ(
      Count("SELECT COUNT(*) FROM change_log WHERE kind = 1 AND resource >= 'problems/' AND resource < 'problems0'"),
      4);
  const auto steps = store_->History(problem.stored.id, 0, 1000, absl::InfiniteFuture()).value();
  EXPECT_EQ(Count(fmt::format("SELECT COUNT(*) FROM change_log WHERE resource = '{}'",
                              StepName(problem.stored.id, steps.back().id))),
            1);
  Do("clerk", problem, E::kSubmit);
  Do("township", problem, E::kClose);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_escalated", 3),
                                             Pair("problems_closed", 1)));
}

TEST_P(ProblemDeadlineTest, MissedStepsAreTakenTogether) {
  const ProblemView problem = Begun(Day(2026, 11, 20));
  GoTo(Day(2026, 12, 31));
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(Now(problem).escalation_steps, 3);
  EXPECT_EQ(Now(problem).escalated_to, kCounty);
  EXPECT_EQ(Totals().at("problems_escalated"), 3);
}

TEST_P(ProblemDeadlineTest, SeveralLoopsFireEachDeadlineOnce) {
  std::vector<ProblemView> problems;
  for (int i = 0; i < 40; ++i) problems.push_back(Begun(Day(2026, 11, 20), Fields(i % 2 == 0 ? "B1" : "B1")));
  GoTo(Day(2026, 11, 21));
  std::vector<std::unique_ptr<common::TimerLoop>> loops;
  for (int i = 0; i < 4; ++i) loops.push_back(NewTimers());
  std::vector<std::thread> threads;
  for (auto& loop : loops) {
    threads.emplace_back([&loop] { EXPECT_TRUE(loop->FireDue().ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 40), Pair("problems_open", 40),
                                             Pair("problems_overdue", 40), Pair("problems_escalated", 40)));
}

TEST_P(ProblemDeadlineTest, EvidenceInTimeStaysInTime) {
  const ProblemView problem = Begun(Day(2026, 11, 20));
  GoTo(Day(2026, 11, 20), 23);
  Do("clerk", problem, E::kSubmit);
  GoTo(Day(2027, 1, 4));
  EXPECT_EQ(Fire(), 0);
  EXPECT_THAT(Worklist("township", "T1", W::kToVerify), ElementsAre(NameOf(problem.stored.id)));
  EXPECT_THAT(Worklist("clerk", "B1", W::kToDo), IsEmpty());
  Do("township", problem, E::kClose);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_closed", 1),
                                             Pair("problems_closed_on_time", 1)));
}

TEST_P(ProblemDeadlineTest, ReturnedAfterTheDeadlineItIsOverdueAndLate) {
  const ProblemView problem = Begun(Day(2026, 11, 20));
  Do("clerk", problem, E::kSubmit);
  GoTo(Day(2026, 11, 23));
  Do("township", problem, E::kReturn);
  EXPECT_EQ(Fire(), 1);
  EXPECT_TRUE(Now(problem).overdue);
  Do("clerk", problem, E::kStart);
  const ProblemView late = Do("clerk", problem, E::kSubmit);
  EXPECT_FALSE(late.stored.problem.on_time);
  EXPECT_FALSE(late.stored.problem.overdue);
  Do("township", problem, E::kClose);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_returned", 1),
                                             Pair("problems_escalated", 1), Pair("problems_closed", 1)));
}

TEST_P(ProblemDeadlineTest, NoDeadlineIsNeverOverdue) {
  NewProblem fields = Fields();
  fields.problem.problem_class = ProblemClass::kLongTerm;
  const ProblemView problem = Create(fields);
  Do("township", problem, E::kAssign);
  Do("clerk", problem, E::kStart);
  GoTo(Day(2046, 1, 1));
  EXPECT_EQ(Fire(), 0);
  EXPECT_EQ(Totals().count("problems_overdue"), 0u);
  EXPECT_EQ(ReasonOf(Try("township", problem, ActionOf(E::kPause)).status()), "NO_DEADLINE");
}

TEST_P(ProblemDeadlineTest, AskedForInTimeAnExtensionTakesTheOverdueBack) {
  const ProblemView problem = Begun(Day(2026, 11, 20));
  EXPECT_EQ(common::ViolationsOf(Try("clerk", problem, Extend(Day(2026, 11, 20))).status()).front().reason,
            "NOT_LATER");
  Do("clerk", problem, Extend(Day(2026, 12, 4)));
  EXPECT_EQ(ReasonOf(Try("clerk", problem, Extend(Day(2026, 12, 5))).status()), "ALREADY_ASKED");
  EXPECT_THAT(Worklist("township", "T1", W::kToDecide), ElementsAre(NameOf(problem.stored.id)));
  EXPECT_THAT(Worklist("county", "C", W::kToDecide), IsEmpty());
  GoTo(Day(2026, 11, 21));
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(Totals().at("problems_overdue"), 1);
  EXPECT_EQ(ReasonOf(Try("deputy", problem, ActionOf(E::kGrantExtension)).status()), "NOT_SUPERVISING");
  Do("township", problem, E::kGrantExtension);
  EXPECT_EQ(Now(problem).due, Day(2026, 12, 4));
  EXPECT_EQ(Totals().count("problems_overdue"), 0u);
  EXPECT_EQ(Fire(), 0);
  GoTo(Day(2026, 12, 5));
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(Totals().at("problems_overdue"), 1);
  EXPECT_EQ(ReasonOf(Try("clerk", problem, Extend(Day(2026, 12, 31))).status()), "TOO_LATE");
}

TEST_P(ProblemDeadlineTest, ARefusedExtensionChangesNothing) {
  const ProblemView problem = Begun(Day(2026, 11, 20));
  Do("clerk", problem, Extend(Day(2026, 12, 4)));
  Do("township", problem, E::kRefuseExtension);
  EXPECT_EQ(Now(problem).due, Day(2026, 11, 20));
  EXPECT_EQ(Now(problem).extension, std::nullopt);
  GoTo(Day(2026, 11, 21));
  EXPECT_EQ(Fire(), 1);
}

TEST_P(ProblemDeadlineTest, APauseKeepsTheWorkingDaysThatWereLeft) {
  struct Row {
    Day due, pause, resume;
    int left;
    Day after;
  };
  const Row rows[] = {
      {Day(2026, 11, 27), Day(2026, 11, 16), Day(2026, 11, 23), 10, Day(2026, 12, 4)},
      {Day(2026, 11, 27), Day(2026, 11, 21), Day(2026, 11, 28), 5, Day(2026, 12, 4)},   // on Saturdays
      {Day(2026, 11, 27), Day(2026, 11, 27), Day(2026, 12, 31), 1, Day(2026, 12, 31)},  // the last day itself
      {Day(2026, 11, 22), Day(2026, 11, 22), Day(2026, 12, 5), 0, Day(2026, 12, 5)},    // a Sunday, none left
  };
  for (const Row& row : rows) {
    GoTo(Day(2026, 11, 16));
    const ProblemView problem = Begun(row.due);
    GoTo(row.pause);
    const ProblemView paused = Do("township", problem, E::kPause);
    EXPECT_EQ(paused.stored.problem.paused_left, row.left);
    GoTo(row.resume - 1, 23);
    EXPECT_EQ(Fire(), 0);
    GoTo(row.resume);
    EXPECT_EQ(Fire(), 0);
    EXPECT_EQ(Do("township", problem, E::kResume).stored.problem.due, row.after);
    GoTo(row.after + 1);
    EXPECT_EQ(Fire(), 1);
    Do("clerk", problem, E::kSubmit);
    Do("township", problem, E::kClose);
  }
  EXPECT_EQ(Totals().count("problems_overdue"), 0u);
}

TEST_P(ProblemDeadlineTest, WorkingDaysAreCountedOverMakeUpSundays) {
  GoTo(Day(2026, 9, 18));  // the Sunday after it is worked; the 25th to the 27th are off
  NewProblem fields = Fields();
  fields.working_days = 6;
  EXPECT_EQ(Create(fields).stored.problem.due, Day(2026, 9, 28));
  const ProblemView problem = Create(Fields());
  ProblemAction action = ActionOf(E::kAssign);
  action.working_days = 1;
  Do("township", problem, action);
  EXPECT_EQ(Now(problem).due, Day(2026, 9, 20));
  GoTo(Day(2026, 9, 20), 23);
  EXPECT_EQ(Fire(), 0);
  GoTo(Day(2026, 9, 21), 0);
  EXPECT_EQ(Fire(), 1);
}

TEST_P(ProblemDeadlineTest, WorklistsShowWhatWaitsForWhom) {
  const ProblemView soon = Begun(kToday + 7);
  const ProblemView later = Begun(kToday + 8);
  const ProblemView elsewhere = Begun(kToday + 7, Fields("B3"));
  NewProblem from_above = Fields();
  from_above.supervising_unit = "units/C";
  const ProblemView countys = Begun(kToday + 20, from_above);
  const auto name = [](const ProblemView& view) { return NameOf(view.stored.id); };
  EXPECT_THAT(Worklist("clerk", "B1", W::kToDo), ElementsAre(name(soon), name(later), name(countys)));
  EXPECT_THAT(Worklist("clerk", "B1", W::kDueSoon), ElementsAre(name(soon)));
  EXPECT_THAT(Worklist("county", "C", W::kDueSoon, true), UnorderedElementsAre(name(soon), name(elsewhere)));
  Do("clerk", soon, E::kSubmit);
  Do("county", elsewhere, E::kSubmit);
  Do("clerk", countys, E::kSubmit);
  EXPECT_THAT(Worklist("township", "T1", W::kToVerify), ElementsAre(name(soon)));
  EXPECT_THAT(Worklist("county", "C", W::kToVerify), ElementsAre(name(countys)));
  // Not what one submitted oneself.
  EXPECT_THAT(Worklist("county", "C", W::kToVerify, true), UnorderedElementsAre(name(soon), name(countys)));
  EXPECT_THAT(Worklist("township", "T1", W::kToVerify, true), ElementsAre(name(soon)));
  Do("county", countys, E::kClose);
  GoTo(kToday + 29);
  EXPECT_THAT(Worklist("county", "C", W::kLookBack), IsEmpty());
  GoTo(kToday + 30);
  EXPECT_THAT(Worklist("county", "C", W::kLookBack), ElementsAre(name(countys)));
  EXPECT_EQ(Fire(), 1);
  EXPECT_THAT(Worklist("county", "C", W::kOverdue, true), ElementsAre(name(later)));
}

}  // namespace
}  // namespace ronghe::rectification
