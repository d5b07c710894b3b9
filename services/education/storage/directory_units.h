#pragma once

#include "services/common/directory/directory.h"
#include "services/education/app/units.h"

namespace ronghe::education {

// The structure of the use cases over the process' directory. Thread-safe.
class DirectoryUnits final : public Units {
 public:
  explicit DirectoryUnits(const common::Directory& directory) : directory_(directory) {}

  std::optional<UnitView> FindByCode(std::string_view code) const override;
  std::optional<UnitView> Find(common::UnitUid uid) const override;
  bool IsWithin(common::UnitUid unit, common::UnitUid ancestor) const override {
    return directory_.IsWithin(unit, ancestor);
  }
  bool Covers(const common::Scope& scope, common::UnitUid unit) const override {
    return directory_.ScopeCovers(scope, unit);
  }
  std::vector<UnitView> AncestorsOf(common::UnitUid unit) const override;
  std::vector<UnitView> SuccessorsOf(common::UnitUid unit) const override;
  std::vector<UnitView> SubtreeOf(common::UnitUid unit) const override;

 private:
  const common::Directory& directory_;
};

}  // namespace ronghe::education
