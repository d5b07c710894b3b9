#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/status.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/record_store.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// Walks over the records of units, in the order of (unit, id): the units come from the replica, the records from the
// partitions.
class SubtreeWalk {
 public:
  // The unit, or everything in and below it.
  SubtreeWalk(const Tree& tree, const TreeUnit& root, bool subtree, RecordPosition after) : after_(after) {
    if (!subtree) {
      units_.emplace_back(root.uid, root.partition);
      return;
    }
    tree.VisitSubtree(root.uid, [&](const TreeUnit& unit) { units_.emplace_back(unit.uid, unit.partition); });
    std::sort(units_.begin(), units_.end());
  }

  // The next records, at most `limit`; fewer only at the end. `fetch` gives at most so many of some units (512 at most)
  // after a position; a record has `info.unit` and `id`.
  template <typename Stored>
  absl::StatusOr<std::vector<Stored>> Next(const common::Call& call, int limit,
                                           absl::FunctionRef<absl::StatusOr<std::vector<Stored>>(
                                               const std::vector<UnitsOfPartition>&, const RecordPosition&, int)>
                                               fetch) {
    std::vector<Stored> records;
    auto unit = std::lower_bound(units_.begin(), units_.end(), std::make_pair(after_.unit, common::PartitionId()));
    for (size_t size = kFirst; unit != units_.end() && records.size() < static_cast<size_t>(limit);
         size = std::min(size * 4, kMost)) {
      if (call.cancelled()) return common::Cancelled();
      std::map<common::PartitionId, std::vector<common::UnitUid>> parts;
      const auto end = unit + static_cast<ptrdiff_t>(std::min<size_t>(size, units_.end() - unit));
      const common::UnitUid last = (end - 1)->first;
      for (; unit != end; ++unit) parts[unit->second].push_back(unit->first);
      std::vector<UnitsOfPartition> asked;
      for (auto& [partition, uids] : parts) asked.push_back({partition, std::move(uids)});
      const int wanted = limit - static_cast<int>(records.size());
      RONGHE_ASSIGN_OR_RETURN(std::vector<Stored> some, fetch(asked, after_, wanted));
      // Everything of these units has been seen unless the limit cut it off.
      after_ = {last, std::numeric_limits<int64_t>::max()};
      if (static_cast<int>(some.size()) >= wanted) after_ = {some.back().info.unit, some.back().id.value};
      std::move(some.begin(), some.end(), std::back_inserter(records));
    }
    return records;
  }

 private:
  static constexpr size_t kFirst = 32;
  static constexpr size_t kMost = 512;
  std::vector<std::pair<common::UnitUid, common::PartitionId>> units_;
  RecordPosition after_;
};

}  // namespace ronghe::organization
