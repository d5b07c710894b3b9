#include <csignal>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/redis.h"
#include "tests/support/seeded_random.h"
#include "tests/support/subprocess.h"
#include "tests/support/temp_dir.h"

namespace ronghe::tests {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

TEST(SubprocessTest, GivesExitCodeOutputAndEnvironment) {
  TempDir dir;
  Subprocess::Options options;
  options.output_dir = dir.path();
  options.environment = {{"RONGHE_TEST_WORD", "hello"}};
  auto process = Subprocess::Start({"sh", "-c", "echo $RONGHE_TEST_WORD; echo oops >&2; exit 3"}, options);
  ASSERT_TRUE(process.ok());
  EXPECT_EQ(*(*process)->WaitExit(kPatience), 3);
  EXPECT_EQ((*process)->Stdout(), "hello\n");
  EXPECT_EQ((*process)->Stderr(), "oops\n");
  EXPECT_FALSE((*process)->Running());
}

TEST(SubprocessTest, ASignalIsAnExitToo) {
  auto process = *Subprocess::Start({"sleep", "1000"});
  EXPECT_TRUE(process->Running());
  EXPECT_TRUE(absl::IsDeadlineExceeded(process->WaitExit(absl::Milliseconds(20)).status()));
  process->Signal(SIGTERM);
  EXPECT_EQ(*process->WaitExit(kPatience), 128 + SIGTERM);
}

TEST(SubprocessTest, NothingOfItsGroupIsLeft) {
  TempDir dir;
  std::string file = dir.File("pid");
  auto process = *Subprocess::Start(
      {"sh", "-c", "sleep 1000 & echo $! > " + file + ".new; mv " + file + ".new " + file + "; wait"});
  ASSERT_TRUE(process->WaitForFile(file, kPatience).ok());
  pid_t grandchild = std::atoi(ReadFile(file).c_str());
  ASSERT_GT(grandchild, 1);
  EXPECT_EQ(kill(grandchild, 0), 0);
  process.reset();
  auto gone = [&] {
    std::string stat = ReadFile("/proc/" + std::to_string(grandchild) + "/stat");
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  };
  auto waiter = *Subprocess::Start({"sleep", "1000"});
  EXPECT_TRUE(waiter->WaitFor(gone, kPatience).ok());
}

TEST(SubprocessTest, WaitsEndWhenTheProgramDoes) {
  auto process = *Subprocess::Start({"false"});
  EXPECT_TRUE(absl::IsAborted(process->WaitForFile("/nowhere/at/all", kPatience)));
  EXPECT_EQ(*(*Subprocess::Start({"/no/such/program"}))->WaitExit(kPatience), 127);
  EXPECT_FALSE(Subprocess::Run({"false"}, {}, kPatience).ok());
  EXPECT_TRUE(Subprocess::Run({"true"}, {}, kPatience).ok());
}

TEST(RedisServerTest, StartsDiesAndComesBack) {
  auto server = RedisServer::Start();
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(PortOpen((*server)->port()));
  (*server)->Kill9();
  EXPECT_FALSE(PortOpen((*server)->port()));
  EXPECT_TRUE((*server)->Restart().ok());
  EXPECT_TRUE(PortOpen((*server)->port()));
}

TEST(TempDirTest, IsGoneAfterwards) {
  std::string path;
  {
    TempDir dir;
    path = dir.path();
    std::filesystem::create_directories(dir.File("a/b"));
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(FakesTest, AreRepeatable) {
  FakeClock clock;
  absl::Time start = clock.Now();
  clock.Advance(absl::Hours(1));
  EXPECT_EQ(clock.Now(), start + absl::Hours(1));
  EXPECT_EQ(SeededRandom(3).Next(), SeededRandom(3).Next());
  EXPECT_NE(SeededRandom(3).Next(), SeededRandom(4).Next());
}

}  // namespace
}  // namespace ronghe::tests
