#include "tests/storage/rollup/model.h"

#include <algorithm>
#include <set>

namespace ronghe::tests {

using common::MonthNumber;
using common::PartitionId;
using common::RollupChange;
using common::UnitUid;

void RollupModel::Add(Uid unit, Uid parent, int64_t partition, RollupChange& change) {
  units_[unit] = {partition, {{0, parent}}, {}};
  change.places.push_back({UnitUid(unit), UnitUid(parent), PartitionId(partition), 0});
}

bool RollupModel::Move(Uid unit, Uid parent, MonthNumber from, RollupChange& change) {
  std::set<MonthNumber> months{from, kNow};
  for (const auto& [uid, other] : units_) {
    for (const auto& [month, place] : other.places) months.insert(month);
  }
  for (const MonthNumber month : months) {
    if (month < std::max(from, LastMove(unit))) continue;
    for (Uid above = parent; above != 0; above = ParentAt(above, month)) {
      if (above == unit) return false;
    }
  }
  change.places.push_back({UnitUid(unit), UnitUid(parent), PartitionId(units_[unit].partition), from});
  if (ParentAt(unit, kNow) != parent) units_[unit].places[std::max(from, LastMove(unit))] = parent;
  return true;
}

void RollupModel::Record(Uid unit, size_t metric, MonthNumber logged, MonthNumber month, int64_t amount,
                         RollupChange& change) {
  const MonthNumber counted = metrics_.at(metric).stock ? logged : month;
  Values& values = units_[unit].recorded[counted];
  values.resize(metrics_.size());
  values[metric] += amount;
  change.amounts.push_back({UnitUid(unit), month, {{metrics_.at(metric).name, amount}}});
}

void RollupModel::Forget(Uid unit, MonthNumber logged, RollupChange& change) {
  const std::map<MonthNumber, Values> recorded = units_[unit].recorded;
  const Values now = Own(unit, kNow);
  for (size_t m = 0; m < metrics_.size(); ++m) {
    if (metrics_.at(m).stock) {
      if (now[m] != 0) Record(unit, m, logged, logged, -now[m], change);
      continue;
    }
    for (const auto& [month, values] : recorded) {
      if (values[m] != 0) Record(unit, m, logged, month, -values[m], change);
    }
  }
  change.forgotten.push_back({UnitUid(unit), UnitUid(), PartitionId(units_[unit].partition), 0});
  units_[unit].places.rbegin()->second = 0;
  units_[unit].gone = true;
}

bool RollupModel::HasChildren(Uid unit) const {
  return std::any_of(units_.begin(), units_.end(), [&](const auto& other) {
    const std::map<MonthNumber, Uid>& places = other.second.places;
    return std::any_of(places.begin(), places.end(), [&](const auto& place) { return place.second == unit; });
  });
}

RollupModel::Uid RollupModel::ParentAt(Uid unit, MonthNumber month) const {
  return std::prev(units_.at(unit).places.upper_bound(month))->second;
}

RollupModel::Values RollupModel::Own(Uid unit, MonthNumber month) const {
  Values own(metrics_.size());
  for (const auto& [recorded, values] : units_.at(unit).recorded) {
    for (size_t m = 0; m < metrics_.size(); ++m) {
      if (metrics_.at(m).stock ? recorded <= month : recorded == month) own[m] += values[m];
    }
  }
  return own;
}

std::map<RollupModel::Uid, RollupModel::Values> RollupModel::Sums(MonthNumber month, MonthNumber structure) const {
  std::map<Uid, Values> sums;
  for (const auto& [uid, unit] : units_) {
    const Values own = Own(uid, month);
    for (Uid above = uid; above != 0; above = ParentAt(above, structure)) {
      Values& sum = sums[above];
      sum.resize(metrics_.size());
      for (size_t m = 0; m < metrics_.size(); ++m) sum[m] += own[m];
    }
  }
  return sums;
}

absl::Status RollupModel::Count(common::sql::Session& /*session*/, EachAmount each) {
  for (const auto& [uid, unit] : units_) {
    for (const auto& [month, values] : unit.recorded) {
      for (size_t m = 0; m < metrics_.size(); ++m) {
        if (values[m] != 0) each(UnitUid(uid), metrics_.at(m).stock ? 0 : month, m, values[m]);
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> RollupModel::Places(common::sql::Session& /*session*/, EachPlace each) {
  for (const auto& [uid, unit] : units_) each(UnitUid(uid), UnitUid(ParentAt(uid, kNow)));
  return true;
}

}  // namespace ronghe::tests
