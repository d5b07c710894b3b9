// What Part and Collector do about services that fail, hang or are behind, and about callers in a hurry.
#include <gmock/gmock.h>

#include "gateway/overview/collect.h"
#include "gateway/overview/part.h"
#include "tests/unit/gateway/overview/part_fixture.h"

namespace ronghe::tests {
namespace {

using common::UnitUid;
using gateway::Freshness;
using gateway::Part;
using gateway::Wanted;
using ::testing::ElementsAre;

class PartOutageTest : public PartTest {
 protected:
  // A reading that is begun now, while nobody answers, and ends when the time it was given is over.
  absl::StatusOr<gateway::PartAnswer> InVain(const Wanted& wanted, absl::Duration given) {
    source_.held = true;
    const absl::Time deadline = clock_.Now() + given;
    const auto reading = part_->Begin(wanted, /*fresh=*/false, deadline);
    clock_.Advance(given);
    source_.Expire();
    return part_->Finish(reading, deadline);
  }
  static Wanted Own(std::vector<int64_t> uids) {
    Wanted wanted = Units(std::move(uids));
    wanted.min_revision = {"token"};
    return wanted;
  }
};

TEST_F(PartOutageTest, LastKnownFiguresForTenMinutes) {
  ASSERT_TRUE(Get(Units({2})).ok());
  source_.failure = common::Internal("broken");
  clock_.Advance(absl::Minutes(10));
  const absl::Time down = clock_.Now();
  auto answer = Get(Units({2, 3}));
  EXPECT_THAT(Totals(answer), ElementsAre("units/2@10", "-"));
  EXPECT_TRUE(answer->stale);
  EXPECT_TRUE(answer->missing);
  EXPECT_EQ(answer->down_since, down);
  EXPECT_EQ(answer->place->position, 10);
  clock_.Advance(absl::Seconds(2));
  answer = Get(Units({2}));
  EXPECT_THAT(Totals(answer), ElementsAre("-"));
  EXPECT_FALSE(answer->stale);
  EXPECT_EQ(answer->down_since, down);
  source_.failure = absl::OkStatus();
  clock_.Advance(absl::Seconds(1));
  answer = Get(Units({2}));
  EXPECT_THAT(Totals(answer), ElementsAre("units/2@10"));
  EXPECT_FALSE(answer->stale || answer->missing || answer->down_since.has_value());
}

TEST_F(PartOutageTest, AServiceThatFailsIsNotAskedByEveryone) {
  source_.failure = common::Internal("broken");
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Get(Units({2}))->missing);
  EXPECT_EQ(source_.asked.size(), 1u);
  clock_.Advance(absl::Milliseconds(250));
  EXPECT_TRUE(Get(Units({2}))->missing);
  EXPECT_EQ(source_.asked.size(), 2u);
}

// With its deadline the service is asked, and that is no measure of the service.
TEST_F(PartOutageTest, ACallersShortDeadlineDoesNotMakeTheServiceLookDown) {
  EXPECT_TRUE(InVain(Own({2}), absl::Milliseconds(20))->missing);
  EXPECT_EQ(source_.deadlines.back(), clock_.Now());
  absl::Status difference;
  part_->GetDifference({}, clock_.Now() + absl::Milliseconds(4),
                       [&](const auto& answer) { difference = answer.status(); });
  clock_.Advance(absl::Milliseconds(4));
  source_.Expire();
  EXPECT_TRUE(absl::IsDeadlineExceeded(difference));
  EXPECT_EQ(part_->down_since(), std::nullopt);
  source_.Release();
  const auto answer = Get(Units({2}));
  EXPECT_THAT(Totals(answer), ElementsAre("units/2@10"));
  EXPECT_FALSE(answer->stale || answer->missing);
}

TEST_F(PartOutageTest, TheGatewaysOwnPatienceIsAMeasure) {
  EXPECT_TRUE(InVain(Own({2}), Part::kPatience)->missing);
  EXPECT_EQ(part_->down_since(), clock_.Now());
  source_.Release();
  clock_.Advance(Part::kPauseAfterHang);
  EXPECT_FALSE(Get(Units({2}))->missing);
  EXPECT_EQ(part_->down_since(), std::nullopt);
  source_.held = true;
  part_->GetDifference({}, clock_.Now() + Part::kPatience, [](const auto&) {});
  clock_.Advance(Part::kPatience);
  source_.Expire();
  EXPECT_EQ(part_->down_since(), clock_.Now());
}

// A database that is given no time is called unavailable by its service; where nobody listens no service says anything.
TEST_F(PartOutageTest, ThatNobodyListensIsSeenInAnyTime) {
  source_.failure = common::Unavailable("DATABASE_UNAVAILABLE", {"given up", "已放弃"});
  EXPECT_TRUE(part_->Finish(part_->Begin(Own({2}), false, clock_.Now() + absl::Milliseconds(20)), Soon())->missing);
  EXPECT_EQ(part_->down_since(), std::nullopt);
  source_.failure = absl::UnavailableError("connection refused");
  EXPECT_TRUE(part_->Finish(part_->Begin(Own({2}), false, clock_.Now() + absl::Milliseconds(20)), Soon())->missing);
  EXPECT_EQ(part_->down_since(), clock_.Now());
}

TEST_F(PartOutageTest, AServiceThatHangsIsWaitedForOnceAndTriedByOneReadingAtATime) {
  ASSERT_TRUE(Get(Units({2, 3})).ok());
  clock_.Advance(absl::Seconds(2));  // the feed is silent too
  auto answer = InVain(Units({2}), Part::kPatience);
  EXPECT_TRUE(answer->stale);
  EXPECT_EQ(answer->down_since, clock_.Now());
  size_t asked = source_.asked.size();
  const absl::Time begin = absl::Now();
  const absl::Duration long_time = absl::Seconds(30);
  const auto get = [&](int64_t unit) {
    const Wanted wanted = Units({unit});
    return part_->Finish(part_->Begin(wanted, /*fresh=*/false, clock_.Now() + long_time), clock_.Now() + long_time);
  };
  // For far longer than was waited.
  for (int i = 0; i < 12; ++i) {
    EXPECT_TRUE(get(2)->stale);
    EXPECT_TRUE(get(3)->stale);
    EXPECT_EQ(source_.asked.size(), asked);
    clock_.Advance(Part::kPauseAfterHang);
    source_.Expire();
    EXPECT_TRUE(get(2)->stale);
    EXPECT_TRUE(get(2)->stale);
    EXPECT_EQ(source_.asked.size(), ++asked);
    EXPECT_EQ(source_.deadlines.back(), clock_.Now() + Part::kPatience);
  }
  EXPECT_LT(absl::Now() - begin, long_time);  // nobody waited for what did not come
  EXPECT_LE(static_cast<int64_t>(source_.waiting.size()), Part::kPatience / Part::kPauseAfterHang);
}

// What it was asked while it stood still it answers at once.
TEST_F(PartOutageTest, AServiceThatGoesOnIsUsedAtOnce) {
  ASSERT_TRUE(Get(Units({2, 3})).ok());
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(InVain(Units({2}), Part::kPatience)->stale);
  clock_.Advance(Part::kPauseAfterHang);
  EXPECT_TRUE(Get(Units({2}))->stale);
  source_.position = 12;
  source_.Release();
  const auto answer = Get(Units({3}));
  EXPECT_THAT(Totals(answer), ElementsAre("units/3@12"));
  EXPECT_FALSE(answer->stale || answer->down_since.has_value());
}

// What it was asked before is lost.
TEST_F(PartOutageTest, AServiceThatIsBackIsUsedWithinASecond) {
  ASSERT_TRUE(Get(Units({2, 3})).ok());
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(InVain(Units({2}), Part::kPatience)->stale);
  clock_.Advance(Part::kPauseAfterHang);
  EXPECT_TRUE(Get(Units({2}))->stale);  // the last try in vain
  source_.held = false;
  source_.position = 12;
  EXPECT_TRUE(Get(Units({2}))->stale);
  clock_.Advance(absl::Seconds(1));
  const auto answer = Get(Units({2}));  // though that try has not ended yet
  EXPECT_THAT(Totals(answer), ElementsAre("units/2@12"));
  EXPECT_FALSE(answer->stale);
}

TEST_F(PartOutageTest, WhoNamesARevisionNeverGetsLastKnownFigures) {
  ASSERT_TRUE(Get(Units({2})).ok());
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(InVain(Units({2}), Part::kPatience)->stale);
  for (const absl::Duration given : {absl::Milliseconds(100), absl::Seconds(1), Part::kPatience}) {
    const auto answer = InVain(Own({2}), given);
    EXPECT_THAT(Totals(answer), ElementsAre("-"));
    EXPECT_FALSE(answer->stale);
  }
  source_.Release();
  source_.position = 12;
  EXPECT_THAT(Totals(Get(Own({2}))), ElementsAre("units/2@12"));  // and it need not wait for a pause to end
}

// A clock that is set back does not leave the service alone for hours.
TEST_F(PartOutageTest, AClockThatIsSetBack) {
  EXPECT_TRUE(InVain(Units({2}), Part::kPatience)->missing);
  source_.Release();
  clock_.Advance(-absl::Hours(5));
  EXPECT_FALSE(Get(Units({2}))->missing);
}

// Two services: one under the structure of a move, or in trouble, one behind.
class CollectorTest : public PartOutageTest {
 protected:
  void SetUp() override {
    behind_.structure = 6;
    std::vector<std::unique_ptr<Part>> parts;
    const auto nothing = [](double) {};
    const gateway::PartCounters counters{nothing, nothing, nothing, nothing};
    parts.push_back(NewPart());
    parts.push_back(
        std::make_unique<Part>("assessment", Part::Uses{behind_, unheard_, other_cache_, clock_}, counters));
    parts.push_back(
        std::make_unique<Part>("rectification", Part::Uses{hanging_, unheard_, other_cache_, clock_}, counters));
    collector_ = std::make_unique<gateway::Collector>(std::move(parts), clock_);
  }
  // With so long for everything.
  gateway::Collected Collect(const Wanted& wanted, absl::Duration given) {
    auto collected = collector_->Collect(wanted, clock_.Now() + given);
    EXPECT_TRUE(collected.ok()) << collected.status();
    return collected.ok() ? *std::move(collected) : gateway::Collected();
  }

  FakeSource behind_{clock_};
  FakeSource hanging_{clock_};
  common::LocalCache other_cache_{1 << 20};
  std::shared_ptr<Freshness> unheard_ = std::make_shared<Freshness>(directory_, clock_);
  std::unique_ptr<gateway::Collector> collector_;
};

TEST_F(CollectorTest, ReportsStructuresThatDiffer) {
  const Wanted wanted = Units({2});
  EXPECT_TRUE(Collect(wanted, absl::Seconds(2)).structure_differs);
  EXPECT_EQ(behind_.asked.size(), 2u);  // and once more after the wait
  EXPECT_TRUE(Collect(wanted, absl::Seconds(2)).structure_differs);
  EXPECT_EQ(behind_.asked.size(), 3u);  // waited in vain a moment ago
  clock_.Advance(absl::Seconds(1));
  behind_.structure = 7;
  const gateway::Collected collected = Collect(wanted, absl::Seconds(2));
  EXPECT_FALSE(collected.structure_differs);
  EXPECT_EQ(collected.parts[1].structure_revision, 7);
}

// The service that hangs takes the patience; then the one behind is asked again, in time of its own.
TEST_F(CollectorTest, AServiceThatHangsLeavesTimeToAskThoseBehindAgain) {
  hanging_.uses_up_time = true;
  gateway::Collected collected = Collect(Own({2}), absl::Seconds(10));
  EXPECT_TRUE(collected.parts[2].missing);
  EXPECT_TRUE(collected.structure_differs);
  ASSERT_EQ(behind_.deadlines.size(), 2u);
  EXPECT_GT(behind_.deadlines[1], clock_.Now());
  EXPECT_EQ(collector_->parts()[1]->down_since(), std::nullopt);
  collected = Collect(Units({2}), absl::Seconds(10));
  EXPECT_FALSE(collected.parts[1].stale || collected.parts[1].missing);
  EXPECT_THAT(Totals(collected.parts[1]), ElementsAre("units/2@10"));
}

TEST_F(CollectorTest, WhoIsInAHurryFindsOutNothingForOthers) {
  hanging_.uses_up_time = true;
  const gateway::Collected hurried = Collect(Own({2}), absl::Milliseconds(30));
  EXPECT_TRUE(hurried.structure_differs);
  for (const absl::Time deadline : behind_.deadlines) EXPECT_GE(deadline, clock_.Now());
  EXPECT_EQ(collector_->parts()[1]->down_since(), std::nullopt);
  EXPECT_EQ(collector_->parts()[2]->down_since(), std::nullopt);
  hanging_.uses_up_time = false;
  const size_t before = behind_.asked.size();
  EXPECT_TRUE(Collect(Own({2}), absl::Seconds(10)).structure_differs);
  EXPECT_EQ(behind_.asked.size(), before + 2);  // it waited for the structure
}

}  // namespace
}  // namespace ronghe::tests
