#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "services/common/rollup/auditor.h"
#include "services/common/rollup/change.h"
#include "services/common/rollup/metric_set.h"

namespace ronghe::tests {

// Who stood where and recorded what; counts naively, by walking up from every unit. The independent opinion that folded
// totals are compared with. Gives the change to log for everything that happens in it. Not thread-safe.
class RollupModel final : public common::FactSource {
 public:
  using Uid = int64_t;
  using Values = std::vector<int64_t>;
  // As a month: later than every move and every change.
  static constexpr common::MonthNumber kNow = 999'912;

  struct Unit {
    int64_t partition = 0;
    std::map<common::MonthNumber, Uid> places;  // from a month on; 0: from ever, or nowhere
    std::map<common::MonthNumber, Values> recorded;
    bool gone = false;
  };

  explicit RollupModel(const common::MetricSet& metrics) : metrics_(metrics) {}

  void Add(Uid unit, Uid parent, int64_t partition, common::RollupChange& change);
  // What would close a circle in some month is not done: false.
  bool Move(Uid unit, Uid parent, common::MonthNumber from, common::RollupChange& change);
  // `logged`: when a stock changes; `month`: of a flow.
  void Record(Uid unit, size_t metric, common::MonthNumber logged, common::MonthNumber month, int64_t amount,
              common::RollupChange& change);
  // With all it has recorded.
  void Forget(Uid unit, common::MonthNumber logged, common::RollupChange& change);

  const std::map<Uid, Unit>& units() const { return units_; }
  bool HasChildren(Uid unit) const;
  // At the end of a month.
  Uid ParentAt(Uid unit, common::MonthNumber month) const;
  common::MonthNumber LastMove(Uid unit) const { return units_.at(unit).places.rbegin()->first; }
  // Figures of a month: flows of it, stocks at its end.
  Values Own(Uid unit, common::MonthNumber month) const;
  // Of all units, under the structure at the end of another month.
  std::map<Uid, Values> Sums(common::MonthNumber month, common::MonthNumber structure) const;
  std::map<Uid, Values> Sums(common::MonthNumber month) const { return Sums(month, month); }

  absl::Status Count(common::sql::Session& session, EachAmount each) override;
  absl::StatusOr<bool> Places(common::sql::Session& session, EachPlace each) override;

 private:
  const common::MetricSet& metrics_;
  std::map<Uid, Unit> units_;
};

}  // namespace ronghe::tests
