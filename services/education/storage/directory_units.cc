#include "services/education/storage/directory_units.h"

namespace ronghe::education {
namespace {

UnitView ViewOf(const common::DirectoryUnit& unit) {
  return {unit.uid, unit.parent, unit.partition, unit.code, unit.level, static_cast<UnitState>(unit.state)};
}

std::optional<UnitView> ViewOf(const std::optional<common::DirectoryUnit>& unit) {
  if (!unit) return std::nullopt;
  return ViewOf(*unit);
}

}  // namespace

std::optional<UnitView> DirectoryUnits::FindByCode(std::string_view code) const {
  return ViewOf(directory_.FindByCode(code));
}

std::optional<UnitView> DirectoryUnits::Find(common::UnitUid uid) const {
  return ViewOf(directory_.Find(uid));
}

std::vector<UnitView> DirectoryUnits::AncestorsOf(common::UnitUid unit) const {
  std::vector<UnitView> above;
  for (const common::UnitUid uid : directory_.AncestorsOf(unit)) {
    if (std::optional<UnitView> view = Find(uid)) above.push_back(*std::move(view));
  }
  return above;
}

std::vector<UnitView> DirectoryUnits::SuccessorsOf(common::UnitUid unit) const {
  std::vector<UnitView> successors;
  for (const common::DirectoryUnit& one : directory_.SuccessorsOf(unit)) successors.push_back(ViewOf(one));
  return successors;
}

std::vector<UnitView> DirectoryUnits::SubtreeOf(common::UnitUid unit) const {
  std::vector<UnitView> all;
  directory_.VisitSubtree(unit, [&](const common::DirectoryUnit& one) { all.push_back(ViewOf(one)); });
  return all;
}

}  // namespace ronghe::education
