#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/ids.h"
#include "services/common/values/units.h"

// What lists of the records of many units share.
namespace ronghe::rectification {

struct UnitsOfPartition {
  common::PartitionId partition;
  std::vector<common::UnitUid> units;
};

// The units whose records a list shows: the unit, with `subtree` those below it, and those for which they answer.
std::vector<common::UnitView> UnitsOf(const common::Units& units, const common::UnitView& unit, bool subtree);

// Of one question to a store.
inline constexpr size_t kMostUnits = 512;

// The units by partition, at most so many at once, in ascending order.
class UnitBatches {
 public:
  explicit UnitBatches(std::vector<common::UnitView> units);
  // Leaves out those before a unit.
  void SkipTo(common::UnitUid unit);
  std::vector<UnitsOfPartition> Next(size_t most);
  bool AtEnd() const { return at_ >= units_.size(); }

 private:
  std::vector<common::UnitView> units_;
  size_t at_ = 0;
};

// Where a list stands: after this key, and this id under it.
struct ListPosition {
  int64_t key = INT64_MIN;
  int64_t id = 0;
  friend auto operator<=>(const ListPosition&, const ListPosition&) = default;
};
// As the content of a page token; an empty one is the beginning, INTERNAL for what TextOf did not make.
std::string TextOf(const ListPosition& position);
absl::StatusOr<ListPosition> ReadListPosition(const std::string& text);

}  // namespace ronghe::rectification
