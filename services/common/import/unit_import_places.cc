#include "services/common/import/unit_import_places.h"

#include "services/common/values/resource_name.h"

namespace ronghe::common {

absl::Status UnitImportPlaces::Place(const Call& call, const std::string& parent, Import& fresh) const {
  RONGHE_ASSIGN_OR_RETURN(const UnitView unit, VisibleUnit(units_, call, parent, "start.parent", {}));
  RONGHE_RETURN_IF_ERROR(RefuseUnit(unit, units_));
  fresh.parent = unit.uid;
  fresh.partition = unit.partition;
  return absl::OkStatus();
}

absl::StatusOr<UnitUid> UnitImportPlaces::Find(const std::string& parent) const {
  const std::optional<std::string> code = CodeIn(parent);
  if (!code) return InvalidArgument("parent", "BAD_NAME", kUnitForm);
  const std::optional<UnitView> unit = units_.FindByCode(*code);
  if (!unit) return NotFound(parent);
  return unit->uid;
}

}  // namespace ronghe::common
