#pragma once

#include "services/common/directory/directory.h"
#include "services/common/values/units.h"

namespace ronghe::common {

// The structure over the process' directory. Thread-safe.
class DirectoryUnits final : public Units {
 public:
  explicit DirectoryUnits(const Directory& directory) : directory_(directory) {}

  std::optional<UnitView> FindByCode(std::string_view code) const override;
  std::optional<UnitView> Find(UnitUid uid) const override;
  bool IsWithin(UnitUid unit, UnitUid ancestor) const override { return directory_.IsWithin(unit, ancestor); }
  bool Covers(const Scope& scope, UnitUid unit) const override { return directory_.ScopeCovers(scope, unit); }
  std::vector<UnitView> AncestorsOf(UnitUid unit) const override;
  std::vector<UnitView> SuccessorsOf(UnitUid unit) const override;
  std::vector<UnitView> PredecessorsOf(UnitUid unit, bool subtree) const override;
  std::vector<UnitView> SubtreeOf(UnitUid unit) const override;

 private:
  const Directory& directory_;
};

}  // namespace ronghe::common
