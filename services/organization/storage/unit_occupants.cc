#include "services/organization/storage/unit_occupants.h"

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::organization {

absl::StatusOr<int64_t> UnitOccupants::HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                                std::vector<common::Blocker>& blockers) {
  RONGHE_ASSIGN_OR_RETURN(const int64_t count,
                          LockAndCount(structure.session(), order.from.partition(), order.from.uid()));
  if (count > 0) {
    blockers.push_back({"CANNOT_FOLLOW",
                        order.from.name(),
                        {"what lives in the unit cannot follow to its successor", "该组织所属内容不能转入承接组织"}});
  }
  return 0;
}

common::Blocker UnitOccupants::BlockerOf(const std::string& unit, int64_t count) const {
  return {"HAS_MEMBERS",
          unit,
          {fmt::format("{} {} in the unit", count, count == 1 ? "member lives" : "members live"),
           fmt::format("该组织尚有 {} 名党员", count)}};
}

}  // namespace ronghe::organization
