#pragma once

#include <vector>

#include "services/common/values/ids.h"
#include "services/rectification/domain/problem.h"

namespace ronghe::rectification {

using OrderId = common::Id<struct OrderIdTag>;

inline constexpr size_t kMaxOrderUnits = 500;

// One order to many units about a problem that they have in common: each gets a problem of its own, with its own
// close-out, supervised as its place in the structure says.
struct Order {
  common::UnitUid unit = {};  // that issued it
  std::vector<common::UnitUid> units;
  // What each problem begins with: source, category, class, description, measures, due.
  Problem problem;
};

}  // namespace ronghe::rectification
