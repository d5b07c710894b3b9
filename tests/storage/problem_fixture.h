#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ronghe/rectification/v1/metrics.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory_units.h"
#include "services/common/directory/replica_store.h"
#include "services/common/rollup/auditor.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/schema.h"
#include "services/common/timer/timer.h"
#include "services/common/values/pages.h"
#include "services/common/values/status.h"
#include "services/rectification/app/order_app.h"
#include "services/rectification/app/problem_query.h"
#include "services/rectification/rpc/rules_codec.h"
#include "services/rectification/storage/migrations/migrations.h"
#include "services/rectification/storage/problem_rollup.h"
#include "services/rectification/storage/problem_timers.h"
#include "services/rectification/storage/sql_problem_store.h"
#include "tests/support/engines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::rectification {

namespace sql = common::sql;
using common::UnitUid;
using Day = absl::CivilDay;

// Who may do what where, as a test says.
class FakeRights final : public Rights {
 public:
  explicit FakeRights(const common::Directory& directory) : directory_(directory) {}
  bool Holds(const common::Actor& actor, Right right, UnitUid unit) const override {
    for (const auto& [key, held, above] : grants) {
      if (key == actor.key && held == right && directory_.IsWithin(unit, above)) return true;
    }
    return false;
  }
  std::vector<std::tuple<std::string, Right, UnitUid>> grants;

 private:
  const common::Directory& directory_;
};

// The ledger on an empty database of each engine, under a county with two townships and three branches. Now is
// 2026-11-16 09:00, a Monday. `clerk` keeps the records of the branch B1, `deputy` too; `township` judges from the
// township T1, `county` from the county.
class ProblemTestBase : public tests::EngineTest {
 protected:
  static constexpr Day kToday{2026, 11, 16};
  static constexpr UnitUid kProvince{1}, kCounty{2}, kT1{3}, kT2{4}, kB1{5}, kB2{6}, kB3{7};
  static constexpr common::PartitionId kPartition{3};

  void SetUp() override {
    ASSERT_TRUE(absl::LoadTimeZone("Asia/Shanghai", &zone_));
    url_ = NewUrl();
    database_ = sql::OpenDatabase(url_, {.readers = 8}).value();
    Must(sql::Migrate(*database_, "changelog", common::ChangeLogMigrations()));
    Must(common::MigrateRollup(*database_, metrics_));
    Must(sql::Migrate(*database_, "replica", common::ReplicaMigrations()));
    Must(sql::Migrate(*database_, "timer", common::TimerMigrations()));
    Must(sql::Migrate(*database_, "rectification", rectification::Migrations()));
    log_ = std::make_unique<common::ChangeLog>(*database_, clock_, random_);
    publisher_ = std::make_unique<common::Publisher>(*database_, clock_, random_);
    folder_.emplace(metrics_, zone_);
    publisher_->SetStep(*folder_);
    replica_.emplace(*database_, *log_, directory_, real_clock_);
    Must(replica_->Load(absl::InfiniteFuture()));
    MakeTree();
    texts_.emplace(keys_, random_);
    store_.emplace(*database_, *log_, *texts_, zone_);
    app_.emplace(ProblemApp::Parts{*store_, units_, rights_, calendar(), policy_.policy, work_calendar_.calendar});
    query_.emplace(ProblemQuery::Parts{*store_, *app_, units_, calendar(), policy_.policy, signer_});
    orders_.emplace(OrderApp::Parts{*store_, *app_, units_, rights_, signer_});
    timers_ = NewTimers();
    for (const char* clerk : {"clerk", "deputy"}) {
      for (const Right right : {Right::kRead, Right::kReadTexts, Right::kWrite, Right::kVerify})
        Grant(clerk, right, kB1);
    }
    for (const Right right : {Right::kRead, Right::kReadTexts, Right::kWrite, Right::kVerify}) {
      Grant("township", right, kT1);
      Grant("county", right, kCounty);
    }
    Grant("viewer", Right::kRead, kCounty);
  }

  static void Must(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }
  common::Calendar calendar() const { return common::Calendar(clock_, zone_); }
  void Grant(const std::string& who, Right right, UnitUid unit) { rights_.grants.emplace_back(who, right, unit); }

  // As another process would run them.
  std::unique_ptr<common::TimerLoop> NewTimers() {
    auto timers = std::make_unique<common::TimerLoop>(*database_, *log_, clock_,
                                                      common::TimerLoop::Options{.server_clock = false});
    timers->HandleTogether(std::string(kProblemTimer), ProblemTimers(*app_, *texts_, zone_));
    timers->Handle(std::string(kOrderTimer), [this](common::WriteTxn& txn, const common::DueTimer& timer) {
      SqlProblemTxn problems(txn, *texts_, zone_);
      return orders_->Open(problems, OrderId(timer.record));
    });
    return timers;
  }
  void GoTo(Day day, int hour = 9) {
    clock_.Set(absl::FromCivil(absl::CivilSecond(day.year(), day.month(), day.day(), hour, 0, 0), zone_));
  }
  int64_t Fire() { return timers_->FireDue().value(); }

  // A call by somebody with a scope that is the whole county.
  static common::Call By(const std::string& who, UnitUid scope = kCounty) {
    common::Call call;
    call.actor.key = who;
    call.actor.principal_id = static_cast<int64_t>(std::hash<std::string>()(who) % 100000) + 1;
    call.scope.units = {scope};
    return call;
  }

  static NewProblem Fields(const std::string& unit = "B1") {
    NewProblem fields;
    fields.unit = "units/" + unit;
    fields.problem.source = ProblemSource::kSelfCheck;
    fields.problem.category = "organizational_life";
    fields.problem.problem_class = ProblemClass::kTimeBound;
    fields.problem.description = "三会一课记录不全，张三缺席";
    fields.problem.extent = ProblemExtent::kUnspecified;
    return fields;
  }
  static std::vector<common::Document> SomeEvidence() {
    return {{std::string(64, 'a'), 1234, "application/pdf", "整改报告.pdf"}};
  }

  ProblemView Create(NewProblem fields) {
    const auto view = app_->Create(By("county"), std::move(fields), {});
    EXPECT_TRUE(view.ok()) << view.status();
    return view.value_or(ProblemView());
  }
  absl::StatusOr<ProblemView> Try(const std::string& who, const ProblemView& problem, ProblemAction action,
                                  common::WriteOptions options = {}) {
    return app_->Do(By(who), NameOf(problem.stored.id), action, options);
  }
  ProblemView Do(const std::string& who, const ProblemView& problem, ProblemEvent event) {
    return Do(who, problem, ActionOf(event));
  }
  ProblemView Do(const std::string& who, const ProblemView& problem, const ProblemAction& action) {
    const auto view = Try(who, problem, action);
    EXPECT_TRUE(view.ok()) << EventText(action.event).en << ": " << view.status();
    return view.value_or(problem);
  }
  static ProblemAction ActionOf(ProblemEvent event) {
    ProblemAction action;
    action.event = event;
    action.reason = "原因";
    if (event == ProblemEvent::kSubmit) action.evidence = SomeEvidence();
    if (event == ProblemEvent::kAssign) {
      action.person = "members/77";
      action.measures = "补齐记录";
    }
    return action;
  }
  static ProblemAction AssignBy(Day due) {
    ProblemAction action = ActionOf(ProblemEvent::kAssign);
    action.due = due;
    return action;
  }
  // Assigned with a deadline, and begun.
  ProblemView Begun(Day due, NewProblem fields = Fields()) {
    const ProblemView problem = Create(std::move(fields));
    Do("county", problem, AssignBy(due));
    return Do("county", problem, ProblemEvent::kStart);
  }
  Problem Now(const ProblemView& problem) {
    return store_->Find(problem.stored.id, absl::InfiniteFuture()).value().value().problem;
  }
  std::string EventsOf(const ProblemView& problem) {
    std::string text;
    const auto steps = store_->History(problem.stored.id, 0, 1000, absl::InfiniteFuture()).value();
    for (const ProblemStep& step : steps) {
      text += (text.empty() ? "" : ", ") + EventText(step.event).en;
    }
    return text;
  }
  static std::string ReasonOf(const absl::Status& status) { return common::ReasonOf(status); }

  // What was logged, added up: only what is not 0.
  std::map<std::string, int64_t> Totals() {
    std::map<std::string, int64_t> sums;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"test", "SELECT rollup FROM change_log"}, {}, [&](const sql::Row& row) {
        const auto change = common::DecodeRollup(row.Text(0));
        if (!change) return absl::OkStatus();
        for (const auto& amount : change->amounts) {
          for (const auto& [name, value] : amount.metrics) sums[name] += value;
        }
        return absl::OkStatus();
      });
    }));
    std::erase_if(sums, [](const auto& entry) { return entry.second == 0; });
    // And every total of every level agrees with the records.
    EXPECT_TRUE(publisher_->PublishOnce().ok());
    common::Auditor auditor(*database_, metrics_, facts_, clock_);
    const auto report = auditor.Run(10, absl::InfiniteFuture());
    EXPECT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report.ok() ? report->difference_count : -1, 0);
    return sums;
  }
  int64_t Count(const std::string& query) {
    int64_t count = 0;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"test", query}, {}, [&](const sql::Row& row) {
        count = row.Int(0);
        return absl::OkStatus();
      });
    }));
    return count;
  }

  static common::DirectoryUnit Unit(UnitUid uid, UnitUid parent, const std::string& code, int level) {
    common::DirectoryUnit unit;
    unit.uid = uid;
    unit.parent = parent;
    unit.partition = uid == kProvince ? common::PartitionId(2) : kPartition;
    unit.code = code;
    unit.title = code;
    unit.level = level;
    unit.kind = level == 5 ? 4 : 1;
    unit.state = 1;
    return unit;
  }
  void Apply(std::vector<common::DirectoryUnit> units, bool places) {
    common::DirectoryDelta delta;
    delta.complete = true;
    delta.reset = structure_ == 0;
    delta.incarnation = "one";
    delta.position = ++structure_;
    delta.structure_revision = structure_;
    delta.place_revision = structure_;
    if (places) {
      for (const common::DirectoryUnit& unit : units) delta.places.push_back({unit.uid, unit.parent, unit.partition});
    }
    delta.units = std::move(units);
    Must(replica_->Apply(delta, clock_.Now()));
  }
  void MakeTree() {
    Apply({Unit(kProvince, UnitUid(), "P", 1), Unit(kCounty, kProvince, "C", 3), Unit(kT1, kCounty, "T1", 4),
           Unit(kT2, kCounty, "T2", 4), Unit(kB1, kT1, "B1", 5), Unit(kB2, kT1, "B2", 5), Unit(kB3, kT2, "B3", 5)},
          true);
  }

  std::string url_;
  absl::TimeZone zone_;
  tests::FakeClock clock_;
  common::SystemClock real_clock_;  // by which databases keep deadlines
  tests::SeededRandom random_{42};
  common::MetricSet metrics_{v1::RectificationMetrics::descriptor()};
  ProblemFacts facts_{metrics_};
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<common::ChangeLog> log_;
  std::optional<common::Folder> folder_;
  std::unique_ptr<common::Publisher> publisher_;
  common::Directory directory_;
  std::optional<common::ReplicaStore> replica_;
  int64_t structure_ = 0;
  common::KeyRing keys_ =
      common::KeyRing::Parse("1:" + absl::Base64Escape(std::string(32, 'k')) + "\n", "test").value();
  LoadedPolicy policy_ = LoadPolicy("").value();
  LoadedCalendar work_calendar_ = LoadCalendar("").value();
  common::DirectoryUnits units_{directory_};
  FakeRights rights_{directory_};
  common::TokenSigner signer_{"a secret of sixteen bytes"};
  std::optional<ProblemTexts> texts_;
  std::optional<SqlProblemStore> store_;
  std::optional<ProblemApp> app_;
  std::optional<ProblemQuery> query_;
  std::optional<OrderApp> orders_;
  std::unique_ptr<common::TimerLoop> timers_;
};

}  // namespace ronghe::rectification
