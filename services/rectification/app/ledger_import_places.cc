#include "services/rectification/app/ledger_import_places.h"

#include "services/common/values/resource_name.h"
#include "services/rectification/app/problem_app.h"

namespace ronghe::rectification {

absl::Status LedgerImportPlaces::Place(const common::Call& call, const std::string& parent,
                                       common::Import& fresh) const {
  const std::optional<std::string> code = common::CodeIn(parent);
  if (!code)
    return common::InvalidArgument("start.parent", parent.empty() ? "REQUIRED" : "BAD_NAME", common::kUnitForm);
  const std::optional<common::UnitView> unit = units_.FindByCode(*code);
  if (!unit || !units_.Covers(call.scope, unit->uid)) return common::NotFound(parent);
  RONGHE_RETURN_IF_ERROR(common::RefuseUnit(*unit, units_));
  fresh.parent = unit->uid;
  fresh.partition = unit->partition;
  return absl::OkStatus();
}

absl::StatusOr<common::UnitUid> LedgerImportPlaces::Find(const std::string& parent) const {
  const std::optional<std::string> code = common::CodeIn(parent);
  if (!code) return common::InvalidArgument("parent", "BAD_NAME", common::kUnitForm);
  const std::optional<common::UnitView> unit = units_.FindByCode(*code);
  if (!unit) return common::NotFound(parent);
  return unit->uid;
}

}  // namespace ronghe::rectification
