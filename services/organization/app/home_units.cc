#include "services/organization/app/home_units.h"

#include <utility>
#include <vector>

namespace ronghe::organization {
namespace {

HomeUnits::Verdict Bad(std::string reason, common::Text text) { return {{}, std::move(reason), std::move(text)}; }

HomeUnits::Verdict Unknown() { return Bad("NOT_FOUND", {"There is no such unit.", "组织不存在。"}); }

}  // namespace

absl::Status HomeUnits::Load(UnitReader& reader, std::span<const std::string> codes) {
  std::vector<std::string> wanted;
  for (const std::string& code : codes) {
    // Until it is found below it does not exist.
    if (by_code_.emplace(code, Unknown()).second) wanted.push_back(code);
  }
  if (wanted.empty()) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(const std::vector<Unit> units, reader.FindManyByCode(wanted));
  for (const Unit& unit : units) {
    RONGHE_ASSIGN_OR_RETURN(by_code_[unit.code()], Judge(reader, unit));
  }
  return absl::OkStatus();
}

const HomeUnits::Verdict& HomeUnits::Of(const std::string& code) const { return by_code_.at(code); }

absl::StatusOr<HomeUnits::Verdict> HomeUnits::Judge(UnitReader& reader, const Unit& unit) {
  if (unit.partition() != partition_) {
    return Bad("OTHER_COUNTY", {"The unit belongs to another county than the import.", "该组织不属于本次导入所在的县。"});
  }
  RONGHE_ASSIGN_OR_RETURN(const bool below, IsBelowParent(reader, unit));
  if (!below) {
    return Bad("OUTSIDE_PARENT", {"The unit does not lie in or below the import's parent.", "该组织不在导入的上级组织之下。"});
  }
  if (!unit.active()) return Bad("UNIT_DISSOLVED", {"The unit is dissolved.", "该组织已撤销。"});
  if (!IsOrganization(unit.kind())) {
    return Bad("NO_ORGANIZATION", {"A statistical group holds no members.", "统计汇总单位不能有党员。"});
  }
  return Verdict{unit.uid(), {}, {}};
}

absl::StatusOr<bool> HomeUnits::IsBelowParent(UnitReader& reader, const Unit& unit) {
  std::vector<common::UnitUid> path;
  common::UnitUid at = unit.uid();
  common::UnitUid above = unit.parent().uid;
  bool below = false;
  for (;;) {
    if (at == parent_) below = true;
    const auto known = below_.find(at);
    if (known != below_.end()) below = known->second;
    if (below || known != below_.end()) break;
    path.push_back(at);
    if (!above) break;
    RONGHE_ASSIGN_OR_RETURN(const std::optional<Unit> next, reader.Find(above));
    if (!next.has_value()) break;
    at = next->uid();
    above = next->parent().uid;
  }
  for (const common::UnitUid uid : path) below_[uid] = below;
  return below;
}

}  // namespace ronghe::organization
