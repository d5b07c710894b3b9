// Ledgers kept elsewhere, on every engine: what they bring in counts like any other problem, once, and can be taken
// back.
#include <thread>

#include "services/common/import/sql/key_ring_row_sealer.h"
#include "services/common/import/sql/sql_import_store.h"
#include "services/common/import/unit_import_places.h"
#include "services/rectification/app/ledger_import_target.h"
#include "services/rectification/storage/sql_problem_join.h"
#include "tests/storage/problem_fixture.h"

namespace ronghe::rectification {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;
using E = ProblemEvent;

// Payloads are numbers of entries.
class Numbered final : public LedgerRowCodec {
 public:
  absl::Status Decode(std::string_view payload, LedgerEntry& entry) const override {
    entry = entries.at(static_cast<size_t>(std::stoi(std::string(payload))));
    return absl::OkStatus();
  }
  std::vector<LedgerEntry> entries;
};

class ProblemLedgerTest : public ProblemTestBase {
 protected:
  void SetUp() override {
    ProblemTestBase::SetUp();
    Must(sql::Migrate(*database_, "import", common::ImportMigrations()));
    imports_.emplace(*database_, *log_, clock_);
    join_.emplace(*texts_, zone_);
    target_.emplace(LedgerImportTarget::Parts{*app_, *join_, rows_, units_, policy_.policy, calendar()});
    engine_.emplace(*imports_, sealer_, clock_, std::vector<common::ImportTarget*>{&*target_});
    import_app_.emplace(
        common::ImportApp::Parts{*engine_, hub_, places_, signer_, [] {}, std::string("problemImports")});
  }

  static LedgerEntry Entry(const std::string& external_id) {
    LedgerEntry entry;
    entry.unit = "units/B1";
    entry.problem.source = ProblemSource::kInspection;
    entry.problem.category = "组织生活";
    entry.problem.problem_class = ProblemClass::kTimeBound;
    entry.problem.description = "旧台账：李四未参加";
    entry.problem.external_id = external_id;
    entry.registered = Day(2025, 12, 30);
    return entry;
  }
  static LedgerEntry Closed(const std::string& external_id) {
    LedgerEntry entry = Entry(external_id);
    entry.problem.due = Day(2026, 1, 31);
    entry.submitted = Day(2026, 1, 31);
    entry.submitter = "王五";
    entry.closed = Day(2026, 2, 3);
    entry.verifier = "members/9";
    return entry;
  }

  // Everything of the codec, from line 2 on, under a unit.
  common::Import Send(const std::string& parent = "units/C", common::ImportMode mode = common::ImportMode::kAllValid,
                      bool validate_only = false) {
    const common::Call call = By("county");
    common::ImportApp::Start start{"problems", parent, static_cast<int>(mode), validate_only, {}};
    const auto begun = import_app_->Begin(call, start);
    EXPECT_TRUE(begun.ok()) << begun.status();
    common::Import import = begun->import;
    std::vector<common::ImportRow> rows;
    for (size_t i = 0; i < rows_.entries.size(); ++i) {
      rows.push_back({static_cast<int64_t>(i) + 2, std::to_string(i)});
    }
    const auto count = static_cast<int64_t>(rows.size());
    EXPECT_TRUE(import_app_->Stage(call, import, std::move(rows)).ok());
    import = import_app_->Commit(call, import, count).value();
    for (bool idle = false; !idle;) {
      const auto step = engine_->Step(call, import.id, [](const common::Import&) { return true; });
      EXPECT_TRUE(step.ok()) << step.status();
      if (!step.ok()) break;
      idle = step->idle;
      import = step->import;
    }
    return import;
  }
  std::vector<std::string> Refused(const common::Import& import) {
    std::vector<std::string> refused;
    const auto issues = import_app_->RowIssues(By("county"), import.id, 0, "").value();
    for (const common::RowIssue& issue : issues.items) {
      refused.push_back(fmt::format("{} {} {}", issue.line, issue.field, issue.reason));
    }
    return refused;
  }
  ProblemPage All() { return query_->List(By("county"), {"units/C", true, 0, "", "state != CANCELLED", ""}).value(); }
  ProblemView TheOnly() {
    const ProblemPage page = All();
    EXPECT_EQ(page.problems.size(), 1u);
    return page.problems.at(0);
  }

  Numbered rows_;
  std::optional<common::SqlImportStore> imports_;
  std::optional<SqlProblemJoin> join_;
  std::optional<LedgerImportTarget> target_;
  common::KeyRingRowSealer sealer_{keys_, random_};
  common::ImportHub hub_{clock_};
  common::UnitImportPlaces places_{units_, [](common::PartitionId, int64_t) { return std::string(); }};
  std::optional<common::ImportEngine> engine_;
  std::optional<common::ImportApp> import_app_;
};
INSTANTIATE_ENGINES(ProblemLedgerTest);

TEST_P(ProblemLedgerTest, AClosedProblemComesWithItsHistory) {
  rows_.entries = {Closed("1")};
  EXPECT_EQ(Send().applied_rows, 1);
  const ProblemView closed = TheOnly();
  const Problem& problem = closed.stored.problem;
  EXPECT_EQ(problem.state, ProblemState::kClosed);
  EXPECT_TRUE(problem.on_time);
  EXPECT_EQ(problem.category, "organizational_life");
  EXPECT_EQ(problem.supervising, kT1);
  EXPECT_EQ(problem.external_source, "ledger");
  EXPECT_EQ(problem.look_back, std::nullopt);  // those of the past are not asked for
  EXPECT_EQ(closed.stored.create_time, absl::FromCivil(Day(2025, 12, 30), zone_));
  const auto steps = store_->History(closed.stored.id, 0, 100, absl::InfiniteFuture()).value();
  ASSERT_EQ(steps.size(), 5u);
  EXPECT_EQ(steps[3].event, E::kSubmit);
  EXPECT_EQ(steps[3].who, "王五");
  EXPECT_EQ(steps[3].by.member, 0);
  EXPECT_EQ(steps[4].event, E::kClose);
  EXPECT_EQ(steps[4].by.member, 9);
  EXPECT_EQ(steps[4].at, absl::FromCivil(Day(2026, 2, 3), zone_));
  // Counted in the months in which it happened, as a recount counts.
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 1), Pair("problems_closed", 1),
                                             Pair("problems_closed_on_time", 1)));
  EXPECT_EQ(Count("SELECT month FROM problem_step WHERE event = 6"), 202602);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM change_log WHERE rollup LIKE '%李四%' OR resource LIKE '%王五%'"), 0);
  // A problem like any other: it can be found again.
  Do("county", closed, E::kReopen);
  EXPECT_EQ(Totals().at("problems_recurring"), 1);
}

TEST_P(ProblemLedgerTest, AnOpenProblemIsLeftToTheClock) {
  LedgerEntry late = Entry("1");
  late.assigned = Day(2026, 1, 4);
  late.problem.due = Day(2026, 11, 10);
  LedgerEntry waiting = late;
  waiting.problem.external_id = "2";
  waiting.problem.due = Day(2027, 1, 10);
  rows_.entries = {late, waiting};
  Send();
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(Fire(), 0);
  const auto totals = Totals();
  EXPECT_EQ(totals.at("problems_open"), 2);
  EXPECT_EQ(totals.at("problems_overdue"), 1);
  EXPECT_EQ(totals.at("problems_escalated"), 1);  // the branch; the township after a week
}

TEST_P(ProblemLedgerTest, TheSameAgainBringsInWhatIsMissing) {
  rows_.entries = {Entry("1"), Closed("2")};
  Send();
  const auto totals = Totals();
  Do("county", query_->List(By("county"), {"units/C", true, 0, "", "", ""}).value().problems.at(0), E::kCancel);
  rows_.entries.push_back(Entry("3"));
  const common::Import again = Send();
  EXPECT_EQ(again.state, common::ImportState::kApplied);
  EXPECT_EQ(again.applied_rows, 3);
  EXPECT_EQ(Totals().at("problems_found"), totals.at("problems_found") + 1);
  // What the first import made is not the second's to take back.
  EXPECT_TRUE(import_app_->Revert(By("county"), again.id, {}).ok());
  EXPECT_EQ(Totals().at("problems_found"), totals.at("problems_found"));
}

TEST_P(ProblemLedgerTest, WhatIsWrongIsSaidOfEachRowAndField) {
  LedgerEntry elsewhere = Entry("1");
  elsewhere.unit = "units/P";
  LedgerEntry twice = Entry("2");
  LedgerEntry nothing = Entry("3");
  nothing.problem.category = "不存在";
  nothing.problem.description = "";
  nothing.person = "张三";
  LedgerEntry undated = Entry("4");
  undated.assigned = Day(2026, 1, 4);
  rows_.entries = {elsewhere, twice, twice, nothing, undated};
  const common::Import failed = Send();
  EXPECT_EQ(failed.state, common::ImportState::kFailed);
  EXPECT_THAT(Refused(failed),
              UnorderedElementsAre("2 unit NOT_BELOW", "4 external_id DUPLICATE_EXTERNAL_ID", "5 description REQUIRED",
                                   "5 category UNKNOWN_VALUE", "5 person BAD_NAME", "6 due_date NEEDS_DEADLINE"));
  EXPECT_THAT(All().problems, IsEmpty());
  EXPECT_EQ(Send("units/C", common::ImportMode::kValidRows).applied_rows, 1);
  EXPECT_EQ(TheOnly().stored.problem.external_id, "2");
}

TEST_P(ProblemLedgerTest, NobodyImportsWhatOnlyTheUnitAboveCanDo) {
  rows_.entries = {Closed("1"), Entry("2")};
  const common::Import failed = Send("units/B1");
  EXPECT_THAT(Refused(failed), ElementsAre("2 supervising_unit NOT_SUPERVISING"));
  EXPECT_EQ(Send("units/T1").applied_rows, 2);
}

TEST_P(ProblemLedgerTest, ADryRunChangesNothing) {
  rows_.entries = {Closed("1")};
  EXPECT_EQ(Send("units/C", common::ImportMode::kAllValid, true).state, common::ImportState::kValidated);
  EXPECT_THAT(All().problems, IsEmpty());
  EXPECT_THAT(Totals(), IsEmpty());
}

TEST_P(ProblemLedgerTest, AnImportIsTakenBackAsAWholeOrNotAtAll) {
  LedgerEntry late = Entry("1");
  late.assigned = Day(2026, 1, 4);
  late.problem.due = Day(2026, 11, 10);
  rows_.entries = {late, Closed("2")};
  const common::Import import = Send();
  EXPECT_EQ(Fire(), 1);  // what the clock does is nobody's work
  const ProblemView closed =
      query_->List(By("county"), {"units/C", true, 0, "", "state = CLOSED", ""}).value().problems.at(0);
  ProblemAction look = ActionOf(E::kLookBack);
  Do("county", closed, look);
  const absl::Status refused = import_app_->Revert(By("county"), import.id, {}).status();
  EXPECT_EQ(ReasonOf(refused), "IMPORT_IN_USE");
  ASSERT_EQ(common::BlockersOf(refused).size(), 1u);
  EXPECT_EQ(common::BlockersOf(refused)[0].reason, "CHANGED_SINCE");
  EXPECT_EQ(Totals().at("problems_found"), 2);
  rows_.entries = {Closed("3"), late};
  rows_.entries[1].problem.external_id = "4";
  const common::Import other = Send();
  EXPECT_EQ(Fire(), 1);
  EXPECT_EQ(Totals().at("problems_overdue"), 2);
  ASSERT_TRUE(import_app_->Revert(By("county"), other.id, {}).ok());
  EXPECT_EQ(Totals().at("problems_found"), 2);
  EXPECT_EQ(Totals().at("problems_overdue"), 1);
  // And may come again.
  EXPECT_EQ(Send().applied_rows, 2);
  EXPECT_EQ(Totals().at("problems_found"), 4);
}

TEST_P(ProblemLedgerTest, ARecurrenceNamesTheProblemThatItRepeats) {
  rows_.entries = {Closed("1")};
  Send();
  const ProblemView earlier = TheOnly();
  NewProblem again = Fields();
  again.recurrence_of = NameOf(earlier.stored.id);
  const ProblemView made = Create(again);
  EXPECT_EQ(made.stored.problem.recurrence_of, earlier.stored.id.value);
  EXPECT_EQ(EventsOf(made), "register, recur");
  EXPECT_EQ(Totals().at("problems_recurring"), 1);
  const std::string filter = "recurrence_of = " + NameOf(earlier.stored.id);
  EXPECT_EQ(query_->List(By("county"), {"units/B1", false, 0, "", filter, ""}).value().problems.size(), 1u);
  again.recurrence_of = NameOf(made.stored.id);
  EXPECT_EQ(ReasonOf(app_->Create(By("county"), again, {}).status()), "NOT_CLOSED");
  NewProblem elsewhere = Fields("B2");
  elsewhere.recurrence_of = NameOf(earlier.stored.id);
  const auto faults = common::ViolationsOf(app_->Create(By("county"), elsewhere, {}).status());
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].reason, "OTHER_UNIT");
  EXPECT_EQ(Totals().at("problems_recurring"), 1);
}

TEST_P(ProblemLedgerTest, WhatIsMissedOpensOneProblemHoweverOftenItIsSaid) {
  std::vector<ProblemId> made(8);
  std::vector<std::thread> senders;
  for (size_t i = 0; i < made.size(); ++i) {
    senders.emplace_back([this, &id = made[i], i] {
      NewProblem fields = Fields(i % 2 == 0 ? "B1" : "B2");
      fields.problem.source = ProblemSource::kMissedObligation;
      fields.problem.cause = "obligations/4711";
      for (int round = 0; round < 3; ++round) {  // and again, as one who does not know whether it arrived
        common::WriteOptions options;
        options.key = {"education", fmt::format("{}/{}", i, round / 2), "digest"};
        const auto view = app_->Create(By("county"), fields, options);
        ASSERT_TRUE(view.ok()) << view.status();
        ASSERT_TRUE(id.value == 0 || id == view->stored.id);
        id = view->stored.id;
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  for (const ProblemId id : made) EXPECT_EQ(id, made[0]);
  EXPECT_EQ(TheOnly().stored.problem.cause, "obligations/4711");
  // The same record as another source is something else.
  NewProblem other = Fields();
  other.problem.source = ProblemSource::kFailedIndicator;
  other.problem.cause = "obligations/4711";
  EXPECT_NE(Create(other).stored.id, made[0]);
  EXPECT_THAT(Totals(), UnorderedElementsAre(Pair("problems_found", 2), Pair("problems_open", 2)));
}

}  // namespace
}  // namespace ronghe::rectification
