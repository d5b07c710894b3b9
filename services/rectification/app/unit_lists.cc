#include "services/rectification/app/unit_lists.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::rectification {

std::vector<common::UnitView> UnitsOf(const common::Units& units, const common::UnitView& unit, bool subtree) {
  std::vector<common::UnitView> all = subtree ? units.SubtreeOf(unit.uid) : std::vector<common::UnitView>{unit};
  // What stands here but is answered for elsewhere now belongs to lists there.
  std::erase_if(all, [&](const common::UnitView& one) {
    return one.state == common::UnitState::kDissolved && !units.IsWithin(units.AnswersFor(one.uid), unit.uid);
  });
  for (common::UnitView& before : units.PredecessorsOf(unit.uid, subtree)) {
    if (!subtree || !units.IsWithin(before.uid, unit.uid)) all.push_back(std::move(before));
  }
  return all;
}

UnitBatches::UnitBatches(std::vector<common::UnitView> units) : units_(std::move(units)) {
  std::sort(units_.begin(), units_.end(),
            [](const common::UnitView& a, const common::UnitView& b) { return a.uid < b.uid; });
}

void UnitBatches::SkipTo(common::UnitUid unit) {
  at_ = static_cast<size_t>(
      std::lower_bound(units_.begin(), units_.end(), unit,
                       [](const common::UnitView& one, common::UnitUid uid) { return one.uid < uid; }) -
      units_.begin());
}

std::vector<UnitsOfPartition> UnitBatches::Next(size_t most) {
  std::map<common::PartitionId, std::vector<common::UnitUid>> parts;
  const size_t end = std::min(units_.size(), at_ + most);
  for (; at_ < end; ++at_) parts[units_[at_].partition].push_back(units_[at_].uid);
  std::vector<UnitsOfPartition> batch;
  for (auto& [partition, uids] : parts) batch.push_back({partition, std::move(uids)});
  return batch;
}

absl::StatusOr<UnitList> ReadUnitList(const common::Units& units, const common::TokenSigner& signer,
                                      const common::Call& call, const UnitListQuery& query, std::string_view collection,
                                      common::Violations violations) {
  UnitList list;
  list.asked = fmt::format("{}\n{}\n{}\n{}", collection, query.parent, query.subtree, query.filter);
  const absl::StatusOr<int> size = common::PageSize(query.page_size);
  violations.AddAll(size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(signer, list.asked, query.page_token);
  violations.AddAll(token.status());
  RONGHE_ASSIGN_OR_RETURN(const common::UnitView unit,
                          common::VisibleUnit(units, call, query.parent, "parent", std::move(violations)));
  RONGHE_ASSIGN_OR_RETURN(list.after, common::ReadListPosition(*token));
  list.units = UnitsOf(units, unit, query.subtree);
  list.page_size = *size;
  return list;
}

}  // namespace ronghe::rectification
