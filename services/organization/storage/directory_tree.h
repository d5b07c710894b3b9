#pragma once

#include "services/common/directory/directory.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// The tree of the use cases over the process' directory. Thread-safe.
class DirectoryTree final : public Tree {
 public:
  explicit DirectoryTree(const common::Directory& directory) : directory_(directory) {}

  int64_t position() const override { return directory_.position(); }
  int64_t structure_revision() const override { return directory_.structure_revision(); }
  std::optional<TreeUnit> FindByCode(std::string_view code) const override;
  std::optional<TreeUnit> Find(common::UnitUid uid) const override;
  std::string CodeOf(common::UnitUid uid) const override { return directory_.CodeOf(uid); }
  bool IsWithin(common::UnitUid unit, common::UnitUid ancestor) const override {
    return directory_.IsWithin(unit, ancestor);
  }
  bool Covers(const common::Scope& scope, common::UnitUid unit) const override {
    return directory_.ScopeCovers(scope, unit);
  }
  std::vector<TreeUnit> ChildrenOf(common::UnitUid unit) const override;
  void VisitSubtree(common::UnitUid unit, absl::FunctionRef<void(const TreeUnit&)> visit) const override;

 private:
  const common::Directory& directory_;
};

}  // namespace ronghe::organization
