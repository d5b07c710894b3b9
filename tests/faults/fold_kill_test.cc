// kill -9 of organization, a service that follows it, the gateway and PostgreSQL, at random moments, under writes and
// moves through the gateway: nothing is lost, nothing has its effect twice, and every total is what a recount finds.
//
//   fold_kill_test [--kills N] [--moves N] [--seed N]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <absl/time/clock.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ronghe/common/v1/summary.pb.h"

#include "services/common/values/clock.h"
#include "tests/faults/fold_load.h"
#include "tests/faults/patient_client.h"
#include "tests/faults/tree_model.h"
#include "tests/support/engines.h"
#include "tests/support/eventually.h"
#include "tests/support/postgres.h"
#include "tests/support/rules.h"
#include "tests/support/seeded_random.h"
#include "tests/support/subprocess.h"
#include "tests/support/suite.h"

namespace ronghe {
namespace {

using common::sql::Engine;

struct Flags {
  int kills = 12;
  int moves = 60;
  uint64_t seed = 20261122;
};
Flags flags;

constexpr char kSecond[] = "organization-2";
constexpr char kPostgres[] = "postgresql";
constexpr char kHasTotals[] = "ronghe.organization.v1.OrganizationService";  // the load is of its records
// So many writes at most are answered between two kills.
constexpr int kMembersPerRound = 12;
constexpr int kAnswersPerKill = 24;
constexpr absl::Duration kProgress = absl::Minutes(2);
constexpr absl::Duration kSettling = absl::Seconds(60);
constexpr int kDifferencesShown = 10;

const std::vector<std::string>& Audited() {
  static const auto* const kAudited = new std::vector<std::string>{kHasTotals, "ronghe.education.v1.EducationService",
                                                                   "ronghe.rectification.v1.RectificationService",
                                                                   "ronghe.assessment.v1.AssessmentService"};
  return *kAudited;
}

class FoldKillTest : public testing::TestWithParam<Engine> {
 protected:
  FoldKillTest()
      : kills_wanted_(sqlite() ? (flags.kills + 1) / 2 : flags.kills),
        moves_wanted_(sqlite() ? (flags.moves + 1) / 2 : flags.moves),
        random_(flags.seed),
        postgres_(sqlite() ? nullptr : StartPostgres()),
        suite_(SuiteOptions()),
        token_(suite_.Token("administrator", absl::Hours(12))),
        gateway_(suite_.gateway(), token_),
        auditor_({suite_.gateway()}, token_),
        load_(LoadOptions()) {}

  static bool sqlite() { return GetParam() == Engine::kSqlite; }

  static std::unique_ptr<tests::PostgresServer> StartPostgres() {
    auto server = tests::PostgresServer::Start();
    EXPECT_TRUE(server.ok()) << server.status();
    for (const std::string& service : tests::Suite::Services()) {
      if (service == "gateway") continue;
      EXPECT_TRUE((*server)->CreateDatabase(service).ok()) << service;
    }
    return *std::move(server);
  }
  tests::Suite::Options SuiteOptions() const {
    tests::Suite::Options options;
    options.start = false;
    if (postgres_ == nullptr) return options;
    options.database = postgres_->Url("{service}");
    options.more = {{kSecond, "organization"}};
    return options;
  }
  tests::FoldLoad::Options LoadOptions() const {
    const common::SystemClock clock;
    absl::TimeZone zone;
    absl::LoadTimeZone("Asia/Shanghai", &zone);
    const common::Calendar calendar(clock, zone);
    tests::FoldLoad::Options options;
    const std::string gateway = suite_.gateway();
    options.writers = {gateway, gateway, gateway, suite_.Address("organization")};
    if (!sqlite()) options.writers.push_back(suite_.Address(kSecond));
    options.gateway = gateway;
    options.token = token_;
    options.seed = flags.seed;
    options.moves_per_round = (moves_wanted_ + kills_wanted_ - 1) / kills_wanted_;
    options.members_per_round = kMembersPerRound;
    options.today = calendar.Today();
    options.first = tests::DefaultRules().On(options.today).periods.OldestOpenDay(options.today);
    return options;
  }

  void StartAll() {
    for (const std::string& service : tests::Suite::Services()) {
      suite_.Start(service);
      started_.insert(service);
    }
    for (const std::string& service : tests::Suite::Services()) suite_.WaitReady(service);
  }
  // Waits for what must come; false, and the test has failed, if it does not.
  bool Await(const char* what, absl::Duration patience, const std::function<bool()>& condition) {
    const absl::Time limit = absl::Now() + patience;
    while (!condition()) {
      if (absl::Now() > limit) {
        ADD_FAILURE() << what << "\n" << load_.Report();
        return false;
      }
      SuperviseAll();
      tests::Pause();
    }
    return true;
  }

  std::string Victim() {
    std::vector<std::string> victims = {"organization", "organization", "organization", "education", "gateway"};
    if (!sqlite()) victims.insert(victims.end(), {kPostgres, kPostgres});
    if (started_.count(kSecond) != 0) victims.insert(victims.end(), {kSecond, kSecond});
    return victims[random_.Below(victims.size())];
  }
  // One kill, after some writes of the round; now and then while what was killed before is still coming up.
  bool Strike() {
    load_.AllowRound();
    const int64_t from = load_.acknowledged();
    const int64_t enough = from + (hurry_ ? 0 : static_cast<int64_t>(random_.Below(kAnswersPerKill)));
    if (!Await("writes go on", kProgress, [&] { return load_.acknowledged() >= enough || load_.Idle(); })) return false;
    const std::string victim = Victim();
    if (victim == kPostgres) {
      postgres_->Kill9();
      EXPECT_TRUE(postgres_->Restart().ok()) << postgres_->Log();
    } else {
      suite_.Kill9(victim);
      suite_.Start(victim);
    }
    ++kills_;
    hurry_ = random_.Below(4) == 0;
    if (!hurry_ && victim != kPostgres) WaitReady(victim);
    return true;
  }
  // A process that finds no database when it starts ends, and whoever supervises it starts it again. No other may end
  // by itself.
  void Supervise(const std::string& service) {
    if (suite_.Running(service)) return;
    const std::string log = suite_.Log(service);
    EXPECT_NE(log.find("the database cannot be reached"), std::string::npos) << service << " ended by itself: " << log;
    ++restarts_;
    suite_.Start(service);
  }
  void SuperviseAll() {
    for (const auto& service : started_) Supervise(service);
  }
  void WaitReady(const std::string& service) {
    Await("a process comes up", kProgress, [&] { return !tests::ReadFile(suite_.File(service + ".port")).empty(); });
    suite_.WaitReady(service);
  }
  // A second process of organization on the same database, in the middle third.
  void ChangeSecond(int kill) {
    if (sqlite()) return;
    if (kill == kills_wanted_ / 3) {
      suite_.Start(kSecond);
      started_.insert(kSecond);
    } else if (kill == kills_wanted_ * 2 / 3 && started_.erase(kSecond) != 0) {
      suite_.Kill9(kSecond);
      ++kills_;
    }
  }

  // Recounts everything; also while writes go on.
  void Audit() {
    common::v1::AuditSummariesRequest request;
    request.set_max_differences(kDifferencesShown);
    for (const std::string& service : Audited()) {
      common::v1::AuditSummariesResponse response;
      const grpc::Status status = auditor_.Call(service + "/AuditSummaries", request, response);
      ASSERT_TRUE(status.ok()) << service << ": " << status.error_message();
      ++audits_;
      totals_ += response.totals();
      if (service == kHasTotals) {
        EXPECT_GT(response.totals(), 0) << service << " after " << kills_ << " kills: nothing was recounted";
      }
      differences_ += response.difference_count();
      EXPECT_EQ(response.difference_count(), 0) << service << " after " << kills_ << " kills\n"
                                                << response.DebugString();
    }
  }
  // Everything that was allowed is done and answered; then all figures are those of the model, at every level.
  void CheckAll() {
    if (!Await("all writes are answered", 2 * kProgress, [&] { return load_.Idle(); })) return;
    for (const std::string& service : tests::Suite::Services()) WaitReady(service);
    const tests::TreeModel::Units units = load_.model().All();
    std::vector<std::string> wrong;
    const absl::Time limit = absl::Now() + kSettling;
    do {
      SuperviseAll();
      wrong = tests::Compare(units, tests::FoldLoad::kRoot, gateway_);
    } while (!wrong.empty() && absl::Now() < limit);
    differences_ += static_cast<int64_t>(wrong.size());
    ++comparisons_;
    std::string text;
    for (size_t i = 0; i < wrong.size() && i < kDifferencesShown; ++i) text += wrong[i] + "\n";
    EXPECT_TRUE(wrong.empty()) << "after " << kills_ << " kills, " << wrong.size() << " differ:\n" << text;
    for (const std::string& failure : load_.failures()) ADD_FAILURE() << failure;
    Audit();
    Print("so far");
  }
  void Print(const char* when) const {
    fmt::print(
        "fold_kill {} {}: kills {} (and {} starts in vain), {}, audits {} ({} totals), comparisons of all levels {}, "
        "differences {}, {:.0f} s\n",
        tests::EngineName({GetParam(), 0}), when, kills_, restarts_, load_.Report(), audits_, totals_, comparisons_,
        differences_, absl::ToDoubleSeconds(absl::Now() - start_));
    std::fflush(stdout);
  }

  const absl::Time start_ = absl::Now();
  const int kills_wanted_;
  const int moves_wanted_;
  tests::SeededRandom random_;
  const std::unique_ptr<tests::PostgresServer> postgres_;
  tests::Suite suite_;
  const std::string token_;
  tests::RpcClient gateway_;
  tests::PatientClient auditor_;
  tests::FoldLoad load_;
  std::set<std::string> started_;  // what is to run
  bool hurry_ = false;
  int kills_ = 0;
  int restarts_ = 0;  // of processes that found no database
  int audits_ = 0;
  int comparisons_ = 0;
  int64_t totals_ = 0;
  int64_t differences_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, FoldKillTest, testing::Values(Engine::kPostgresql, Engine::kSqlite),
                         tests::EngineName);

TEST_P(FoldKillTest, EveryTotalIsWhatARecountFinds) {
  StartAll();
  ASSERT_TRUE(load_.Establish());
  load_.Start();
  const int checks = std::max(2, kills_wanted_ / 25);
  for (int kill = 0; kill < kills_wanted_ && !HasFailure(); ++kill) {
    ChangeSecond(kill);
    if (!Strike()) break;
    const int every = std::max(1, kills_wanted_ / checks);
    if (kill % every == every / 2) Audit();  // under load
    if (kill % every == every - 1) CheckAll();
  }
  CheckAll();
  EXPECT_GE(load_.moves(), moves_wanted_);
  EXPECT_GE(kills_, kills_wanted_);
  Print("in all");
}

}  // namespace
}  // namespace ronghe

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--kills") ronghe::flags.kills = std::max(1, std::atoi(argv[i + 1]));
    if (flag == "--moves") ronghe::flags.moves = std::max(1, std::atoi(argv[i + 1]));
    if (flag == "--seed") ronghe::flags.seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return RUN_ALL_TESTS();
}
