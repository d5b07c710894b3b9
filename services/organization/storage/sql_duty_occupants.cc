#include "services/organization/storage/sql_duty_occupants.h"

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/app/duty_app.h"
#include "services/organization/app/owner_registry.h"
#include "services/organization/storage/duty_rows.h"
#include "services/organization/storage/sql_duty_store.h"

namespace ronghe::organization {

namespace sql = common::sql;

absl::StatusOr<int64_t> SqlDutyOccupants::LockAndCount(sql::Session& session, common::PartitionId partition,
                                                       common::UnitUid unit) {
  RONGHE_RETURN_IF_ERROR(common::LockPartition(session, partition));
  return CountOpenDuties(session, partition, unit);
}

common::Blocker SqlDutyOccupants::Blocks(const std::string& unit, int64_t count) const {
  return {"HAS_DUTIES",
          unit,
          {fmt::format("the unit has {} {}; complete, end or cancel them first", count,
                       count == 1 ? "open duty" : "open duties"),
           fmt::format("该组织尚有 {} 项未结束的履责事项，请先办结、终止或取消", count)}};
}

absl::StatusOr<int64_t> SqlDutyOccupants::HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                                   std::vector<common::Blocker>& blockers) {
  std::optional<std::vector<DutyId>> only;
  if (order.only) {
    only.emplace();
    for (const std::string& name : *order.only) {
      if (const int64_t id = IdFromName(name, "duties"); id != 0) only->emplace_back(id);
    }
    if (only->empty()) return 0;
  }
  RONGHE_ASSIGN_OR_RETURN(const int64_t count,
                          LockAndCount(structure.session(), order.from.partition(), order.from.uid()));
  if (count == 0 && !only) return 0;
  if (order.from.partition() != order.to.partition()) {
    blockers.push_back({"OTHER_COUNTY",
                        order.from.name(),
                        {"its duties are kept in another county's register", "其履责事项登记在其他县"}});
    return 0;
  }
  RONGHE_ASSIGN_OR_RETURN(common::WriteTxn * txn, structure.Also(order.from.partition()));
  SqlDutyTxn duties(*txn, zone_);
  for (const DutyId id : only.value_or(std::vector<DutyId>())) {
    std::optional<StoredDuty> found;
    if (common::PartitionOf(id.value) == txn->partition()) {
      RONGHE_ASSIGN_OR_RETURN(found, duties.Find(id));
    }
    if (found && found->info.unit == order.from.uid() && found->open()) continue;
    blockers.push_back({"NOT_IN_UNIT",
                        NameOf(id),
                        {fmt::format("is no open duty of {}", order.from.name()),
                         fmt::format("不是 {} 未结束的履责事项", order.from.name())}});
  }
  return HandOverDuties(duties, order.from.uid(), order.to.uid(), only);
}

absl::StatusOr<bool> SqlDutyOccupants::Keeps(sql::Session& session, const Unit& unit) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredDuty> duties, SelectDuties(session, unit.partition(), unit.uid()));
  return !duties.empty();
}

}  // namespace ronghe::organization
