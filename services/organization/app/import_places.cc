#include "services/organization/app/import_places.h"

#include <optional>

#include "services/common/values/resource_name.h"
#include "services/common/values/status.h"
#include "services/organization/app/unit_app.h"

namespace ronghe::organization {
namespace {

constexpr std::string_view kUnits = "units";

absl::Status NeedsEverything() {
  return common::PermissionDenied("SCOPE_ALL_REQUIRED", {"An import from the root needs a grant on everything.",
                                                         "从根组织导入需要全部组织的权限。"});
}

absl::Status ParentDissolved(std::string_view name) {
  common::Text text{"The parent of the import is dissolved.", "导入的上级组织已撤销。"};
  return common::FailedPrecondition("PARENT_DISSOLVED", text, {{"PARENT_DISSOLVED", std::string(name), text}});
}

}  // namespace

absl::Status TreeImportPlaces::Place(const common::Call& call, const std::string& parent, common::Import& fresh) const {
  const bool units = fresh.collection == kUnits;
  if (parent == common::kAllUnits && units) {
    if (!call.scope.everything) return NeedsEverything();
    fresh.partition = common::kStructurePartition;
    return absl::OkStatus();
  }
  RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(parent, "start.parent"));
  const std::optional<TreeUnit> unit = tree_.FindByCode(code);
  if (!unit.has_value() || !tree_.Covers(call.scope, unit->uid)) return common::NotFound(parent);
  if (unit->state != UnitState::kActive) return ParentDissolved(parent);
  fresh.parent = unit->uid;
  fresh.partition = units ? common::kStructurePartition : unit->partition;
  return absl::OkStatus();
}

absl::StatusOr<common::UnitUid> TreeImportPlaces::Find(const std::string& parent) const {
  RONGHE_ASSIGN_OR_RETURN(const std::string code, CodeFromName(parent, "parent"));
  const std::optional<TreeUnit> unit = tree_.FindByCode(code);
  if (!unit.has_value()) return common::NotFound(parent);
  return unit->uid;
}

}  // namespace ronghe::organization
