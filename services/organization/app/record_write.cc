#include "services/organization/app/record_write.h"

#include <fmt/format.h>

#include "services/organization/app/structure_steps.h"

namespace ronghe::organization {

std::string EtagOf(const RecordInfo& info) {
  return fmt::format("{:x}.{:x}", info.version, absl::ToUnixMicros(info.update_time));
}

absl::Status RefuseFor(std::vector<common::Blocker> blockers) {
  if (blockers.empty()) return absl::OkStatus();
  std::string reason = blockers.front().reason;
  common::Text text = blockers.size() == 1
                          ? blockers.front().text
                          : common::Text{"this is not possible; every reason is listed", "不能办理，原因已全部列出"};
  return common::FailedPrecondition(std::move(reason), std::move(text), std::move(blockers));
}

std::vector<common::Blocker> HostBlockers(const HostUnit& unit) {
  std::vector<common::Blocker> blockers;
  if (unit.state == UnitState::kDissolved) {
    blockers.push_back({"UNIT_DISSOLVED", unit.name(), {"the unit is dissolved", "该组织已撤销"}});
  }
  if (unit.state == UnitState::kClosing) {
    blockers.push_back({"UNIT_CLOSING", unit.name(), {"the unit is closing", "该组织正在撤销"}});
  }
  if (!IsOrganization(unit.kind)) {
    blockers.push_back(
        {"NO_ORGANIZATION", unit.name(), {"a statistical group is no organization", "统计汇总不是组织"}});
  }
  return blockers;
}

absl::StatusOr<TreeUnit> VisibleUnit(const Tree& tree, const common::Call& call, const std::string& name,
                                     std::string_view field, common::Violations violations) {
  const absl::StatusOr<std::string> code = CodeFromName(name, field);
  violations.AddAll(code.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  std::optional<TreeUnit> unit = tree.FindByCode(*code);
  if (!unit || !tree.Covers(call.scope, unit->uid)) return common::NotFound(name);
  return *std::move(unit);
}

absl::CivilDay EventDay(const common::Calendar& calendar, const WriteOptions& options, std::string_view field,
                        common::Violations& violations) {
  const absl::CivilDay today = calendar.Today();
  if (options.effective && *options.effective > today) {
    violations.Add(std::string(field), "IN_FUTURE", {"must not be in the future", "不能晚于今天"});
  }
  return options.effective.value_or(today);
}

}  // namespace ronghe::organization
