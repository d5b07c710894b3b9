#include "gateway/overview/freshness.h"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace ronghe::tests {
namespace {

using common::UnitUid;
using gateway::FeedChange;
using gateway::Freshness;
using gateway::Place;
using gateway::Sensitivity;

constexpr UnitUid kCounty{1};
constexpr UnitUid kTown{2};
constexpr UnitUid kOtherTown{3};
constexpr UnitUid kBranch{4};

// county ── town ── branch, county ── other town; structure 7.
class FreshnessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Structure(7, kTown);
    Apply({.reset = true, .position = 100});
    Head(100);
  }
  void Structure(int64_t revision, UnitUid parent_of_branch) {
    common::DirectoryDelta delta;
    delta.reset = delta.complete = true;
    delta.incarnation = "directory";
    delta.position = delta.place_revision = revision;
    delta.structure_revision = revision + 5;  // grants count there
    const auto add = [&](UnitUid uid, UnitUid parent) {
      common::DirectoryUnit unit;
      unit.uid = uid;
      unit.parent = parent;
      unit.code = std::to_string(uid.value);
      delta.units.push_back(unit);
    };
    add(kCounty, {});
    add(kTown, kCounty);
    add(kOtherTown, kCounty);
    add(kBranch, parent_of_branch);
    directory_.Apply(delta, clock_.Now());
  }
  struct Message {
    bool reset = false;
    int64_t position = 0;
    std::vector<UnitUid> units = {};
    bool structure_changed = false;
    int64_t structure = 7;
    std::string incarnation = "one";
  };
  gateway::Touched Apply(const Message& m) {
    return freshness_.Apply({m.reset, m.incarnation, m.position, 1, m.units, m.structure_changed, m.structure});
  }
  void Head(int64_t position) { freshness_.Head("one", position, 1, clock_.Now()); }
  bool Accepts(int64_t position, UnitUid unit, Sensitivity sensitivity = Sensitivity::kUnit,
               const std::string& incarnation = "one") {
    return freshness_.Accepts({incarnation, position, clock_.Now(), 7}, unit, sensitivity);
  }

  FakeClock clock_;
  common::Directory directory_;
  Freshness freshness_{directory_, clock_, 8};
};

TEST_F(FreshnessTest, AChangeConcernsTheUnitAndAllAboveItAndNoOther) {
  const gateway::Touched touched = Apply({.position = 101, .units = {kBranch}});
  Head(101);
  EXPECT_FALSE(touched.everything);
  EXPECT_EQ(touched.units.size(), 3u);
  EXPECT_FALSE(Accepts(100, kBranch));
  EXPECT_FALSE(Accepts(100, kTown));
  EXPECT_FALSE(Accepts(100, kCounty));
  EXPECT_TRUE(Accepts(100, kOtherTown));
  EXPECT_TRUE(Accepts(101, kBranch));  // includes the change
  EXPECT_TRUE(Accepts(101, kCounty));
}

TEST_F(FreshnessTest, WhatIsAheadOfTheStreamIsServedUntilAChangeComesAfterIt) {
  EXPECT_TRUE(Accepts(105, kTown));
  Apply({.position = 105, .units = {kBranch}});
  EXPECT_TRUE(Accepts(105, kTown));
  Apply({.position = 106, .units = {kBranch}});
  EXPECT_FALSE(Accepts(105, kTown));
}

TEST_F(FreshnessTest, NothingFromBeforeWhatIsKnownOrFromAnotherHistory) {
  EXPECT_TRUE(Accepts(100, kOtherTown));
  EXPECT_FALSE(Accepts(99, kOtherTown));
  EXPECT_FALSE(Accepts(100, kOtherTown, Sensitivity::kUnit, "two"));
  EXPECT_FALSE(Accepts(100, kOtherTown, Sensitivity::kUnit, ""));
  Apply({.position = 7, .incarnation = "two"});  // the service was restored
  EXPECT_FALSE(Accepts(100, kOtherTown));
  EXPECT_FALSE(Accepts(100, kOtherTown, Sensitivity::kUnit, "two"));  // known, but not known to be current
  freshness_.Head("one", 100, 1, clock_.Now());                       // an answer from before
  EXPECT_FALSE(Accepts(100, kOtherTown, Sensitivity::kUnit, "two"));
  freshness_.Head("two", 7, 1, clock_.Now());
  EXPECT_TRUE(Accepts(7, kOtherTown, Sensitivity::kUnit, "two"));
}

TEST_F(FreshnessTest, AResetAndAChangeOfStructureConcernEverything) {
  Apply({.position = 102, .structure_changed = true});
  Head(102);
  EXPECT_FALSE(Accepts(101, kOtherTown));
  EXPECT_TRUE(Accepts(102, kOtherTown));
  Apply({.reset = true, .position = 110});
  Head(110);
  EXPECT_FALSE(Accepts(109, kOtherTown));
  EXPECT_TRUE(Accepts(110, kOtherTown));
}

// The service folded under one structure, this process knows another: which units stand above is not known.
TEST_F(FreshnessTest, ChangesUnderAnotherStructureConcernEverything) {
  Structure(8, kOtherTown);
  EXPECT_TRUE(Apply({.position = 101, .units = {kBranch}, .structure = 7}).everything);
  Head(101);
  EXPECT_FALSE(Accepts(100, kTown));
  EXPECT_FALSE(Accepts(100, kOtherTown));
  EXPECT_FALSE(Apply({.position = 102, .units = {kBranch}, .structure = 8}).everything);
  EXPECT_TRUE(Accepts(101, kTown));
  EXPECT_FALSE(Accepts(101, kOtherTown));
  EXPECT_TRUE(Apply({.position = 103, .units = {UnitUid(99)}, .structure = 8}).everything);  // unknown here
  EXPECT_TRUE(Apply({.position = 104, .units = {kBranch}, .structure = 0}).everything);      // it does not say
}

TEST_F(FreshnessTest, TotalsUnderAnotherStructureChangeWithAnyUnit) {
  EXPECT_TRUE(Accepts(100, kOtherTown, Sensitivity::kAnyUnit));
  Apply({.position = 101, .units = {kBranch}});
  Head(101);
  EXPECT_FALSE(Accepts(100, kOtherTown, Sensitivity::kAnyUnit));
  EXPECT_TRUE(Accepts(101, kOtherTown, Sensitivity::kAnyUnit));
  Apply({.position = 105});  // no unit's
  EXPECT_TRUE(Accepts(101, kOtherTown, Sensitivity::kAnyUnit));
}

TEST_F(FreshnessTest, NothingOlderThanASecondIsFresh) {
  clock_.Advance(Freshness::kMaxAge);
  EXPECT_TRUE(Accepts(100, kTown));
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_FALSE(Accepts(100, kTown));
  // Heartbeats of the stream alone say nothing: they may have waited in a buffer.
  Apply({.position = 100});
  EXPECT_FALSE(Accepts(100, kTown));
  Head(100);
  EXPECT_TRUE(Accepts(100, kTown));
}

// The time that counts is when the service was asked, not when the answer was read by a process that had been paused.
TEST_F(FreshnessTest, AnAnswerThatWasLongOnItsWaySaysOnlyWhatWasTrueThen) {
  const absl::Time sent = clock_.Now();
  clock_.Advance(absl::Seconds(5));
  freshness_.Head("one", 100, 1, sent);
  EXPECT_FALSE(Accepts(100, kTown));
  EXPECT_EQ(freshness_.Lag(), absl::Seconds(5));
}

// The stream stalls while the head answers.
TEST_F(FreshnessTest, AHeadCountsOnceTheStreamHasReachedIt) {
  clock_.Advance(absl::Seconds(2));
  Head(103);
  EXPECT_FALSE(Accepts(100, kOtherTown));
  EXPECT_FALSE(Accepts(103, kOtherTown));
  Apply({.position = 102, .units = {kBranch}});
  EXPECT_FALSE(Accepts(102, kOtherTown));
  Apply({.position = 103, .units = {kBranch}});
  EXPECT_TRUE(Accepts(100, kOtherTown));
  EXPECT_FALSE(Accepts(100, kTown));
  EXPECT_TRUE(Accepts(103, kTown));
}

TEST_F(FreshnessTest, AClockThatIsSetBackMakesNothingFresh) {
  clock_.Advance(-absl::Hours(1));
  EXPECT_FALSE(Accepts(100, kTown));
  Head(100);
  EXPECT_FALSE(Accepts(100, kTown));
}

// 8 changes are remembered; of what is forgotten it is only known that it was before the floor.
TEST_F(FreshnessTest, WhatIsForgottenIsNotServed) {
  common::DirectoryDelta more;
  more.complete = true;
  more.incarnation = "directory";
  more.position = more.place_revision = 7;
  for (int64_t uid = 10; uid < 30; ++uid) {
    common::DirectoryUnit unit;
    unit.uid = UnitUid(uid);
    unit.code = std::to_string(uid);
    more.units.push_back(unit);
  }
  directory_.Apply(more, clock_.Now());
  for (int64_t i = 0; i < 20; ++i) Apply({.position = 101 + i, .units = {UnitUid(10 + i)}});
  Head(120);
  EXPECT_FALSE(Accepts(100, kTown));  // it did not change, but that is not known any more
  EXPECT_TRUE(Accepts(120, kTown));
  for (int64_t i = 0; i < 20; ++i) {
    EXPECT_FALSE(Accepts(100 + i, UnitUid(10 + i))) << i;  // before its change
    EXPECT_TRUE(Accepts(120, UnitUid(10 + i))) << i;
  }
}

TEST_F(FreshnessTest, TheCacheIsLeftAloneUntilItsEpochWasAdvanced) {
  freshness_.DoubtCache();
  EXPECT_TRUE(freshness_.state().cache_doubted);
  Apply({.position = 101});
  freshness_.CacheAdvanced("two", 9);  // of another history
  EXPECT_TRUE(freshness_.state().cache_doubted);
  freshness_.CacheAdvanced("one", 2);
  EXPECT_FALSE(freshness_.state().cache_doubted);
  EXPECT_EQ(freshness_.state().cache_epoch, 2);
  Apply({.position = 102});  // told before the advance
  EXPECT_EQ(freshness_.state().cache_epoch, 2);
}

TEST_F(FreshnessTest, WaitsForAStructure) {
  EXPECT_TRUE(freshness_.WaitForStructure(7, clock_.Now()));
  EXPECT_FALSE(freshness_.WaitForStructure(8, clock_.Now() + absl::Milliseconds(5)));
  std::thread later([this] { Apply({.position = 101, .structure_changed = true, .structure = 8}); });
  EXPECT_TRUE(freshness_.WaitForStructure(8, clock_.Now() + absl::Seconds(20)));
  later.join();
}

}  // namespace
}  // namespace ronghe::tests
