#include "services/organization/app/audit_places.h"

#include <optional>
#include <set>
#include <string>

#include "services/common/values/status.h"
#include "services/organization/app/structure_steps.h"

namespace ronghe::organization {

common::AuditPlaces AuditPlacesOf(const Tree& tree) {
  common::AuditPlaces places;
  places.find = [&tree](const common::Call& call, const std::string& parent) -> absl::StatusOr<common::UnitUid> {
    RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(parent, "parent"));
    const std::optional<TreeUnit> unit = tree.FindByCode(code);
    if (!unit || !tree.Covers(call.scope, unit->uid)) return common::NotFound(parent);
    return unit->uid;
  };
  places.partitions_below = [&tree](common::UnitUid unit) {
    std::set<common::PartitionId> partitions;
    tree.VisitSubtree(unit, [&](const TreeUnit& below) { partitions.insert(below.partition); });
    return partitions;
  };
  places.is_within = [&tree](common::UnitUid unit, common::UnitUid ancestor) { return tree.IsWithin(unit, ancestor); };
  places.code_of = [&tree](common::UnitUid unit) { return std::string(tree.CodeOf(unit)); };
  return places;
}

}  // namespace ronghe::organization
