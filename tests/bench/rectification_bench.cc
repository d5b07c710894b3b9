// Figures of rectification, on a private PostgreSQL with fsync on, without a service around them:
//   rectification_bench [--json FILE] [--deadlines N]
// `--deadlines`: how many fall due at once, half of them in one partition; 100,000 by default.

#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <absl/strings/escaping.h>
#include <absl/time/clock.h>
#include <fmt/format.h>

#include "ronghe/rectification/v1/metrics.pb.h"

#include "services/common/changelog/changelog.h"
#include "services/common/directory/directory.h"
#include "services/common/directory/directory_units.h"
#include "services/common/rollup/folder.h"
#include "services/common/rollup/schema.h"
#include "services/common/timer/timer.h"
#include "services/common/values/status.h"
#include "services/rectification/app/problem_app.h"
#include "services/rectification/rpc/rules_codec.h"
#include "services/rectification/storage/migrations/migrations.h"
#include "services/rectification/storage/problem_timers.h"
#include "services/rectification/storage/sql_problem_store.h"
#include "tests/bench/must.h"
#include "tests/bench/report.h"
#include "tests/support/fake_clock.h"
#include "tests/support/postgres.h"

namespace ronghe::bench {
namespace {

using namespace rectification;  // NOLINT: a program of its own
namespace sql = common::sql;

constexpr int kOtherPartitions = 50;
constexpr int kBatch = 500;

class NoRights final : public Rights {
 public:
  bool Holds(const common::Actor&, Right, common::UnitUid) const override { return false; }
};

// A county with half of the problems, and fifty with the rest; each county is one unit under a province.
class Ledger {
 public:
  Ledger() {
    common::DirectoryDelta delta;
    delta.complete = delta.reset = true;
    delta.units.push_back(Unit(1, 0, 1, 2));
    for (int i = 0; i <= kOtherPartitions; ++i) delta.units.push_back(Unit(10 + i, 1, 3, 10 + i));
    directory_.Apply(delta, clock_.Now());
  }

  void Register(int count) {
    Problem problem;
    problem.category = "other";
    problem.source = ProblemSource::kSelfCheck;
    problem.problem_class = ProblemClass::kTimeBound;
    problem.description = "问题描述";
    problem.measures = "整改措施";
    problem.person = 1;
    problem.state = ProblemState::kInProgress;
    problem.due = absl::ToCivilDay(clock_.Now(), zone_);
    const absl::Time due = DeadlineOf(*problem.due, zone_);
    int left[kOtherPartitions + 1] = {};
    for (int i = 0; i < count; ++i) ++left[i < count / 2 ? 0 : 1 + i % kOtherPartitions];
    for (int unit = 0; unit <= kOtherPartitions; ++unit) {
      problem.unit = problem.supervising = common::UnitUid(10 + unit);
      while (left[unit] > 0) {
        const int some = std::min(left[unit], kBatch);
        left[unit] -= some;
        Must(store_.Write(common::PartitionId(10 + unit), {}, [&](ProblemTxn& txn) -> absl::Status {
          for (int i = 0; i < some; ++i) {
            ProblemStep step;
            step.event = ProblemEvent::kRegister;
            RONGHE_RETURN_IF_ERROR(txn.Insert(txn.NewId(), problem, {&step, 1}, due).status());
          }
          return absl::OkStatus();
        }));
      }
    }
    due_ = due;
  }

  // Until every deadline has been fired by one of two loops, as two processes would run them, while totals are folded.
  double FireAll(int count) {
    common::Publisher publisher(*database_, real_clock_, random_);
    common::Folder folder(metrics_, zone_);
    publisher.SetStep(folder);
    publisher.Start();
    clock_.Set(due_);
    std::vector<std::unique_ptr<common::TimerLoop>> loops;
    for (int i = 0; i < 2; ++i) {
      loops.push_back(std::make_unique<common::TimerLoop>(*database_, log_, clock_,
                                                          common::TimerLoop::Options{.server_clock = false}));
      loops.back()->HandleTogether(std::string(kProblemTimer), ProblemTimers(app_, texts_, zone_));
    }
    const absl::Time begin = absl::Now();
    for (auto& loop : loops) loop->Start();
    // Whether there is one left is asked cheaply while there are many.
    while (Count("SELECT 1 FROM problem WHERE overdue = 0 LIMIT 1") > 0 && absl::Now() - begin < absl::Minutes(10)) {
      absl::SleepFor(absl::Milliseconds(20));
    }
    const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
    for (auto& loop : loops) loop->Stop();
    publisher.Stop();
    const int64_t fired = Count("SELECT COUNT(*) FROM problem_step WHERE event = 15");
    if (fired != count) {
      fmt::print(stderr, "{} deadlines were fired instead of {}\n", fired, count);
      std::exit(2);
    }
    return seconds;
  }

 private:
  static common::DirectoryUnit Unit(int64_t uid, int64_t parent, int level, int64_t partition) {
    common::DirectoryUnit unit;
    unit.uid = common::UnitUid(uid);
    unit.parent = common::UnitUid(parent);
    unit.partition = common::PartitionId(partition);
    unit.code = fmt::format("U{}", uid);
    unit.level = level;
    unit.kind = unit.state = 1;
    return unit;
  }
  int64_t Count(const std::string& query) {
    int64_t count = 0;
    Must(database_->Read(absl::InfiniteFuture(), [&](sql::Session& session) {
      return session.Select({"bench_count", query}, {}, [&](const sql::Row& row) {
        count = row.Int(0);
        return absl::OkStatus();
      });
    }));
    return count;
  }

  static absl::TimeZone Zone() {
    absl::TimeZone zone;
    if (!absl::LoadTimeZone("Asia/Shanghai", &zone)) std::abort();
    return zone;
  }
  std::unique_ptr<sql::Database> Open() {
    auto database = Must(sql::OpenDatabase(Must(server_->CreateDatabase()), {.readers = 12}));
    Must(sql::Migrate(*database, "changelog", common::ChangeLogMigrations()));
    Must(common::MigrateRollup(*database, metrics_));
    Must(sql::Migrate(*database, "timer", common::TimerMigrations()));
    Must(sql::Migrate(*database, "rectification", rectification::Migrations()));
    return database;
  }

  const absl::TimeZone zone_ = Zone();
  tests::FakeClock clock_;
  common::SystemClock real_clock_;
  common::SystemRandom random_;
  common::MetricSet metrics_{rectification::v1::RectificationMetrics::descriptor()};
  std::unique_ptr<tests::PostgresServer> server_ = Must(tests::PostgresServer::Start());
  std::unique_ptr<sql::Database> database_ = Open();
  common::ChangeLog log_{*database_, clock_, random_};
  common::Directory directory_;
  common::KeyRing keys_ = Must(common::KeyRing::Parse("1:" + absl::Base64Escape(std::string(32, 'k')) + "\n", "bench"));
  ProblemTexts texts_{keys_, random_};
  SqlProblemStore store_{*database_, log_, texts_, zone_};
  LoadedPolicy policy_ = Must(LoadPolicy(""));
  LoadedCalendar calendar_ = Must(LoadCalendar(""));
  common::DirectoryUnits units_{directory_};
  NoRights rights_;
  ProblemApp app_{{store_, units_, rights_, common::Calendar(clock_, zone_), policy_.policy, calendar_.calendar}};
  absl::Time due_;
};

}  // namespace
}  // namespace ronghe::bench

int main(int argc, char** argv) {
  using namespace ronghe::bench;
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  const int count = options["--deadlines"].empty() ? 100'000 : std::atoi(options["--deadlines"].c_str());
  Ledger ledger;
  ledger.Register(count);
  Report report;
  report.Note("rectification.deadlines", count, "deadlines");
  report.AtMost("rectification.deadlines_fire_s", ledger.FireAll(count), "s", 20);
  return report.Finish(options["--json"]);
}
