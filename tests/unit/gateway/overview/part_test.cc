#include "gateway/overview/part.h"

#include <gmock/gmock.h>

#include "tests/unit/gateway/overview/part_fixture.h"

namespace ronghe::tests {
namespace {

using common::UnitUid;
using gateway::Part;
using gateway::Wanted;
using ::testing::ElementsAre;

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
  slow[0].answer();  // read at 10
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

}  // namespace
}  // namespace ronghe::tests
