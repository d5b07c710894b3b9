#include "services/common/import/import_hub.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace ronghe::common {
namespace {

class ImportHubTest : public testing::Test {
 protected:
  static Import At(ImportState state, int64_t applied) {
    Import import;
    import.id = 1;
    import.state = state;
    import.applied_rows = applied;
    return import;
  }
  tests::FakeClock clock_;
  ImportHub hub_{clock_};
};

TEST_F(ImportHubTest, KeepsNothingNobodyTracks) {
  hub_.Publish(At(ImportState::kApplying, 1));
  EXPECT_EQ(hub_.Latest(1).version, 0);
  hub_.Track(1);
  hub_.Publish(At(ImportState::kApplying, 1));
  EXPECT_EQ(hub_.Latest(1).version, 1);
  hub_.Untrack(1);
  EXPECT_EQ(hub_.Latest(1).version, 0);
}

TEST_F(ImportHubTest, WakesOnceForNewsAfterTheVersion) {
  hub_.Track(1);
  int woken = 0;
  hub_.WakeAfter(1, 0, [&] { ++woken; });
  EXPECT_EQ(woken, 0);
  hub_.Publish(At(ImportState::kReceiving, 0));
  EXPECT_EQ(woken, 1);
  hub_.Publish(At(ImportState::kValidated, 0));
  EXPECT_EQ(woken, 1);
  hub_.WakeAfter(1, 1, [&] { ++woken; });
  EXPECT_EQ(woken, 2) << "there are such news already";
}

TEST_F(ImportHubTest, CancelledWakesDoNotHappen) {
  hub_.Track(1);
  bool woken = false;
  hub_.Cancel(hub_.WakeAfter(1, 0, [&] { woken = true; }));
  hub_.Publish(At(ImportState::kReceiving, 0));
  EXPECT_FALSE(woken);
}

TEST_F(ImportHubTest, PacesProgressButNotStates) {
  hub_.Track(1);
  hub_.Publish(At(ImportState::kApplying, 1));
  hub_.Publish(At(ImportState::kApplying, 2));
  EXPECT_EQ(hub_.Latest(1).import.applied_rows, 1) << "held back";
  hub_.Flush();
  EXPECT_EQ(hub_.Latest(1).import.applied_rows, 1) << "not yet";
  clock_.Advance(ImportHub::kPace);
  hub_.Flush();
  EXPECT_EQ(hub_.Latest(1).import.applied_rows, 2);
  hub_.Publish(At(ImportState::kApplied, 3));
  EXPECT_EQ(hub_.Latest(1).import.state, ImportState::kApplied) << "an end is told at once";
  const int64_t version = hub_.Latest(1).version;
  clock_.Advance(ImportHub::kPace);
  hub_.Flush();
  EXPECT_EQ(hub_.Latest(1).version, version);
}

}  // namespace
}  // namespace ronghe::common
