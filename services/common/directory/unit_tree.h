#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "services/common/directory/directory.h"

namespace ronghe::common {

// Code and titles of a unit in one immutable, counted block: cheap to hand out to readers who build their answer after
// they have let go of the lock.
class UnitText {
 public:
  UnitText() = default;
  UnitText(std::string_view code, std::string_view title, std::string_view short_title);
  UnitText(const UnitText& other);
  UnitText(UnitText&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  UnitText& operator=(UnitText other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~UnitText();

  std::string_view code() const;
  std::string_view title() const;
  std::string_view short_title() const;

 private:
  struct Block;
  Block* block_ = nullptr;
};

// What is known of one unit.
struct UnitRecord {
  UnitUid uid;
  UnitUid parent;
  UnitText text;
  int32_t partition = 0;
  uint8_t level = 0;
  uint8_t kind = 0;
  uint8_t state = 0;
  bool known = false;  // false: only named as a parent so far, or forgotten while something still hangs below it

  DirectoryUnit ToUnit() const;
};

// The tree of units, about 200 bytes each with texts and indexes. Not thread-safe.
class UnitTree {
 public:
  using Index = uint32_t;
  static constexpr Index kNone = UINT32_MAX;

  UnitTree();
  UnitTree(const UnitTree&) = delete;
  UnitTree& operator=(const UnitTree&) = delete;

  // New, changed and forgotten units in any order; of several versions of one the last counts. Parents may come later.
  // What would close a circle stays a root.
  void Apply(std::span<const DirectoryUnit> units);

  Index Find(UnitUid uid) const;
  Index FindByCode(std::string_view code) const;
  const UnitRecord& at(Index index) const { return nodes_[index].record; }
  Index ParentOf(Index index) const { return nodes_[index].up; }
  bool IsWithin(Index unit, Index ancestor) const;
  std::vector<UnitRecord> ChildrenOf(Index unit) const;    // kNone: the roots
  std::vector<UnitRecord> Subtree(Index unit) const;       // kNone: all; parents first
  std::vector<UnitRecord> SuccessorsOf(Index unit) const;  // living ones, as Directory::SuccessorsOf
  std::vector<UnitUid> DirectSuccessorsOf(Index unit) const;
  std::vector<UnitRecord> PredecessorsOf(Index unit, bool subtree) const;  // as Directory::PredecessorsOf
  int64_t size() const { return known_; }

 private:
  struct Node {
    UnitRecord record;
    Index up = kNone;
    Index first = kNone;  // child
    Index next = kNone;   // sibling
    Index previous = kNone;
  };
  struct CodeHash {
    using is_transparent = void;
    const UnitTree* tree;
    size_t operator()(Index index) const { return (*this)(tree->nodes_[index].record.text.code()); }
    size_t operator()(std::string_view code) const {
      return absl::Hash<absl::string_view>()(absl::string_view(code.data(), code.size()));
    }
  };
  struct CodeEqual {
    using is_transparent = void;
    const UnitTree* tree;
    bool operator()(Index a, Index b) const { return Code(a) == Code(b); }
    bool operator()(Index a, std::string_view b) const { return Code(a) == b; }
    bool operator()(std::string_view a, Index b) const { return a == Code(b); }
    std::string_view Code(Index index) const { return tree->nodes_[index].record.text.code(); }
  };

  Index NodeFor(UnitUid uid);
  void Set(Index index, const DirectoryUnit& unit);
  void Forget(Index index);
  void AddCode(Index index);
  void RemoveCode(Index index);
  void Link(Index index);
  void Unlink(Index index);
  void FreeIfUnused(Index index);

  std::deque<Node> nodes_;  // grows without moving
  std::vector<Index> free_;
  absl::flat_hash_map<int64_t, Index> by_uid_;
  absl::flat_hash_set<Index, CodeHash, CodeEqual> by_code_;
  Index first_root_ = kNone;
  int64_t known_ = 0;
  // Few units have successors.
  absl::flat_hash_map<int64_t, std::vector<UnitUid>> successors_;
};

}  // namespace ronghe::common
