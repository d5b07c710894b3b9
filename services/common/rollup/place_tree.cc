#include "services/common/rollup/place_tree.h"

#include <algorithm>

namespace ronghe::common {

void PlaceTree::Clear() {
  nodes_.clear();
  by_uid_.clear();
  moves_.clear();
}

PlaceTree::Index PlaceTree::Find(UnitUid unit) const {
  const auto found = by_uid_.find(unit.value);
  return found == by_uid_.end() ? kNone : found->second;
}

PlaceTree::Index PlaceTree::FindOrAdd(UnitUid unit, PartitionId partition) {
  const auto [found, added] = by_uid_.try_emplace(unit.value, static_cast<Index>(nodes_.size()));
  if (added) nodes_.push_back({unit, static_cast<int32_t>(partition.value)});
  return found->second;
}

void PlaceTree::Place(Index unit, Index parent, MonthNumber from) {
  Node& node = nodes_[unit];
  if (from == 0) {
    if (node.moved) moves_.erase(unit);
    node.moved = false;
    node.parent = parent;
    return;
  }
  std::vector<Move>& moves = moves_[unit];
  if (!node.moved) moves.push_back({0, node.parent});
  node.moved = true;
  node.parent = parent;
  if (moves.back().from >= from) {
    moves.back().parent = parent;
  } else {
    moves.push_back({from, parent});
  }
}

PlaceTree::Index PlaceTree::ParentAt(Index unit, MonthNumber month) const {
  const Node& node = nodes_[unit];
  if (!node.moved || month == kNow) return node.parent;
  const std::vector<Move>& moves = moves_.find(unit)->second;
  const auto after = std::upper_bound(moves.begin(), moves.end(), month,
                                      [](MonthNumber m, const Move& move) { return m < move.from; });
  return std::prev(after)->parent;
}

const std::vector<PlaceTree::Move>* PlaceTree::MovesOf(Index unit) const {
  if (!nodes_[unit].moved) return nullptr;
  return &moves_.find(unit)->second;
}

MonthNumber PlaceTree::LastMove(Index unit) const {
  return nodes_[unit].moved ? moves_.find(unit)->second.back().from : 0;
}

}  // namespace ronghe::common
