#include "services/common/directory/directory.h"

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/common/values/clock.h"
#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'794'790'800);

DirectoryUnit MakeUnit(int64_t uid, int64_t parent, std::string code = "") {
  DirectoryUnit unit;
  unit.uid = UnitUid(uid);
  unit.parent = UnitUid(parent);
  unit.partition = PartitionId(uid % 100);
  unit.code = code.empty() ? fmt::format("U{}", uid) : std::move(code);
  unit.title = fmt::format("第{}号组织", uid);
  unit.short_title = fmt::format("第{}", uid);
  unit.level = 3;
  unit.kind = 1;
  unit.state = 1;
  return unit;
}

DirectoryDelta Reset(std::vector<DirectoryUnit> units, int64_t position = 1) {
  DirectoryDelta delta;
  delta.reset = delta.complete = true;
  delta.incarnation = "first";
  delta.position = position;
  delta.structure_revision = position;
  delta.units = std::move(units);
  return delta;
}

DirectoryDelta Change(std::vector<DirectoryUnit> units, int64_t position) {
  DirectoryDelta delta = Reset(std::move(units), position);
  delta.reset = false;
  return delta;
}

std::vector<int64_t> Uids(const std::vector<UnitUid>& units) {
  std::vector<int64_t> uids;
  for (UnitUid unit : units) uids.push_back(unit.value);
  return uids;
}

// 1 ─ 2 ─ 4
//   └ 3     5 (another root)
DirectoryDelta SmallTree() {
  return Reset({MakeUnit(4, 2), MakeUnit(3, 1), MakeUnit(2, 1), MakeUnit(1, 0), MakeUnit(5, 0)});
}

TEST(DirectoryTest, IsEmptyAtFirst) {
  Directory directory;
  EXPECT_FALSE(directory.loaded());
  EXPECT_EQ(directory.last_heard(), absl::InfinitePast());
  EXPECT_EQ(directory.unit_count(), 0);
  EXPECT_FALSE(directory.FindByCode("").has_value());
  EXPECT_THAT(directory.ChildrenOf(UnitUid()), IsEmpty());
  EXPECT_THAT(directory.AncestorsOf(UnitUid(1)), IsEmpty());
}

TEST(DirectoryTest, AnswersAboutTheTree) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  EXPECT_TRUE(directory.loaded());
  EXPECT_EQ(directory.last_heard(), kNow);
  EXPECT_EQ(directory.incarnation(), "first");
  EXPECT_EQ(directory.unit_count(), 5);
  auto unit = directory.FindByCode("U4");
  ASSERT_TRUE(unit.has_value());
  EXPECT_EQ(unit->uid, UnitUid(4));
  EXPECT_EQ(unit->parent, UnitUid(2));
  EXPECT_EQ(unit->title, "第4号组织");
  EXPECT_EQ(unit->short_title, "第4");
  EXPECT_EQ(unit->partition, PartitionId(4));
  EXPECT_EQ(directory.CodeOf(UnitUid(3)), "U3");
  EXPECT_EQ(directory.CodeOf(UnitUid(99)), "");
  EXPECT_THAT(Uids(directory.AncestorsOf(UnitUid(4))), ElementsAre(4, 2, 1));
  EXPECT_THAT(Uids(directory.SubtreeOf(UnitUid(1))), UnorderedElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Uids(directory.SubtreeOf(UnitUid())), UnorderedElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(Uids(directory.SubtreeOf(UnitUid(99))), IsEmpty());
  EXPECT_TRUE(directory.IsWithin(UnitUid(4), UnitUid(1)));
  EXPECT_TRUE(directory.IsWithin(UnitUid(4), UnitUid(4)));
  EXPECT_FALSE(directory.IsWithin(UnitUid(1), UnitUid(4)));
  EXPECT_FALSE(directory.IsWithin(UnitUid(4), UnitUid()));
  EXPECT_FALSE(directory.IsWithin(UnitUid(99), UnitUid(99)));
  std::vector<std::string> roots;
  for (const DirectoryUnit& root : directory.ChildrenOf(UnitUid())) roots.push_back(root.code);
  EXPECT_THAT(roots, ElementsAre("U1", "U5"));
}

TEST(DirectoryTest, KnowsWhatAScopeCovers) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  Scope scope{.everything = false, .units = {UnitUid(2), UnitUid(77)}};
  EXPECT_TRUE(directory.ScopeCovers(scope, UnitUid(2)));
  EXPECT_TRUE(directory.ScopeCovers(scope, UnitUid(4)));
  EXPECT_FALSE(directory.ScopeCovers(scope, UnitUid(1)));
  EXPECT_FALSE(directory.ScopeCovers(scope, UnitUid(3)));
  EXPECT_FALSE(directory.ScopeCovers(scope, UnitUid()));
  EXPECT_FALSE(directory.ScopeCovers(scope, UnitUid(77)));
  EXPECT_FALSE(directory.ScopeCovers(Scope{}, UnitUid(4)));
  EXPECT_TRUE(directory.ScopeCovers(Scope{.everything = true, .units = {}}, UnitUid()));
}

TEST(DirectoryTest, VisitorsMayCallTheDirectoryWhileItChanges) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  std::vector<std::string> parents;
  directory.VisitSubtree(UnitUid(), [&](const DirectoryUnit& unit) {
    directory.Apply(Change({MakeUnit(4, 0, "MOVED")}, 2), kNow);
    parents.push_back(directory.CodeOf(unit.parent) + ">" + unit.code);
  });
  EXPECT_THAT(parents, UnorderedElementsAre(">U1", ">U5", "U1>U2", "U1>U3", "U2>U4"));
}

TEST(DirectoryTest, CodesChangeHandsInOneDelta) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  directory.Apply(Change({MakeUnit(2, 1, "U3"), MakeUnit(3, 1, "U2")}, 2), kNow);
  EXPECT_EQ(directory.FindByCode("U3")->uid, UnitUid(2));
  EXPECT_EQ(directory.FindByCode("U2")->uid, UnitUid(3));
  directory.Apply(Change({MakeUnit(2, 1, "NEW")}, 3), kNow);
  EXPECT_FALSE(directory.FindByCode("U3").has_value());
}

TEST(DirectoryTest, ADissolvedUnitDoesNotHideItsSuccessor) {
  DirectoryUnit dissolved = MakeUnit(8, 1, "SAME");
  dissolved.state = 2;
  for (auto order : {std::vector{dissolved, MakeUnit(9, 1, "SAME")}, std::vector{MakeUnit(9, 1, "SAME"), dissolved}}) {
    Directory directory;
    directory.Apply(SmallTree(), kNow);
    directory.Apply(Change(order, 2), kNow);
    EXPECT_EQ(directory.FindByCode("SAME")->uid, UnitUid(9));
  }
}

TEST(DirectoryTest, PredecessorsAreThoseForWhichAUnitAnswersFirst) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  const auto merged = [](int64_t uid, int64_t parent, std::vector<UnitUid> successors) {
    DirectoryUnit unit = MakeUnit(uid, parent);
    unit.state = 2;
    unit.successors = std::move(successors);
    return unit;
  };
  // 6 became 7, 7 became 4 (below 2); 8 was split into 5 and 4; 9 ended without anybody.
  directory.Apply(Change({merged(6, 1, {UnitUid(7)}), merged(7, 3, {UnitUid(4)}),
                          merged(8, 1, {UnitUid(5), UnitUid(4)}), merged(9, 2, {})},
                         2),
                  kNow);
  const auto of = [&](int64_t uid, bool subtree) {
    std::vector<int64_t> found;
    for (const DirectoryUnit& one : directory.PredecessorsOf(UnitUid(uid), subtree)) found.push_back(one.uid.value);
    return found;
  };
  EXPECT_THAT(of(4, false), UnorderedElementsAre(6, 7));
  EXPECT_THAT(of(5, false), UnorderedElementsAre(8));
  EXPECT_THAT(of(2, false), IsEmpty());
  EXPECT_THAT(of(1, true), UnorderedElementsAre(6, 7));
  EXPECT_THAT(of(77, true), IsEmpty());
}

TEST(DirectoryTest, ForgetsUnits) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  DirectoryUnit gone = MakeUnit(2, 1);
  gone.deleted = true;
  directory.Apply(Change({gone}, 2), kNow);
  EXPECT_EQ(directory.unit_count(), 4);
  EXPECT_FALSE(directory.FindByCode("U2").has_value());
  EXPECT_FALSE(directory.Find(UnitUid(2)).has_value());
  // What hung below it is still there, but belongs to nothing.
  EXPECT_TRUE(directory.Find(UnitUid(4)).has_value());
  EXPECT_FALSE(directory.IsWithin(UnitUid(4), UnitUid(1)));
  EXPECT_THAT(Uids(directory.AncestorsOf(UnitUid(4))), ElementsAre(4));
  directory.Apply(Change({MakeUnit(2, 3)}, 3), kNow);
  EXPECT_TRUE(directory.IsWithin(UnitUid(4), UnitUid(3)));
}

TEST(DirectoryTest, ACircleDoesNotHangIt) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  directory.Apply(Change({MakeUnit(1, 4), MakeUnit(5, 5)}, 2), kNow);
  EXPECT_THAT(Uids(directory.SubtreeOf(UnitUid())), UnorderedElementsAre(1, 2, 3, 4, 5));
  EXPECT_LE(directory.AncestorsOf(UnitUid(4)).size(), 3u);
}

TEST(DirectoryTest, PiecesOfATransferAppearTogether) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  DirectoryDelta first = Reset({MakeUnit(10, 0)}, 9);
  first.complete = false;
  directory.Apply(first, kNow);
  EXPECT_TRUE(directory.Find(UnitUid(1)).has_value());
  EXPECT_FALSE(directory.Find(UnitUid(10)).has_value());
  EXPECT_EQ(directory.position(), 1);
  DirectoryDelta last = Change({MakeUnit(11, 10)}, 9);
  last.incarnation = "second";
  directory.Apply(last, kNow);
  EXPECT_FALSE(directory.Find(UnitUid(1)).has_value());
  EXPECT_THAT(Uids(directory.SubtreeOf(UnitUid())), ElementsAre(10, 11));
  EXPECT_EQ(directory.position(), 9);
  EXPECT_EQ(directory.incarnation(), "second");
}

TEST(DirectoryTest, PiecesOfAChangeAppearTogether) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  DirectoryDelta first = Change({MakeUnit(10, 1)}, 2);
  first.complete = false;
  directory.Apply(first, kNow);
  EXPECT_FALSE(directory.Find(UnitUid(10)).has_value());
  EXPECT_EQ(directory.position(), 1);
  directory.Apply(Change({}, 2), kNow);
  EXPECT_TRUE(directory.Find(UnitUid(10)).has_value());
  EXPECT_EQ(directory.position(), 2);
}

TEST(DirectoryTest, DropsWhatALostStreamLeftUnfinished) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  DirectoryDelta half = Reset({MakeUnit(10, 0)}, 9);
  half.complete = false;
  directory.Apply(half, kNow);
  directory.DropUnfinished();
  directory.Apply(Change({MakeUnit(6, 1)}, 2), kNow);
  EXPECT_TRUE(directory.Find(UnitUid(1)).has_value());
  EXPECT_TRUE(directory.Find(UnitUid(6)).has_value());
  EXPECT_FALSE(directory.Find(UnitUid(10)).has_value());
}

TEST(DirectoryTest, WakesOnChangesOnly) {
  Directory directory;
  int woken = 0;
  directory.OnChange([&] { ++woken; });
  directory.Apply(SmallTree(), kNow);
  EXPECT_EQ(woken, 1);
  directory.Apply(Change({}, 1), kNow + absl::Seconds(1));
  directory.Heard(kNow + absl::Seconds(2));
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(directory.last_heard(), kNow + absl::Seconds(2));
  directory.Apply(Change({}, 2), kNow);
  EXPECT_EQ(woken, 2);
}

TEST(DirectoryTest, WaitsForStructure) {
  Directory directory;
  directory.Apply(SmallTree(), kNow);
  SystemClock clock;
  EXPECT_TRUE(directory.WaitForStructure(1, absl::InfinitePast()));
  EXPECT_FALSE(directory.WaitForStructure(2, clock.Now() - absl::Seconds(1)));
  EXPECT_FALSE(directory.WaitForStructure(2, clock.Now() + absl::Milliseconds(5)));
  std::thread applier([&] { directory.Apply(Change({}, 2), kNow); });
  EXPECT_TRUE(directory.WaitForStructure(2, absl::InfiniteFuture()));
  applier.join();
}

DirectoryGrant MakeGrant(int64_t id, int64_t principal, int role, int64_t unit) {
  DirectoryGrant grant;
  grant.id = id;
  grant.principal_id = principal;
  grant.role = role;
  grant.unit = UnitUid(unit);
  return grant;
}

std::vector<int64_t> GrantIds(const Directory& directory, int64_t principal, absl::Time now) {
  std::vector<int64_t> ids;
  for (const DirectoryGrant& grant : directory.GrantsOf(principal, now)) ids.push_back(grant.id);
  return ids;
}

TEST(DirectoryTest, KeepsPrincipalsGrantsAndRevocations) {
  Directory directory;
  DirectoryDelta delta = SmallTree();
  delta.principals = {{1, "https://a", "li", 7}, {2, "https://b", "li", 0}};
  DirectoryGrant later = MakeGrant(3, 1, 2, 3);
  later.start = kNow + absl::Hours(1);
  later.end = kNow + absl::Hours(2);
  delta.grants = {MakeGrant(1, 1, 1, 2), MakeGrant(2, 2, 1, 0), later};
  delta.revoked_tokens = {{"stolen", kNow + absl::Hours(1)}};
  directory.Apply(delta, kNow);

  EXPECT_EQ(directory.FindPrincipal("https://a", "li")->id, 1);
  EXPECT_EQ(directory.FindPrincipal("https://a", "li")->member_id, 7);
  EXPECT_EQ(directory.FindPrincipal("https://b", "li")->id, 2);
  EXPECT_FALSE(directory.FindPrincipal("https://c", "li").has_value());
  EXPECT_FALSE(directory.FindPrincipal("https://al", "i").has_value());
  EXPECT_THAT(GrantIds(directory, 1, kNow), ElementsAre(1));
  EXPECT_THAT(GrantIds(directory, 1, kNow + absl::Hours(1)), ElementsAre(1, 3));
  EXPECT_THAT(GrantIds(directory, 1, kNow + absl::Hours(2)), ElementsAre(1));
  EXPECT_THAT(GrantIds(directory, 3, kNow), IsEmpty());
  EXPECT_TRUE(directory.IsRevoked("stolen"));
  EXPECT_FALSE(directory.IsRevoked("other"));

  DirectoryDelta change = Change({}, 2);
  DirectoryGrant revoked = MakeGrant(1, 1, 1, 2);
  revoked.revoked = true;
  change.grants = {revoked};
  change.principals = {{2, "https://b", "wang", 0}};
  directory.Apply(change, kNow);
  EXPECT_THAT(GrantIds(directory, 1, kNow), IsEmpty());
  EXPECT_FALSE(directory.FindPrincipal("https://b", "li").has_value());
  EXPECT_EQ(directory.FindPrincipal("https://b", "wang")->id, 2);

  // A revocation outlives the token it is about, but not for ever.
  directory.Apply(Change({}, 3), kNow + absl::Hours(1));
  EXPECT_TRUE(directory.IsRevoked("stolen"));
  directory.Apply(Change({}, 4), kNow + absl::Hours(3));
  EXPECT_FALSE(directory.IsRevoked("stolen"));
}

// Two generations of content that must never be seen mixed: readers look while transfers go on.
TEST(DirectoryTest, ReadersSeeOneContentWhole) {
  constexpr int kUnits = 300;
  auto content = [](int generation) {
    std::vector<DirectoryUnit> units;
    for (int i = 1; i <= kUnits; ++i) {
      units.push_back(MakeUnit(i, i == 1 ? 0 : i / 2, fmt::format("G{}-{}", generation, i)));
    }
    return units;
  };
  Directory directory;
  directory.Apply(Reset(content(0)), kNow);
  std::atomic<bool> done{false};
  std::atomic<int> mixed{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&] {
      while (!done) {
        std::set<std::string> generations;
        int count = 0;
        directory.VisitSubtree(UnitUid(1), [&](const DirectoryUnit& unit) {
          generations.insert(unit.code.substr(0, unit.code.find('-')));
          ++count;
        });
        if (generations.size() != 1 || count != kUnits) ++mixed;
      }
    });
  }
  for (int generation = 1; generation <= 60; ++generation) {
    std::vector<DirectoryUnit> units = content(generation);
    DirectoryDelta first = Reset({units.begin(), units.begin() + kUnits / 2}, generation);
    first.complete = false;
    directory.Apply(first, kNow);
    directory.Apply(Change({units.begin() + kUnits / 2, units.end()}, generation), kNow);
    directory.Apply(Change(content(generation * 1000), generation), kNow);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(mixed, 0);
}

}  // namespace
}  // namespace ronghe::common
