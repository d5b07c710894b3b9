#include "services/common/rollup/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

RollupChange Everything() {
  RollupChange change;
  change.structure_revision = 77;
  change.places = {{UnitUid(5), UnitUid(1), PartitionId(3), 202611}, {UnitUid(6), UnitUid(), PartitionId(1), 0}};
  change.amounts = {{UnitUid(5), 202610, {{"problems_found", 3}, {"problems_open", -2}}}};
  change.forgotten = {{UnitUid(9), UnitUid(), PartitionId(4), 0}};
  return change;
}

TEST(RollupChangeTest, ComesBackAsItWas) {
  const std::string text = EncodeRollup(Everything());
  const std::optional<RollupChange> back = DecodeRollup(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(EncodeRollup(*back), text);
  EXPECT_EQ(back->structure_revision, 77);
  ASSERT_THAT(back->places, SizeIs(2));
  EXPECT_EQ(back->places[0].unit, UnitUid(5));
  EXPECT_EQ(back->places[0].parent, UnitUid(1));
  EXPECT_EQ(back->places[0].partition, PartitionId(3));
  EXPECT_EQ(back->places[0].from, 202611);
  EXPECT_FALSE(back->places[1].parent);
  ASSERT_THAT(back->amounts, SizeIs(1));
  EXPECT_EQ(back->amounts[0].unit, UnitUid(5));
  EXPECT_EQ(back->amounts[0].month, 202610);
  EXPECT_THAT(back->amounts[0].metrics, ElementsAre(Pair("problems_found", 3), Pair("problems_open", -2)));
  ASSERT_THAT(back->forgotten, SizeIs(1));
  EXPECT_EQ(back->forgotten[0].unit, UnitUid(9));
}

TEST(RollupChangeTest, NothingIsAnEmptyText) {
  EXPECT_TRUE(RollupChange().empty());
  EXPECT_THAT(EncodeRollup({}), IsEmpty());
  ASSERT_TRUE(DecodeRollup(""));
  EXPECT_TRUE(DecodeRollup("")->empty());
}

TEST(RollupChangeTest, ZerosAreLeftOut) {
  RollupChange change;
  change.amounts = {{UnitUid(5), 202610, {{"a", 0}, {"b", 1}}}, {UnitUid(6), 202610, {{"a", 0}}}, {UnitUid(7), 0, {}}};
  const std::optional<RollupChange> back = DecodeRollup(EncodeRollup(change));
  ASSERT_TRUE(back);
  ASSERT_THAT(back->amounts, SizeIs(1));
  EXPECT_THAT(back->amounts[0].metrics, ElementsAre(Pair("b", 1)));
  change.amounts.resize(0);
  change.amounts.push_back({UnitUid(6), 202610, {{"a", 0}}});
  EXPECT_THAT(EncodeRollup(change), IsEmpty());
}

TEST(RollupChangeTest, TheRevisionOfAStructuralChange) {
  RollupChange change;
  change.structure_revision = 12;
  EXPECT_EQ(DecodeRollup(EncodeRollup(change))->StructureRevisionAt(40), 12);
  change.structure_revision = RollupChange::kOwn;
  EXPECT_EQ(DecodeRollup(EncodeRollup(change))->StructureRevisionAt(40), 40);
  change.structure_revision.reset();
  EXPECT_EQ(change.StructureRevisionAt(40), std::nullopt);
}

TEST(RollupChangeTest, LargestNumbers) {
  RollupChange change;
  change.amounts = {{UnitUid(INT64_MAX), 999912, {{"a", INT64_MAX}, {"b", INT64_MIN}}}};
  const std::optional<RollupChange> back = DecodeRollup(EncodeRollup(change));
  ASSERT_TRUE(back);
  EXPECT_THAT(back->amounts[0].metrics, ElementsAre(Pair("a", INT64_MAX), Pair("b", INT64_MIN)));
}

TEST(RollupChangeTest, RefusesWhatItDidNotMake) {
  for (const char* text : {"x",
                           ";",
                           "s",
                           "s1",
                           "sx;",
                           "p1,2,3;",
                           "p1,2,3,4",
                           "p1,2,3,202613;",
                           "p1,2,3,-1;",
                           "p1,2,3,99999999999;",
                           "a1,202611;",
                           "a1,202611:",
                           "a1,202611:x",
                           "a1,202611:x=",
                           "a1,202611:x=1",
                           "a1,202611:=1;",
                           "a1,202611:x=1,;",
                           "a1,202611:X=1;",
                           "a1:x=1;",
                           "a1,202600:x=1;",
                           "f1;",
                           "a1,202611:x=99999999999999999999;",
                           " a1,202611:x=1;",
                           "a1,202611:x=1; "}) {
    EXPECT_FALSE(DecodeRollup(text)) << text;
  }
  // Cut off anywhere but between its parts, a text is not understood as something else.
  const std::string whole = EncodeRollup(Everything());
  for (size_t length = 1; length < whole.size(); ++length) {
    EXPECT_EQ(DecodeRollup(whole.substr(0, length)).has_value(), whole[length - 1] == ';') << length;
  }
}

}  // namespace
}  // namespace ronghe::common
