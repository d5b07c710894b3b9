#include "services/common/directory/directory_units.h"

namespace ronghe::common {
namespace {

UnitView ViewOf(const DirectoryUnit& unit) {
  return {unit.uid, unit.parent, unit.partition, unit.code, unit.level, static_cast<UnitState>(unit.state), unit.kind};
}

std::optional<UnitView> ViewOf(const std::optional<DirectoryUnit>& unit) {
  if (!unit) return std::nullopt;
  return ViewOf(*unit);
}

}  // namespace

std::optional<UnitView> DirectoryUnits::FindByCode(std::string_view code) const {
  return ViewOf(directory_.FindByCode(code));
}

std::optional<UnitView> DirectoryUnits::Find(UnitUid uid) const {
  return ViewOf(directory_.Find(uid));
}

std::vector<UnitView> DirectoryUnits::AncestorsOf(UnitUid unit) const {
  std::vector<UnitView> above;
  for (const UnitUid uid : directory_.AncestorsOf(unit)) {
    if (std::optional<UnitView> view = Find(uid)) above.push_back(*std::move(view));
  }
  return above;
}

std::vector<UnitView> DirectoryUnits::SuccessorsOf(UnitUid unit) const {
  std::vector<UnitView> successors;
  for (const DirectoryUnit& one : directory_.SuccessorsOf(unit)) successors.push_back(ViewOf(one));
  return successors;
}

std::vector<UnitView> DirectoryUnits::PredecessorsOf(UnitUid unit, bool subtree) const {
  std::vector<UnitView> found;
  for (const DirectoryUnit& one : directory_.PredecessorsOf(unit, subtree)) found.push_back(ViewOf(one));
  return found;
}

std::vector<UnitView> DirectoryUnits::SubtreeOf(UnitUid unit) const {
  std::vector<UnitView> all;
  directory_.VisitSubtree(unit, [&](const DirectoryUnit& one) { all.push_back(ViewOf(one)); });
  return all;
}

}  // namespace ronghe::common
