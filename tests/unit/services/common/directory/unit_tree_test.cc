#include "services/common/directory/unit_tree.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/seeded_random.h"

namespace ronghe::common {
namespace {

// The plain truth: a map from unit to unit.
class Model {
 public:
  std::map<int64_t, DirectoryUnit> units;

  bool Within(int64_t unit, int64_t ancestor) const {
    for (auto found = units.find(unit); found != units.end(); found = units.find(found->second.parent.value)) {
      if (found->first == ancestor) return true;
    }
    return false;
  }
  std::set<int64_t> Subtree(int64_t top) const {
    std::set<int64_t> result;
    for (const auto& [uid, unit] : units) {
      if (top == 0 || Within(uid, top)) result.insert(uid);
    }
    return result;
  }
};

void ExpectSame(const UnitTree& tree, const Model& model, int64_t max_uid) {
  ASSERT_EQ(tree.size(), static_cast<int64_t>(model.units.size()));
  for (int64_t uid = 0; uid <= max_uid; ++uid) {
    UnitTree::Index index = uid == 0 ? UnitTree::kNone : tree.Find(UnitUid(uid));
    auto expected = model.units.find(uid);
    if (uid != 0) {
      ASSERT_EQ(index != UnitTree::kNone, expected != model.units.end()) << uid;
      if (index == UnitTree::kNone) continue;
      ASSERT_EQ(tree.at(index).text.code(), expected->second.code);
      ASSERT_EQ(tree.FindByCode(expected->second.code), index);
      ASSERT_EQ(tree.at(index).parent, expected->second.parent);
    }
    std::set<int64_t> seen;
    for (const UnitRecord& record : tree.Subtree(index)) {
      ASSERT_TRUE(seen.insert(record.uid.value).second) << "twice";
      bool parent_first =
          record.uid.value == uid || !model.units.contains(record.parent.value) || seen.contains(record.parent.value);
      ASSERT_TRUE(parent_first);
    }
    ASSERT_EQ(seen, model.Subtree(uid)) << uid;
    std::vector<std::string> children;
    for (const UnitRecord& record : tree.ChildrenOf(index)) children.emplace_back(record.text.code());
    ASSERT_TRUE(std::is_sorted(children.begin(), children.end()));
  }
}

class Walk {
 public:
  explicit Walk(uint64_t seed) : random_(seed) {}

  // One delta of a few random creations, moves, renamings and deletions, in random order, that leaves no circle.
  std::vector<DirectoryUnit> Step() {
    std::map<int64_t, DirectoryUnit> touched;
    int changes = 1 + static_cast<int>(random_.Below(6));
    for (int i = 0; i < changes; ++i) {
      int64_t uid = 1 + static_cast<int64_t>(random_.Below(kUids));
      DirectoryUnit unit;
      unit.uid = UnitUid(uid);
      unit.deleted = model.units.contains(uid) && random_.Below(8) == 0;
      if (unit.deleted) {
        model.units.erase(uid);
      } else {
        int64_t parent = static_cast<int64_t>(random_.Below(kUids + 1));
        // The parent may be unknown so far, but must not lie below.
        if (parent == uid || model.Within(parent, uid)) parent = 0;
        unit.parent = UnitUid(parent);
        unit.code = fmt::format("C{}-{}", uid, random_.Below(3));
        unit.title = std::string(random_.Below(40), 'x');
        model.units[uid] = unit;
        if (Circle(uid)) {
          unit.parent = UnitUid();
          model.units[uid] = unit;
        }
      }
      touched[uid] = unit;
    }
    std::vector<DirectoryUnit> delta;
    for (auto& [uid, unit] : touched) delta.push_back(unit);
    for (size_t i = delta.size(); i > 1; --i) std::swap(delta[i - 1], delta[random_.Below(i)]);
    return delta;
  }

  static constexpr int64_t kUids = 40;
  Model model;

 private:
  // A unit that was missing may close a circle when it appears.
  bool Circle(int64_t uid) const {
    int64_t at = model.units.at(uid).parent.value;
    for (int64_t steps = 0; at != 0 && steps <= kUids; ++steps) {
      if (at == uid) return true;
      auto found = model.units.find(at);
      if (found == model.units.end()) return false;
      at = found->second.parent.value;
    }
    return at != 0;
  }

  tests::SeededRandom random_;
};

TEST(UnitTreeTest, RandomChangesAgreeWithAPlainMap) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    Walk walk(seed);
    UnitTree tree;
    for (int step = 0; step < 250; ++step) {
      tree.Apply(walk.Step());
      ASSERT_NO_FATAL_FAILURE(ExpectSame(tree, walk.model, Walk::kUids)) << "step " << step;
    }
  }
}

TEST(UnitTreeTest, TextsSurviveTheTree) {
  UnitRecord kept;
  {
    UnitTree tree;
    DirectoryUnit unit;
    unit.uid = UnitUid(1);
    unit.code = "A";
    unit.title = std::string(100'000, 't');
    tree.Apply(std::vector{unit});
    kept = tree.Subtree(UnitTree::kNone)[0];
  }
  EXPECT_EQ(kept.text.code(), "A");
  EXPECT_EQ(kept.text.title().size(), 65'535u);
}

}  // namespace
}  // namespace ronghe::common
