#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/common/values/ids.h"
#include "services/common/values/period.h"

namespace ronghe::common {

// What one logged change does to totals: logged with it (ChangeEntry::rollup), folded in feed order.
struct RollupChange {
  // Where a unit stands from a month on. New units stand there from ever (month 0).
  struct Place {
    UnitUid unit;
    UnitUid parent;  // none: a root, or a unit that was forgotten
    PartitionId partition;
    MonthNumber from = 0;
  };
  // What is added to a unit's own figures. The month is that of the flows among them; stocks change now.
  struct Amount {
    UnitUid unit;
    MonthNumber month = 0;
    std::vector<std::pair<std::string, int64_t>> metrics;  // name, how much
  };

  // Folded in this order: a unit is placed before it is counted.
  std::vector<Place> places;
  std::vector<Amount> amounts;
  // Units that are no more and whose own figures are gone with `amounts`; they leave their parents.
  std::vector<Place> forgotten;
  // The change is structural: from now on totals are summed under this revision of organization's structure; kOwn:
  // under the revision of the change itself (in organization's own log).
  static constexpr int64_t kOwn = 0;
  std::optional<int64_t> structure_revision;
  // The revision meant by structure_revision, for a change with a revision of its own in its log; nullopt where the
  // change is not structural.
  std::optional<int64_t> StructureRevisionAt(int64_t own) const {
    if (!structure_revision) return std::nullopt;
    return *structure_revision == kOwn ? own : *structure_revision;
  }

  bool empty() const { return places.empty() && amounts.empty() && forgotten.empty() && !structure_revision; }
};

// One line of text, for the log. Amounts of 0 are left out; empty for an empty change.
std::string EncodeRollup(const RollupChange& change);
// nullopt for text that EncodeRollup did not make.
std::optional<RollupChange> DecodeRollup(std::string_view text);

}  // namespace ronghe::common
