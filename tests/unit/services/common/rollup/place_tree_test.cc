#include "services/common/rollup/place_tree.h"

#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

using Index = PlaceTree::Index;

class PlaceTreeTest : public ::testing::Test {
 protected:
  PlaceTree tree_;
  const Index a_ = tree_.FindOrAdd(UnitUid(10), PartitionId(1));
  const Index b_ = tree_.FindOrAdd(UnitUid(11), PartitionId(2));
  const Index unit_ = tree_.FindOrAdd(UnitUid(12), PartitionId(2));
};

TEST_F(PlaceTreeTest, FindsUnits) {
  EXPECT_EQ(tree_.size(), 3u);
  EXPECT_EQ(tree_.Find(UnitUid(11)), b_);
  EXPECT_EQ(tree_.FindOrAdd(UnitUid(11), PartitionId(9)), b_);
  EXPECT_EQ(tree_.PartitionOf(b_), PartitionId(2));
  EXPECT_EQ(tree_.UidOf(b_), UnitUid(11));
  EXPECT_EQ(tree_.Find(UnitUid(13)), PlaceTree::kNone);
  tree_.Clear();
  EXPECT_EQ(tree_.size(), 0u);
  EXPECT_EQ(tree_.Find(UnitUid(11)), PlaceTree::kNone);
}

TEST_F(PlaceTreeTest, StandsThereFromEver) {
  EXPECT_EQ(tree_.ParentNow(unit_), PlaceTree::kNone);
  tree_.Place(unit_, a_, 0);
  EXPECT_EQ(tree_.ParentNow(unit_), a_);
  EXPECT_EQ(tree_.ParentAt(unit_, 190001), a_);
  EXPECT_EQ(tree_.ParentAt(unit_, PlaceTree::kNow), a_);
  EXPECT_EQ(tree_.MovesOf(unit_), nullptr);
  EXPECT_EQ(tree_.LastMove(unit_), 0);
}

TEST_F(PlaceTreeTest, AMonthHasTheStructureOfItsEnd) {
  tree_.Place(unit_, a_, 0);
  tree_.Place(unit_, b_, 202610);
  EXPECT_EQ(tree_.ParentAt(unit_, 202609), a_);
  EXPECT_EQ(tree_.ParentAt(unit_, 202610), b_);
  EXPECT_EQ(tree_.ParentAt(unit_, 202611), b_);
  EXPECT_EQ(tree_.ParentAt(unit_, PlaceTree::kNow), b_);
  tree_.Place(unit_, PlaceTree::kNone, 202612);
  EXPECT_EQ(tree_.ParentAt(unit_, 202611), b_);
  EXPECT_EQ(tree_.ParentAt(unit_, 202612), PlaceTree::kNone);
  ASSERT_NE(tree_.MovesOf(unit_), nullptr);
  EXPECT_EQ(tree_.MovesOf(unit_)->size(), 3u);
  EXPECT_EQ(tree_.LastMove(unit_), 202612);
}

TEST_F(PlaceTreeTest, TheLastMoveOfAMonthCounts) {
  tree_.Place(unit_, a_, 0);
  tree_.Place(unit_, b_, 202610);
  tree_.Place(unit_, a_, 202610);
  EXPECT_EQ(tree_.ParentAt(unit_, 202609), a_);
  EXPECT_EQ(tree_.ParentAt(unit_, 202610), a_);
  EXPECT_EQ(tree_.ParentNow(unit_), a_);
  // Not before the last move.
  tree_.Place(unit_, b_, 202608);
  EXPECT_EQ(tree_.ParentAt(unit_, 202609), a_);
  EXPECT_EQ(tree_.ParentAt(unit_, 202610), b_);
}

TEST_F(PlaceTreeTest, FromEverForgetsMoves) {
  tree_.Place(unit_, a_, 0);
  tree_.Place(unit_, b_, 202610);
  tree_.Place(unit_, a_, 0);
  EXPECT_EQ(tree_.ParentAt(unit_, 202611), a_);
  EXPECT_EQ(tree_.MovesOf(unit_), nullptr);
}

}  // namespace
}  // namespace ronghe::common
