// Reorganizations that are scheduled, and two processes that are killed again and again while they make them effective:
// in the end each has happened exactly once, or has failed as a whole.
#include <algorithm>
#include <string>
#include <string_view>

#include <csignal>

#include "services/organization/rpc/reorganization_codec.h"
#include "tests/storage/reorganization_fixture.h"
#include "tests/support/subprocess.h"

namespace ronghe::organization {
namespace {

constexpr std::string_view kChildFlag = "--take-effect";
constexpr int kPairs = 24;
constexpr int kMembers = 3;
constexpr int kMaxKills = 12;

absl::TimeZone Zone() {
  absl::TimeZone zone;
  absl::LoadTimeZone("Asia/Shanghai", &zone);
  return zone;
}

PersonVault& TheVault() {
  static KeyRing keys = KeyRing::Parse("1:" + absl::Base64Escape(std::string(32, 'k')) + "\n", "keys").value();
  static common::SystemRandom random;
  static PersonVault vault(keys, random);
  return vault;
}

// Fires what is due at a given time for ever, one in each transaction.
int TakeEffectForEver(const std::string& url, const std::string& now) {
  absl::StatusOr<std::unique_ptr<sql::Database>> database = sql::OpenDatabase(url, {.readers = 2});
  if (!database.ok()) return 1;
  tests::FakeClock clock(absl::FromUnixMicros(std::stoll(now)));
  common::SystemRandom random;
  common::ChangeLog log(**database, clock, random);
  SqlMemberOccupants members(&TheVault());
  std::vector<UnitOccupants*> occupants{&members};
  const common::Calendar calendar(clock, Zone());
  SqlUnitStore store(**database, log, occupants, calendar);
  common::Directory directory;
  DirectoryTree tree(directory);
  FixtureConsistency consistency([] {});
  common::TokenSigner signer("a secret of the tests");
  RevisionGate gate(consistency, signer);
  ProtoReorganizationCodec codec;
  ReorganizationApp app({store, tree, gate, codec, signer, calendar, tests::DefaultRules()});
  common::TimerLoop loop(**database, log, clock, {.batch = 4, .together = 1, .server_clock = false});
  loop.Handle(std::string(kReorganizationTimer), [&](common::WriteTxn& txn, const common::DueTimer& timer) {
    SqlUnitTxn units(txn, occupants, &calendar);
    return app.TakeEffect(units, timer.record);
  });
  for (;;) {
    if (!loop.FireDue().ok()) return 1;
  }
}

class ReorganizationKillTest : public ReorganizationTestBase {
 protected:
  void Schedule() {
    ProtoReorganizationCodec codec;
    ReorganizationApp app({*store_, *tree_, *gate_, codec, signer_, calendar(), tests::DefaultRules()});
    Create(Committee("C1", Level::kCounty), "");
    Create(Committee("T1", Level::kTownship), "C1");
    for (int i = 0; i < kPairs; ++i) {
      for (const char* side : {"S", "T"}) {
        const std::string code = fmt::format("{}{:02}", side, i);
        Create(Fields(code, Level::kBranch, UnitKind::kBranch), "T1");
        AddMembers(code, kMembers);
      }
      std::vector<Step> steps{Merging({fmt::format("S{:02}", i)}, fmt::format("T{:02}", i))};
      // Every fourth cannot be done, which shows only after its first step was.
      if (i % 4 == 3) steps.emplace_back(DissolveStep{"units/T1"});
      Must(app.Run(call_, {.parent = "units/C1", .title = "", .steps = steps}, On(kToday + 1 + i % 3)).status());
    }
    Refresh();
  }
  int64_t Left() { return Count("SELECT COUNT(*) FROM reorganization WHERE state = 1"); }
};
INSTANTIATE_ENGINES(ReorganizationKillTest);

TEST_P(ReorganizationKillTest, EachHappensOnce) {
  Schedule();
  const int64_t members = Totals("C1")["members"];
  GoTo(kToday + 4);
  const std::string now = std::to_string(absl::ToUnixMicros(clock_.Now()));
  int kills = 0;
  for (; Left() > 0 && kills < kMaxKills; ++kills) {
    const int64_t enough =
        kills + 1 == kMaxKills ? 0 : std::max<int64_t>(0, Left() - 1 - static_cast<int64_t>(random_.Below(4)));
    auto one = tests::Subprocess::Start({"/proc/self/exe", std::string(kChildFlag), url_, now});
    auto two = tests::Subprocess::Start({"/proc/self/exe", std::string(kChildFlag), url_, now});
    ASSERT_TRUE(one.ok() && two.ok());
    const absl::Status went_on = (*one)->WaitFor([&] { return Left() <= enough; }, absl::Seconds(120));
    EXPECT_TRUE(went_on.ok()) << went_on;
    (*one)->Signal(SIGKILL);
    (*two)->Signal(SIGKILL);
    EXPECT_EQ((*one)->WaitExit(absl::Seconds(30)).value(), 128 + SIGKILL);
    EXPECT_EQ((*two)->WaitExit(absl::Seconds(30)).value(), 128 + SIGKILL);
  }
  EXPECT_EQ(Left(), 0);
  EXPECT_GT(kills, 2);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM reorganization WHERE state = 2"), kPairs * 3 / 4);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM reorganization WHERE state = 4"), kPairs / 4);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM timer WHERE kind = 'reorganization'"), 0);
  for (int i = 0; i < kPairs; ++i) {
    const bool fails = i % 4 == 3;
    EXPECT_EQ(MembersOf(fmt::format("S{:02}", i)), fails ? kMembers : 0);
    EXPECT_EQ(MembersOf(fmt::format("T{:02}", i)), fails ? kMembers : 2 * kMembers);
    EXPECT_EQ(Get(fmt::format("S{:02}", i))->lives(), fails);
  }
  // Nobody moved twice, no unit ended twice.
  EXPECT_EQ(Count("SELECT COUNT(*) FROM member_history"), kPairs * 3 / 4 * kMembers);
  EXPECT_EQ(Count("SELECT COUNT(*) FROM unit_version WHERE state = 2"), kPairs * 3 / 4);
  EXPECT_EQ(Totals("C1")["members"], members);
  ExpectAuditClean();
  fmt::print("{} reorganizations, {} times two processes killed\n", kPairs, kills);
}

}  // namespace
}  // namespace ronghe::organization

int main(int argc, char** argv) {
  if (argc == 4 && argv[1] == ronghe::organization::kChildFlag) {
    return ronghe::organization::TakeEffectForEver(argv[2], argv[3]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
