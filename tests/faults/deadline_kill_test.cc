// Deadlines that fall due together, half of them in one partition, and two processes that are killed again and again
// while they fire them: in the end each problem is overdue once and has taken each step of the ladder once.
#include <algorithm>
#include <string>
#include <string_view>

#include <csignal>

#include "tests/storage/problem_fixture.h"
#include "tests/support/subprocess.h"

namespace ronghe::rectification {
namespace {

constexpr std::string_view kChildFlag = "--fire";
constexpr int kProblems = 120;
constexpr int kKills = 20;

// Fires what is due at a given time for ever.
int FireForEver(const std::string& url, const std::string& now) {
  absl::StatusOr<std::unique_ptr<sql::Database>> database = sql::OpenDatabase(url, {.readers = 2});
  if (!database.ok()) return 1;
  absl::TimeZone zone;
  if (!absl::LoadTimeZone("Asia/Shanghai", &zone)) return 1;
  tests::FakeClock clock(absl::FromUnixMicros(std::stoll(now)));
  common::SystemClock real_clock;
  common::SystemRandom random;
  common::ChangeLog log(**database, clock, random);
  common::Directory directory;
  common::ReplicaStore replica(**database, log, directory, real_clock);
  if (!replica.Load(absl::InfiniteFuture()).ok()) return 1;
  const common::KeyRing keys =
      common::KeyRing::Parse("1:" + absl::Base64Escape(std::string(32, 'k')) + "\n", "test").value();
  const ProblemTexts texts(keys, random);
  SqlProblemStore store(**database, log, texts, zone);
  const common::DirectoryUnits units(directory);
  const FakeRights rights(directory);
  const LoadedPolicy policy = LoadPolicy("").value();
  const LoadedCalendar calendar = LoadCalendar("").value();
  ProblemApp app({store, units, rights, common::Calendar(clock, zone), policy.policy, calendar.calendar});
  common::TimerLoop loop(**database, log, clock, {.batch = 8, .together = 2, .server_clock = false});
  loop.HandleTogether(std::string(kProblemTimer), ProblemTimers(app, texts, zone));
  for (;;) {
    if (!loop.FireDue().ok()) return 1;
  }
}

class DeadlineKillTest : public ProblemTestBase {
 protected:
  int64_t Left() { return Count("SELECT COUNT(*) FROM problem WHERE overdue = 0"); }
};
INSTANTIATE_ENGINES(DeadlineKillTest);

TEST_P(DeadlineKillTest, EachFiresOnce) {
  for (int i = 0; i < kProblems; ++i) {
    NewProblem fields = Fields(i % 2 == 0 ? "B1" : "P");
    fields.problem.due = kToday;
    ASSERT_TRUE(app_->Create(By("county", kProvince), fields, {}).ok());
  }
  GoTo(kToday + 8);  // the first two steps of the ladder
  const std::string now = std::to_string(absl::ToUnixMicros(clock_.Now()));
  int kills = 0;
  for (; Left() > 0; ++kills) {
    const int64_t enough =
        kills >= kKills
            ? 0
            : std::max<int64_t>(0, Left() - 1 - static_cast<int64_t>(random_.Below(2 * kProblems / kKills)));
    auto one = tests::Subprocess::Start({"/proc/self/exe", std::string(kChildFlag), url_, now});
    auto two = tests::Subprocess::Start({"/proc/self/exe", std::string(kChildFlag), url_, now});
    ASSERT_TRUE(one.ok() && two.ok());
    const absl::Status went_on = (*one)->WaitFor([&] { return Left() <= enough; }, absl::Seconds(120));
    EXPECT_TRUE(went_on.ok()) << went_on;
    (*one)->Signal(SIGKILL);
    (*two)->Signal(SIGKILL);
    EXPECT_EQ((*one)->WaitExit(absl::Seconds(30)).value(), 128 + SIGKILL);
    EXPECT_EQ((*two)->WaitExit(absl::Seconds(30)).value(), 128 + SIGKILL);
    ASSERT_LE(kills, kKills);
  }
  EXPECT_GE(kills, kKills / 3);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM problem_step WHERE event = 15"), kProblems);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM problem_step WHERE event = 16"), 2 * kProblems);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM problem WHERE escalation_steps = 2"), kProblems);
  EXPECT_THAT(Totals(), ::testing::UnorderedElementsAre(::testing::Pair("problems_found", kProblems),
                                                        ::testing::Pair("problems_open", kProblems),
                                                        ::testing::Pair("problems_overdue", kProblems),
                                                        ::testing::Pair("problems_escalated", 2 * kProblems)));
  fmt::print("{} deadlines, {} times two processes killed\n", kProblems, kills);
}

}  // namespace
}  // namespace ronghe::rectification

int main(int argc, char** argv) {
  if (argc == 4 && argv[1] == ronghe::rectification::kChildFlag) {
    return ronghe::rectification::FireForEver(argv[2], argv[3]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
