#pragma once

#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "services/common/values/ids.h"
#include "services/common/values/period.h"

namespace ronghe::common {

// Where every unit stands and stood, month by month: the structure that totals are folded under. About 40 bytes a unit.
// Not thread-safe.
class PlaceTree {
 public:
  using Index = uint32_t;
  static constexpr Index kNone = UINT32_MAX;
  // More levels than a tree may have are a circle, which organization refuses; nothing walks further.
  static constexpr int kMaxDepth = 64;

  // A month's structure is that of its last day; this is the structure of now.
  static constexpr MonthNumber kNow = 0;

  void Clear();
  size_t size() const { return nodes_.size(); }

  // kNone for a unit that was never named.
  Index Find(UnitUid unit) const;
  // Makes it, without a place, where it is new.
  Index FindOrAdd(UnitUid unit, PartitionId partition);
  // From a month on the unit stands under the parent, and nowhere else that was to follow. From 0: from ever. A month
  // before its last move is taken for the month of that move.
  void Place(Index unit, Index parent, MonthNumber from);

  UnitUid UidOf(Index unit) const { return nodes_[unit].uid; }
  PartitionId PartitionOf(Index unit) const { return PartitionId(nodes_[unit].partition); }
  Index ParentNow(Index unit) const { return nodes_[unit].parent; }
  // At the end of a month; kNow: now.
  Index ParentAt(Index unit, MonthNumber month) const;
  // The months from which it stood somewhere else, ascending; empty for a unit that never moved.
  struct Move {
    MonthNumber from;
    Index parent;
  };
  const std::vector<Move>* MovesOf(Index unit) const;
  // The month of its last move, 0 for none.
  MonthNumber LastMove(Index unit) const;

 private:
  struct Node {
    UnitUid uid;
    int32_t partition = 0;
    Index parent = kNone;
    bool moved = false;
  };
  std::vector<Node> nodes_;
  absl::flat_hash_map<int64_t, Index> by_uid_;
  // Of units that moved, all places; the first is from 0.
  absl::flat_hash_map<Index, std::vector<Move>> moves_;
};

}  // namespace ronghe::common
