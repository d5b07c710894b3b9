#include "services/common/rollup/fold_batch.h"

#include <map>
#include <string>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ronghe/rectification/v1/metrics.pb.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr MonthNumber kOctober = 202610;
constexpr MonthNumber kNovember = 202611;
constexpr PartitionId kHere{2};
constexpr PartitionId kThere{3};

// A county (1, partition 2) with a township (2) and a branch (3) below it, and another county (4, partition 3).
class FoldBatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    RollupChange change;
    change.places = {{UnitUid(1), UnitUid(), kHere, 0},
                     {UnitUid(2), UnitUid(1), kHere, 0},
                     {UnitUid(3), UnitUid(2), kHere, 0},
                     {UnitUid(4), UnitUid(), kThere, 0}};
    ASSERT_TRUE(batch_.Add(change, kNovember, PartitionId(0)).ok());
  }
  static RollupChange Amount(int64_t unit, MonthNumber month, std::string metric, int64_t value) {
    RollupChange change;
    change.amounts = {{UnitUid(unit), month, {{std::move(metric), value}}}};
    return change;
  }
  static RollupChange Place(int64_t unit, int64_t parent, MonthNumber from) {
    RollupChange change;
    change.places = {{UnitUid(unit), UnitUid(parent), kHere, from}};
    return change;
  }
  // Sums of a metric: unit, month.
  std::map<std::pair<int64_t, MonthNumber>, int64_t> Sums(std::string_view name) const {
    std::map<std::pair<int64_t, MonthNumber>, int64_t> sums;
    for (const FoldBatch::Total& total : batch_.Totals()) {
      const int64_t value = total.sum[*metrics_.IndexOf(name)];
      if (value != 0) sums[{tree_.UidOf(total.unit).value, total.month}] = value;
    }
    return sums;
  }
  // Child under parent, month.
  std::map<std::tuple<int64_t, int64_t, MonthNumber>, int64_t> Edges(std::string_view name) const {
    std::map<std::tuple<int64_t, int64_t, MonthNumber>, int64_t> edges;
    for (const FoldBatch::Edge& edge : batch_.Edges()) {
      const int64_t value = edge.sum[*metrics_.IndexOf(name)];
      if (value != 0) edges[{tree_.UidOf(edge.child).value, tree_.UidOf(edge.parent).value, edge.month}] = value;
    }
    return edges;
  }

  MetricSet metrics_{rectification::v1::RectificationMetrics::descriptor()};
  PlaceTree tree_;
  FoldBatch::Sums stored_;
  MonthNumber asked_from_ = -1;
  FoldBatch batch_{metrics_, tree_, 0, [this](UnitUid, PartitionId, MonthNumber first) {
                     asked_from_ = first;
                     return stored_;
                   }};
};

TEST_F(FoldBatchTest, AFlowCountsInItsMonthAllTheWayUp) {
  ASSERT_TRUE(batch_.Add(Amount(3, kOctober, "problems_found", 5), kNovember, kHere).ok());
  EXPECT_THAT(Sums("problems_found"), ElementsAre(Pair(std::pair(1, kOctober), 5), Pair(std::pair(2, kOctober), 5),
                                                  Pair(std::pair(3, kOctober), 5)));
  EXPECT_THAT(Edges("problems_found"), IsEmpty());
  const FoldBatch::Total branch = batch_.Totals().back();
  EXPECT_EQ(branch.own[0], 5);
  EXPECT_EQ(batch_.month(), kNovember);
}

TEST_F(FoldBatchTest, AStockCountsNowAndAsAChangeOfItsMonth) {
  ASSERT_TRUE(batch_.Add(Amount(2, kNovember, "problems_open", 4), kNovember, kHere).ok());
  EXPECT_THAT(Sums("problems_open"), ElementsAre(Pair(std::pair(1, 0), 4), Pair(std::pair(1, kNovember), 4),
                                                 Pair(std::pair(2, 0), 4), Pair(std::pair(2, kNovember), 4)));
}

TEST_F(FoldBatchTest, WhatCancelsOutIsNotWritten) {
  ASSERT_TRUE(batch_.Add(Amount(3, kOctober, "problems_found", 5), kNovember, kHere).ok());
  ASSERT_TRUE(batch_.Add(Amount(3, kOctober, "problems_found", -5), kNovember, kHere).ok());
  EXPECT_THAT(batch_.Totals(), IsEmpty());
}

TEST_F(FoldBatchTest, AMoveTakesStocksAlongAndFlowsFromItsMonthOn) {
  ASSERT_TRUE(batch_.Add(Amount(3, kOctober, "problems_found", 5), kOctober, kHere).ok());
  ASSERT_TRUE(batch_.Add(Amount(3, kNovember, "problems_found", 1), kNovember, kHere).ok());
  ASSERT_TRUE(batch_.Add(Amount(3, kOctober, "problems_open", 7), kOctober, kHere).ok());
  ASSERT_TRUE(batch_.Add(Place(2, 4, kNovember), kNovember, PartitionId(0)).ok());
  EXPECT_EQ(Sums("problems_found")[std::pair(1, kOctober)], 5);
  EXPECT_EQ(Sums("problems_found")[std::pair(1, kNovember)], 0);
  EXPECT_EQ(Sums("problems_found")[std::pair(4, kNovember)], 1);
  EXPECT_EQ(Sums("problems_open")[std::pair(1, 0)], 0);
  EXPECT_EQ(Sums("problems_open")[std::pair(4, 0)], 7);
  EXPECT_EQ(Sums("problems_open")[std::pair(4, kNovember)], 7);
  EXPECT_THAT(Edges("problems_open"), ElementsAre(Pair(std::tuple(2, 4, 0), 7), Pair(std::tuple(2, 4, kNovember), 7)));
  EXPECT_THAT(Edges("problems_found"), ElementsAre(Pair(std::tuple(2, 4, kNovember), 1)));
  EXPECT_EQ(asked_from_, -1);  // nothing is stored of units that the batch made
}

// The last second of a month, folded after the first one of the next, in which the unit went away.
TEST_F(FoldBatchTest, AStockChangesInTheMonthOfItsChange) {
  ASSERT_TRUE(batch_.Add(Place(2, 4, kNovember), kNovember, PartitionId(0)).ok());
  ASSERT_TRUE(batch_.Add(Amount(3, kOctober, "problems_open", 7), kOctober, kHere).ok());
  EXPECT_EQ(Sums("problems_open")[std::pair(1, kOctober)], 7);
  EXPECT_EQ(Sums("problems_open")[std::pair(1, kNovember)], -7);
  EXPECT_EQ(Sums("problems_open")[std::pair(1, 0)], 0);
  EXPECT_EQ(Sums("problems_open")[std::pair(4, kOctober)], 0);
  EXPECT_EQ(Sums("problems_open")[std::pair(4, kNovember)], 7);
  EXPECT_EQ(Sums("problems_open")[std::pair(3, kOctober)], 7);
  EXPECT_EQ(Sums("problems_open")[std::pair(3, kNovember)], 0);
  EXPECT_EQ(batch_.month(), kNovember);
}

TEST_F(FoldBatchTest, CountedBeforeItIsPlaced) {
  ASSERT_TRUE(batch_.Add(Amount(8, kOctober, "problems_found", 2), kNovember, kHere).ok());
  ASSERT_TRUE(batch_.Add(Place(8, 2, 0), kNovember, PartitionId(0)).ok());
  EXPECT_EQ(Sums("problems_found")[std::pair(1, kOctober)], 2);
  EXPECT_EQ(Sums("problems_found")[std::pair(8, kOctober)], 2);
}

TEST_F(FoldBatchTest, ReadsWhatIsStoredOfUnitsItKnew) {
  FoldBatch next(metrics_, tree_, kNovember, [this](UnitUid, PartitionId, MonthNumber first) {
    asked_from_ = first;
    std::vector<int64_t> now(metrics_.size());
    now[metrics_.IndexOf("problems_open").value()] = 9;
    std::vector<int64_t> november = now;
    november[metrics_.IndexOf("problems_found").value()] = 2;
    return FoldBatch::Sums{{0, now}, {kNovember, november}};
  });
  ASSERT_TRUE(next.Add(Place(2, 4, kNovember), kNovember, PartitionId(0)).ok());
  EXPECT_EQ(asked_from_, kNovember);
  std::map<std::pair<int64_t, MonthNumber>, int64_t> open;
  for (const FoldBatch::Total& total : next.Totals()) open[{tree_.UidOf(total.unit).value, total.month}] = total.sum[6];
  EXPECT_THAT(open, ElementsAre(Pair(std::pair(1, 0), -9), Pair(std::pair(1, kNovember), -9), Pair(std::pair(4, 0), 9),
                                Pair(std::pair(4, kNovember), 9)));
  ASSERT_EQ(next.placed().size(), 1u);
  EXPECT_EQ(next.placed()[0].from, kNovember);
}

TEST_F(FoldBatchTest, RefusesWhatItCannotKnow) {
  EXPECT_EQ(batch_.Add(Amount(3, kOctober, "no_such_metric", 1), kNovember, kHere).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(batch_.Add(Amount(3, 0, "problems_found", 1), kNovember, kHere).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(batch_.Add(Place(3, 99, kNovember), kNovember, kHere).code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace ronghe::common
