// The ledger of problems as it is kept, on every engine: who may do what, what is counted, what nobody can read.
#include <atomic>
#include <fstream>
#include <set>
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

class ProblemStoreTest : public ProblemTestBase {
 protected:
  std::vector<std::string> Faults(const absl::Status& status) {
    std::vector<std::string> faults;
    for (const common::Violation& one : common::ViolationsOf(status)) {
      faults.push_back(one.field + " " + one.reason);
      EXPECT_FALSE(one.text.zh.empty());
    }
    return faults;
  }
};
INSTANTIATE_ENGINES(ProblemStoreTest);

TEST_P(ProblemStoreTest, AProblemIsClosedBySomebodyElse) {
  const ProblemView problem = Create(Fields());
  EXPECT_EQ(problem.unit, kB1);
  EXPECT_EQ(problem.supervising, kT1);
  EXPECT_EQ(problem.stored.problem.extent, ProblemExtent::kIndividual);
  EXPECT_EQ(ReasonOf(Try("clerk", problem, ActionOf(E::kAssign)).status()), "NEEDS_DEADLINE");
  Do("township", problem, AssignBy(Day(2026, 11, 30)));
  const ProblemView begun = Do("clerk", problem, E::kStart);
  EXPECT_THAT(begun.allowed, ElementsAre(E::kUpdate, E::kSubmit, E::kRequestExtension));
  Do("clerk", problem, E::kSubmit);
  // The branch does not judge itself, and nobody his own work.
  EXPECT_EQ(Try("deputy", problem, ActionOf(E::kClose)).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(Try("deputy", problem, ActionOf(E::kClose)).status()), "NOT_SUPERVISING");
  const ProblemView returned = Do("township", problem, E::kReturn);
  EXPECT_EQ(returned.stored.problem.returns, 1);
  Do("clerk", problem, E::kStart);
  Do("township", problem, E::kSubmit);  // on behalf of the branch
  EXPECT_EQ(ReasonOf(Try("township", problem, ActionOf(E::kClose)).status()), "OWN_SUBMISSION");
  const ProblemView closed = Do("county", problem, E::kClose);
  EXPECT_EQ(closed.stored.problem.state, S::kClosed);
  EXPECT_EQ(closed.stored.problem.look_back, kToday + 30);
  EXPECT_THAT(closed.allowed, ElementsAre(E::kReopen, E::kLookBack));
  EXPECT_EQ(EventsOf(problem), "register, assign, start, submit, return, start, submit, close");
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_returned", 1),
                                             Pair("problems_closed", 1), Pair("problems_closed_on_time", 1)));
  const auto steps = store_->History(problem.stored.id, 0, 1000, absl::InfiniteFuture()).value();
  EXPECT_EQ(steps[3].by.key, "clerk");
  EXPECT_EQ(steps[3].before, S::kInProgress);
  EXPECT_EQ(steps[3].after, S::kSubmitted);
  ASSERT_EQ(steps[3].evidence.size(), 1u);
  EXPECT_EQ(steps[3].evidence[0].title, "整改报告.pdf");
  EXPECT_EQ(steps[3].evidence[0].size_bytes, 1234);
  EXPECT_EQ(steps[4].reason, "原因");
}

TEST_P(ProblemStoreTest, EveryWrongFieldOfARegistrationIsNamed) {
  NewProblem fields = Fields();
  fields.problem.category = "no such";
  fields.problem.description = "";
  fields.person = "members/x";
  fields.problem.due = kToday - 1;
  fields.supervising_unit = "units/T2";
  EXPECT_THAT(
      Faults(app_->Create(By("county"), fields, {}).status()),
      UnorderedElementsAre("problem.category UNKNOWN_VALUE", "problem.description REQUIRED", "problem.person BAD_NAME",
                           "problem.due_date IN_PAST", "problem.supervising_unit NOT_ABOVE"));
  fields = Fields();
  fields.problem.due = kToday;
  fields.working_days = 3;
  EXPECT_THAT(Faults(app_->Create(By("county"), fields, {}).status()), ElementsAre("problem.due_date CONFLICT"));
  EXPECT_EQ(app_->Create(By("township", kT1), Fields("B3"), {}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(app_->Create(By("county"), Fields("nowhere"), {}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM problem"), 0);
  EXPECT_THAT(Totals(), IsEmpty());
}

TEST_P(ProblemStoreTest, ACauseOpensOneProblemHoweverOftenItIsSent) {
  NewProblem fields = Fields();
  fields.problem.source = ProblemSource::kMissedObligation;
  fields.problem.cause = "obligations/4711";
  std::set<int64_t> ids;
  common::Mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      NewProblem mine = fields;
      mine.unit = i % 2 == 0 ? "units/B1" : "units/P";  // in two partitions
      common::WriteOptions options;
      options.key = {"education", fmt::format("request {}", i), "digest"};
      common::Call call = By("county", kProvince);
      const auto view = app_->Create(call, mine, options);
      EXPECT_TRUE(view.ok()) << view.status();
      common::MutexLock lock(mutex);
      if (view.ok()) ids.insert(view->stored.id.value);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM problem"), 1);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_open", 1)));
  // Another source is another problem.
  fields.problem.source = ProblemSource::kFailedIndicator;
  EXPECT_FALSE(ids.contains(Create(fields).stored.id.value));
}

TEST_P(ProblemStoreTest, RequestsHappenOnceAndEtagsGuard) {
  common::WriteOptions options;
  options.key = {"county", "1f8a", "digest"};
  const ProblemView first = app_->Create(By("county"), Fields(), options).value();
  EXPECT_EQ(app_->Create(By("county"), Fields(), options).value().stored.id, first.stored.id);
  options.key.digest = "another";
  EXPECT_EQ(ReasonOf(app_->Create(By("county"), Fields(), options).status()), "REQUEST_ID_REUSED");
  common::WriteOptions tried;
  tried.validate_only = true;
  const ProblemView only = Try("township", first, AssignBy(kToday + 7), tried).value();
  EXPECT_EQ(only.stored.problem.state, S::kAssigned);
  EXPECT_EQ(only.stored.revision, 0);
  EXPECT_EQ(Now(first).state, S::kRegistered);
  Do("township", first, AssignBy(kToday + 7));
  common::WriteOptions stale;
  stale.etag = EtagOf(first.stored);
  EXPECT_EQ(Try("clerk", first, ActionOf(E::kStart), stale).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(EventsOf(first), "register, assign");
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_open", 1)));
}

TEST_P(ProblemStoreTest, AnExternalIdIsKnownOnce) {
  NewProblem fields = Fields();
  fields.problem.external_source = "12345";
  fields.problem.external_id = "A-1";
  const ProblemView first = Create(fields);
  const absl::Status again = app_->Create(By("county"), fields, {}).status();
  EXPECT_EQ(again.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(common::ResourceOf(again), NameOf(first.stored.id));
}

TEST_P(ProblemStoreTest, UpdatesChangeWhatTheyName) {
  const ProblemView problem = Create(Fields());
  ProblemUpdate update;
  update.problem.extent = ProblemExtent::kUnspecified;
  update.problem.measures = "逐项补齐";
  update.working_days = 5;
  const ProblemView updated = app_->Update(By("clerk"), NameOf(problem.stored.id), update, {}).value();
  EXPECT_EQ(updated.stored.problem.measures, "逐项补齐");
  EXPECT_EQ(updated.stored.problem.description, "三会一课记录不全，张三缺席");
  EXPECT_EQ(updated.stored.problem.due, Day(2026, 11, 23));
  update.mask = {"unit"};
  EXPECT_THAT(Faults(app_->Update(By("clerk"), NameOf(problem.stored.id), update, {}).status()),
              ElementsAre("update_mask NOT_UPDATABLE"));
  Do("township", problem, ActionOf(E::kAssign));
  update.mask = {"due_date"};
  update.problem.due = kToday + 60;
  EXPECT_THAT(Faults(app_->Update(By("clerk"), NameOf(problem.stored.id), update, {}).status()),
              ElementsAre("update_mask NOT_UPDATABLE"));
  EXPECT_THAT(Faults(Try("township", problem, AssignBy(kToday + 60)).status()), ElementsAre("due_date NOT_UPDATABLE"));
  update.mask = {"person"};
  update.person = "members/88";
  EXPECT_EQ(app_->Update(By("clerk"), NameOf(problem.stored.id), update, {}).value().stored.problem.person, 88);
}

TEST_P(ProblemStoreTest, TextsAreNotInTheStore) {
  const ProblemView problem = Begun(kToday + 7);
  Do("clerk", problem, E::kSubmit);
  EXPECT_THAT(Totals(), Not(IsEmpty()));
  for (const char* text : {"张三", "补齐记录", "整改报告", "原因"}) {
    EXPECT_EQ(Count(fmt::format("SELECT COUNT(*) FROM change_log WHERE resource = '{}'", text)), 0);
  }
  if (!sqlite()) return;
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream in(url_.substr(7) + suffix, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    for (const char* text : {"张三", "补齐记录", "整改报告", "原因"})
      EXPECT_EQ(bytes.find(text), std::string::npos) << text;
    EXPECT_TRUE(*suffix != '\0' || !bytes.empty());
  }
  EXPECT_FALSE(app_->Get(By("viewer"), NameOf(problem.stored.id)).value().show_texts);
  EXPECT_TRUE(app_->Get(By("clerk"), NameOf(problem.stored.id)).value().show_texts);
}

TEST_P(ProblemStoreTest, AMergedUnitIsAnsweredForByItsSuccessor) {
  const ProblemView problem = Begun(kToday + 7, Fields("B2"));
  common::DirectoryUnit merged = Unit(kB2, kT1, "B2", 5);
  merged.state = 2;
  merged.successors = {kB1};
  Apply({merged}, false);
  const absl::Status refused = app_->Create(By("county"), Fields("B2"), {}).status();
  EXPECT_EQ(ReasonOf(refused), "UNIT_SUCCEEDED");
  ASSERT_EQ(common::BlockersOf(refused).size(), 1u);
  EXPECT_EQ(common::BlockersOf(refused)[0].subject, "units/B1");
  // It keeps its name; the successor sees it, works on it and has it in its lists.
  EXPECT_EQ(app_->OwnerOf(NameOf(problem.stored.id), absl::InfiniteFuture()).value(), kB1);
  const ProblemView seen = app_->Get(By("clerk", kB1), NameOf(problem.stored.id)).value();
  EXPECT_EQ(seen.unit, kB1);
  EXPECT_THAT(seen.allowed, ElementsAre(E::kUpdate, E::kSubmit, E::kRequestExtension));
  const auto page = query_->List(By("clerk", kB1), {"units/B1", false, 0, "", "", ""});
  ASSERT_EQ(page->problems.size(), 1u);
  EXPECT_EQ(page->problems[0].stored.id, problem.stored.id);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_open", 1)));
  common::DirectoryUnit closing = Unit(kB3, kT2, "B3", 5);
  closing.state = 3;
  Apply({closing}, false);
  EXPECT_EQ(ReasonOf(app_->Create(By("county"), Fields("B3"), {}).status()), "UNIT_CLOSING");
}

TEST_P(ProblemStoreTest, FoundAgainItIsARecurrenceWithANewRound) {
  const ProblemView problem = Begun(kToday + 7);
  Do("clerk", problem, E::kSubmit);
  Do("township", problem, E::kClose);
  GoTo(kToday + 30);
  Do("township", problem, E::kLookBack);
  EXPECT_EQ(Now(problem).look_back, kToday + 90);
  Do("township", problem, E::kLookBack);
  EXPECT_EQ(Now(problem).look_back, std::nullopt);
  EXPECT_EQ(ReasonOf(Try("clerk", problem, ActionOf(E::kReopen)).status()), "NOT_SUPERVISING");
  const ProblemView reopened = Do("township", problem, E::kReopen);
  EXPECT_EQ(reopened.stored.problem.recurrences, 1);
  EXPECT_EQ(reopened.stored.problem.due, std::nullopt);
  EXPECT_EQ(ReasonOf(Try("clerk", problem, ActionOf(E::kStart)).status()), "PROBLEM_STATE");
  Do("township", problem, AssignBy(kToday + 60));
  EXPECT_THAT(Totals(),
              UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_open", 1), Pair("problems_closed", 1),
                                   Pair("problems_closed_on_time", 1), Pair("problems_recurring", 1)));
  Do("township", problem, E::kCancel);
  EXPECT_THAT(Now(problem).state, S::kCancelled);
  EXPECT_EQ(Totals().count("problems_open"), 0u);
}

TEST_P(ProblemStoreTest, ListsAreFilteredOrderedAndPaged) {
  std::vector<ProblemView> made;
  const char* const units[] = {"B1", "B3", "T1", "B2", "C"};
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Seconds(1));
    NewProblem fields = Fields(units[i]);
    fields.problem.due = kToday + (10 - i);
    if (i == 3) fields.problem.due = std::nullopt;
    if (i == 4) fields.problem.category = "finance";
    made.push_back(Create(fields));
  }
  const auto walk = [&](const std::string& order, const std::string& filter, int size) {
    std::string names;
    std::string token;
    do {
      const auto page = query_->List(By("county"), {"units/C", true, size, token, filter, order});
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return names;
      for (const ProblemView& view : page->problems) {
        for (size_t i = 0; i < made.size(); ++i) {
          if (made[i].stored.id == view.stored.id) names += std::to_string(i);
        }
      }
      token = page->next_page_token;
    } while (!token.empty());
    return names;
  };
  for (const int size : {1, 2, 100}) {
    EXPECT_EQ(walk("", "", size), "42031");
    EXPECT_EQ(walk("due_date", "", size), "42103");
    EXPECT_EQ(walk("create_time desc", "", size), "43210");
  }
  EXPECT_EQ(walk("", "category = finance", 10), "4");
  EXPECT_EQ(walk("", "category != finance AND due_before = 2026-11-26", 10), "21");
  EXPECT_EQ(walk("", "supervising_unit = units/T1", 10), "03");
  EXPECT_EQ(walk("", "state = CLOSED", 10), "");
  EXPECT_EQ(Faults(query_->List(By("county"), {"units/C", true, 0, "", "overdue = maybe", "name"}).status()),
            (std::vector<std::string>{"filter UNKNOWN_VALUE", "order_by UNKNOWN_VALUE"}));
  const ProblemCountTables counts = query_->Count(By("county"), "units/C").value();
  EXPECT_EQ(counts.by_category.at("finance").open, 1);
  EXPECT_EQ(counts.by_source.at("SELF_CHECK").open, 5);
  EXPECT_EQ(counts.by_level.at("5").open, 3);
  EXPECT_EQ(counts.by_level.at("3").open, 1);
}

}  // namespace
}  // namespace ronghe::rectification
