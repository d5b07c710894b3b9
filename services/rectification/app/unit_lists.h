#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/ids.h"
#include "services/common/values/pages.h"
#include "services/common/values/status.h"
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

// What a list of a unit's records is asked for.
struct UnitListQuery {
  std::string parent;  // `units/{code}`
  bool subtree = false;
  std::string filter;
  int page_size = 0;
  std::string page_token;
};
// The same, checked.
struct UnitList {
  std::string asked;  // everything but the token and the size
  std::vector<common::UnitView> units;
  common::ListPosition after;
  int page_size = 0;
};
// `collection` keeps tokens of one list from others. `violations`: of the filter. INVALID_ARGUMENT with all, NOT_FOUND.
absl::StatusOr<UnitList> ReadUnitList(const common::Units& units, const common::TokenSigner& signer,
                                      const common::Call& call, const UnitListQuery& query, std::string_view collection,
                                      common::Violations violations);

template <typename Record>
struct UnitListPage {
  std::vector<Record> records;
  std::string next_page_token;
};
// A page in the order of PositionOf(record). `fetch(units, after, limit)` reads of at most kMostUnits units in that
// order.
template <typename Record, typename Fetch>
absl::StatusOr<UnitListPage<Record>> PageOf(const UnitList& list, const common::TokenSigner& signer,
                                            const common::Call& call, const Fetch& fetch) {
  UnitListPage<Record> page;
  UnitBatches batches(list.units);
  while (!batches.AtEnd()) {
    if (call.cancelled()) return common::Cancelled();
    RONGHE_ASSIGN_OR_RETURN(std::vector<Record> some, fetch(batches.Next(kMostUnits), list.after, list.page_size + 1));
    std::move(some.begin(), some.end(), std::back_inserter(page.records));
  }
  std::sort(page.records.begin(), page.records.end(),
            [](const Record& a, const Record& b) { return PositionOf(a) < PositionOf(b); });
  if (page.records.size() > static_cast<size_t>(list.page_size)) {
    page.records.erase(page.records.begin() + list.page_size, page.records.end());
    page.next_page_token = common::MakePageToken(signer, list.asked, common::TextOf(PositionOf(page.records.back())));
  }
  return page;
}

}  // namespace ronghe::rectification
