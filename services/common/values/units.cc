#include "services/common/values/units.h"

#include <utility>

#include "services/common/values/resource_name.h"
#include "services/common/values/status.h"

namespace ronghe::common {

absl::Status RefuseUnit(const UnitView& unit, const Units& units) {
  const std::string name = "units/" + unit.code;
  if (unit.state == UnitState::kClosing) {
    const Text text{"the unit is closing and takes nothing new", "该组织正在撤销，不再受理新的登记"};
    return FailedPrecondition("UNIT_CLOSING", text, {{"UNIT_CLOSING", name, text}});
  }
  if (unit.state != UnitState::kDissolved) return absl::OkStatus();
  std::vector<Blocker> blockers;
  for (const UnitView& successor : units.SuccessorsOf(unit.uid)) {
    blockers.push_back({"UNIT_SUCCEEDED", "units/" + successor.code, {"took its place", "为其承继组织"}});
  }
  if (blockers.empty()) {
    const Text text{"the unit is dissolved", "该组织已撤销"};
    return FailedPrecondition("UNIT_DISSOLVED", text, {{"UNIT_DISSOLVED", name, text}});
  }
  return FailedPrecondition("UNIT_SUCCEEDED",
                            {"the unit was merged or split up; name a successor", "该组织已合并或拆分，请改用承继组织"},
                            std::move(blockers));
}

absl::StatusOr<UnitView> VisibleUnit(const Units& units, const Call& call, const std::string& name,
                                     std::string_view field, Violations violations) {
  const std::optional<std::string> code = CodeIn(name);
  if (!code) violations.Add(std::string(field), name.empty() ? "REQUIRED" : "BAD_NAME", kUnitForm);
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::optional<UnitView> unit = units.FindByCode(*code);
  if (!unit || !units.Covers(call.scope, unit->uid)) return NotFound(name);
  return *std::move(unit);
}

}  // namespace ronghe::common
