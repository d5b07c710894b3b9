#include "services/organization/storage/directory_tree.h"

namespace ronghe::organization {
namespace {

TreeUnit TreeUnitOf(const common::DirectoryUnit& unit) {
  return {unit.uid,
          unit.parent,
          unit.partition,
          unit.code,
          static_cast<Level>(unit.level),
          static_cast<UnitKind>(unit.kind),
          static_cast<UnitState>(unit.state)};
}

std::optional<TreeUnit> TreeUnitOf(const std::optional<common::DirectoryUnit>& unit) {
  if (!unit) return std::nullopt;
  return TreeUnitOf(*unit);
}

}  // namespace

std::optional<TreeUnit> DirectoryTree::FindByCode(std::string_view code) const {
  return TreeUnitOf(directory_.FindByCode(code));
}

std::optional<TreeUnit> DirectoryTree::Find(common::UnitUid uid) const {
  return TreeUnitOf(directory_.Find(uid));
}

std::vector<TreeUnit> DirectoryTree::ChildrenOf(common::UnitUid unit) const {
  std::vector<TreeUnit> children;
  for (const common::DirectoryUnit& child : directory_.ChildrenOf(unit)) children.push_back(TreeUnitOf(child));
  return children;
}

void DirectoryTree::VisitSubtree(common::UnitUid unit, absl::FunctionRef<void(const TreeUnit&)> visit) const {
  directory_.VisitSubtree(unit, [&](const common::DirectoryUnit& below) { visit(TreeUnitOf(below)); });
}

}  // namespace ronghe::organization
