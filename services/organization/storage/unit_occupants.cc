#include "services/organization/storage/unit_occupants.h"

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

}  // namespace ronghe::organization
