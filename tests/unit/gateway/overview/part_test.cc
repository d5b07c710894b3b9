#include "gateway/overview/part.h"

#include <gmock/gmock.h>

#include "gateway/overview/collect.h"
#include "services/common/cache/local_cache.h"
#include "services/common/values/status.h"
#include "tests/support/fake_clock.h"

namespace ronghe::tests {
namespace {

using common::UnitUid;
using gateway::Freshness;
using gateway::Part;
using gateway::PartAnswer;
using gateway::SummaryBatch;
using gateway::Wanted;
using ::testing::ElementsAre;

constexpr common::MonthNumber kMonth = 202611;

// A service that answers at once, or when it is told to.
class FakeSource final : public gateway::SummarySource {
 public:
  void BatchGet(const common::v1::BatchGetSummariesRequest& request, absl::Time, Done<SummaryBatch> done) override {
    asked.push_back(request);
    auto answer = [this, request, done = std::move(done)] { done(Answer(request)); };
    if (held) {
      waiting.push_back(answer);
    } else {
      answer();
    }
  }
  void GetDifference(const common::v1::GetStructureDifferenceRequest&, absl::Time,
                     Done<common::v1::GetStructureDifferenceResponse> done) override {
    done(common::Unavailable("DOWN", {"down", "停机"}));
  }
  absl::StatusOr<SummaryBatch> Answer(const common::v1::BatchGetSummariesRequest& request) {
    if (!failure.ok()) return failure;
    SummaryBatch batch;
    batch.place = {"one", position, absl::UnixEpoch(), structure};
    std::vector<std::string> units(request.units().begin(), request.units().end());
    if (request.include_children()) units.insert(units.end(), children.begin(), children.end());
    for (const std::string& unit : units) {
      if (unit == unknown) return common::NotFound(unit);
      for (const std::string& period : request.periods()) {
        batch.totals[{unit, period}] = unit + "@" + std::to_string(position);
      }
    }
    return batch;
  }
  void Release() {
    held = false;
    for (auto& answer : std::exchange(waiting, {})) answer();
  }

  std::vector<common::v1::BatchGetSummariesRequest> asked;
  std::vector<std::function<void()>> waiting;
  std::vector<std::string> children;
  std::string unknown;
  absl::Status failure;
  bool held = false;
  int64_t position = 10;
  int64_t structure = 7;
};

class PartTest : public ::testing::Test {
 protected:
  PartTest() {
    common::DirectoryDelta delta;
    delta.reset = delta.complete = true;
    delta.incarnation = "directory";
    delta.position = delta.place_revision = 7;
    for (int64_t uid = 1; uid <= 3; ++uid) {
      common::DirectoryUnit unit;
      unit.uid = UnitUid(uid);
      unit.parent = uid == 1 ? UnitUid() : UnitUid(1);
      unit.code = std::to_string(uid);
      delta.units.push_back(unit);
    }
    directory_.Apply(delta, clock_.Now());
    freshness_ = std::make_shared<Freshness>(directory_, clock_);
    freshness_->Apply({true, "one", 10, 1, {}, false, 7});
    Head(10);
    part_ = NewPart();
  }
  std::unique_ptr<Part> NewPart() {
    const auto count = [](double* total) { return [total](double by) { *total += by; }; };
    return std::make_unique<Part>(
        "education", Part::Uses{source_, freshness_, cache_, clock_},
        gateway::PartCounters{count(&cached_), count(&loaded_), count(&stale_), count(&missing_)});
  }
  void Head(int64_t position) { freshness_->Head("one", position, 1, clock_.Now()); }
  void Change(int64_t position, UnitUid unit) { freshness_->Apply({false, "one", position, 1, {unit}, false, 7}); }
  static Wanted Units(std::vector<int64_t> uids, std::vector<std::string> periods = {"2026-11"}) {
    Wanted wanted;
    for (const int64_t uid : uids) wanted.units.push_back({UnitUid(uid), "units/" + std::to_string(uid)});
    for (const std::string& period : periods) {
      wanted.spans.push_back({period, *common::ParsePeriod(period), common::v1::STRUCTURE_THEN});
    }
    wanted.month = kMonth;
    return wanted;
  }
  absl::Time Soon() const { return clock_.Now() + absl::Seconds(2); }
  absl::StatusOr<PartAnswer> Get(const Wanted& wanted, Part* part = nullptr) {
    Part& from = part == nullptr ? *part_ : *part;
    return from.Finish(from.Begin(wanted, /*fresh=*/false, Soon()), Soon());
  }
  static std::vector<std::string> Totals(const absl::StatusOr<PartAnswer>& answer) {
    std::vector<std::string> totals;
    if (!answer.ok()) return {std::string(answer.status().message())};
    for (const auto& summary : answer->summaries) totals.push_back(summary == nullptr ? "-" : summary->total);
    return totals;
  }

  FakeClock clock_;
  common::Directory directory_;
  FakeSource source_;
  common::LocalCache cache_{1 << 20};
  std::shared_ptr<Freshness> freshness_;
  double cached_ = 0, loaded_ = 0, stale_ = 0, missing_ = 0;
  std::unique_ptr<Part> part_;
};

TEST_F(PartTest, LoadsOnceAndAgainAfterAChange) {
  EXPECT_THAT(Totals(Get(Units({2, 3}))), ElementsAre("units/2@10", "units/3@10"));
  EXPECT_THAT(Totals(Get(Units({2, 3}))), ElementsAre("units/2@10", "units/3@10"));
  ASSERT_EQ(source_.asked.size(), 1u);
  EXPECT_TRUE(source_.asked[0].totals_only());
  source_.position = 11;
  Change(11, UnitUid(2));
  Head(11);
  EXPECT_THAT(Totals(Get(Units({2, 3}))), ElementsAre("units/2@11", "units/3@10"));
  ASSERT_EQ(source_.asked.size(), 2u);
  EXPECT_THAT(source_.asked[1].units(), ElementsAre("units/2"));
  EXPECT_EQ(loaded_, 3);
  EXPECT_EQ(cached_, 3);
}

TEST_F(PartTest, NothingKeptIsServedWhileTheFeedIsSilent) {
  ASSERT_TRUE(Get(Units({2})).ok());
  clock_.Advance(absl::Milliseconds(1001));
  source_.position = 12;
  EXPECT_THAT(Totals(Get(Units({2}))), ElementsAre("units/2@12"));
  EXPECT_EQ(source_.asked.size(), 2u);
}

TEST_F(PartTest, OneLoadOfAKeyAtATime) {
  source_.held = true;
  const Wanted wanted = Units({2, 3});
  const auto first = part_->Begin(wanted, false, Soon());
  const auto second = part_->Begin(wanted, false, Soon());
  EXPECT_EQ(source_.asked.size(), 1u);
  source_.Release();
  EXPECT_THAT(Totals(part_->Finish(first, Soon())), ElementsAre("units/2@10", "units/3@10"));
  EXPECT_THAT(Totals(part_->Finish(second, Soon())), ElementsAre("units/2@10", "units/3@10"));
  EXPECT_EQ(source_.asked.size(), 1u);
}

// Who comes after a change must not get what a load under way had read before it.
TEST_F(PartTest, ALoadFromBeforeAChangeDoesNotServeThoseWhoComeAfter) {
  source_.held = true;
  const Wanted wanted = Units({2});
  const auto first = part_->Begin(wanted, false, Soon());
  auto slow = std::exchange(source_.waiting, {});
  Change(11, UnitUid(2));
  const auto second = part_->Begin(wanted, false, Soon());
  EXPECT_TRUE(source_.waiting.empty());
  slow[0]();  // read at 10
  source_.held = false;
  source_.position = 11;
  EXPECT_THAT(Totals(part_->Finish(second, Soon())), ElementsAre("units/2@11"));
  EXPECT_THAT(Totals(part_->Finish(first, Soon())), ElementsAre("units/2@10"));
  // And what the slow one puts into the cache last does not replace the newer.
  Head(11);
  EXPECT_THAT(Totals(Get(wanted)), ElementsAre("units/2@11"));
  EXPECT_EQ(source_.asked.size(), 2u);
  const auto other = NewPart();
  EXPECT_THAT(Totals(Get(wanted, other.get())), ElementsAre("units/2@11"));
  EXPECT_EQ(source_.asked.size(), 2u);
}

TEST_F(PartTest, ALoadThatBeganLongAgoDoesNotServeThoseWhoComeLate) {
  source_.held = true;
  const Wanted wanted = Units({2});
  const auto first = part_->Begin(wanted, false, Soon());
  clock_.Advance(absl::Milliseconds(1500));
  const auto second = part_->Begin(wanted, false, Soon());
  EXPECT_EQ(source_.asked.size(), 1u);
  source_.Release();
  source_.position = 12;
  EXPECT_THAT(Totals(part_->Finish(second, Soon())), ElementsAre("units/2@12"));
}

TEST_F(PartTest, ProcessesShareTheCacheWithinAnEpoch) {
  ASSERT_TRUE(Get(Units({2})).ok());
  const auto other = NewPart();
  EXPECT_THAT(Totals(Get(Units({2}), other.get())), ElementsAre("units/2@10"));
  EXPECT_EQ(source_.asked.size(), 1u);
  freshness_->CacheAdvanced("one", 2);
  const auto later = NewPart();
  ASSERT_TRUE(Get(Units({2}), later.get()).ok());
  EXPECT_EQ(source_.asked.size(), 2u);
  freshness_->DoubtCache();
  const auto doubting = NewPart();
  ASSERT_TRUE(Get(Units({2}), doubting.get()).ok());
  EXPECT_EQ(source_.asked.size(), 3u);
}

// Another process put it there, for a position from before a change that this process has heard of.
TEST_F(PartTest, WhatTheCacheHoldsIsJudgedLikeEverythingElse) {
  ASSERT_TRUE(Get(Units({2})).ok());
  Change(11, UnitUid(2));
  Head(11);
  source_.position = 11;
  const auto other = NewPart();
  EXPECT_THAT(Totals(Get(Units({2}), other.get())), ElementsAre("units/2@11"));
}

TEST_F(PartTest, LastKnownFiguresForTenMinutes) {
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

TEST_F(PartTest, AServiceThatFailsIsNotAskedByEveryone) {
  source_.failure = common::Internal("broken");
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Get(Units({2}))->missing);
  EXPECT_EQ(source_.asked.size(), 1u);
  clock_.Advance(absl::Milliseconds(250));
  EXPECT_TRUE(Get(Units({2}))->missing);
  EXPECT_EQ(source_.asked.size(), 2u);
}

TEST_F(PartTest, WithTokensNothingKeptIsServed) {
  Wanted wanted = Units({2});
  ASSERT_TRUE(Get(wanted).ok());
  wanted.min_revision = {"token"};
  source_.position = 11;
  EXPECT_THAT(Totals(Get(wanted)), ElementsAre("units/2@11"));
  EXPECT_THAT(source_.asked.back().min_revision(), ElementsAre("token"));
  wanted.min_revision.clear();
  EXPECT_THAT(Totals(Get(wanted)), ElementsAre("units/2@11"));  // what it got is kept
  EXPECT_EQ(source_.asked.size(), 2u);
  wanted.min_revision = {"token"};
  source_.failure = common::Internal("broken");
  EXPECT_TRUE(Get(wanted)->missing);
  source_.failure = common::Unavailable("NOT_YET_VISIBLE", {"wait", "稍候"});
  EXPECT_EQ(common::ReasonOf(Get(wanted).status()), "NOT_YET_VISIBLE");
  source_.failure = common::OutOfRange("FEED_RESET", {"reset", "重置"});
  EXPECT_EQ(common::ReasonOf(Get(wanted).status()), "FEED_RESET");
}

TEST_F(PartTest, AUnitTheServiceDoesNotKnowYetDoesNotHideTheOthers) {
  source_.unknown = "units/2";
  const auto answer = Get(Units({1, 2, 3}));
  EXPECT_THAT(Totals(answer), ElementsAre("units/1@10", "-", "units/3@10"));
  EXPECT_TRUE(answer->missing);
  EXPECT_FALSE(answer->down_since.has_value());
}

TEST_F(PartTest, AUnitWithItsChildrenIsOneRead) {
  source_.children = {"units/2", "units/3"};
  Wanted wanted = Units({1, 2, 3});
  wanted.with_children = true;
  EXPECT_THAT(Totals(Get(wanted)), ElementsAre("units/1@10", "units/2@10", "units/3@10"));
  ASSERT_EQ(source_.asked.size(), 1u);
  EXPECT_THAT(source_.asked[0].units(), ElementsAre("units/1"));
  EXPECT_TRUE(source_.asked[0].include_children());
}

TEST_F(PartTest, ManyUnitsInRequestsOfAHundredAndManyMonthsInOne) {
  std::vector<int64_t> uids;
  for (int64_t uid = 1; uid <= 250; ++uid) uids.push_back(uid);
  EXPECT_EQ(Totals(Get(Units(uids))).back(), "units/250@10");
  EXPECT_EQ(source_.asked.size(), 3u);
  source_.asked.clear();
  EXPECT_THAT(Totals(Get(Units({2}, {"2026-09", "2026-10", "2026-11"}))),
              ElementsAre("units/2@10", "units/2@10", "units/2@10"));
  ASSERT_EQ(source_.asked.size(), 1u);
  EXPECT_THAT(source_.asked[0].periods(), ElementsAre("2026-09", "2026-10"));  // November is kept
}

// A late record of September may belong to a unit that stood elsewhere then.
TEST_F(PartTest, PastMonthsAreLoadedAgainAfterAnyChange) {
  ASSERT_TRUE(Get(Units({2}, {"2026-09"})).ok());
  ASSERT_TRUE(Get(Units({2}, {"2026-11"})).ok());
  Change(11, UnitUid(3));
  Head(11);
  source_.position = 11;
  EXPECT_THAT(Totals(Get(Units({2}, {"2026-09"}))), ElementsAre("units/2@11"));
  EXPECT_THAT(Totals(Get(Units({2}, {"2026-11"}))), ElementsAre("units/2@10"));
}

TEST_F(PartTest, TheCollectorReportsStructuresThatDiffer) {
  FakeSource behind;
  behind.structure = 6;
  common::LocalCache cache(1 << 20);
  auto unheard = std::make_shared<Freshness>(directory_, clock_);
  const auto nothing = [](double) {};
  std::vector<std::unique_ptr<Part>> parts;
  parts.push_back(NewPart());
  parts.push_back(std::make_unique<Part>("assessment", Part::Uses{behind, unheard, cache, clock_},
                                         gateway::PartCounters{nothing, nothing, nothing, nothing}));
  gateway::Collector collector(std::move(parts), clock_);
  const Wanted wanted = Units({2});
  auto collected = collector.Collect(wanted, Soon());
  ASSERT_TRUE(collected.ok()) << collected.status();
  EXPECT_TRUE(collected->structure_differs);
  EXPECT_EQ(behind.asked.size(), 2u);  // and once more after the wait
  collected = collector.Collect(wanted, Soon());
  EXPECT_TRUE(collected->structure_differs);
  EXPECT_EQ(behind.asked.size(), 3u);  // waited in vain a moment ago
  clock_.Advance(absl::Seconds(1));
  behind.structure = 7;
  collected = collector.Collect(wanted, Soon());
  EXPECT_FALSE(collected->structure_differs);
  EXPECT_EQ(collected->parts[1].structure_revision, 7);
}

}  // namespace
}  // namespace ronghe::tests
