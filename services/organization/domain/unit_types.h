#pragma once

#include <optional>
#include <string_view>

#include "services/common/values/status.h"

namespace ronghe::organization {

// Numbers are those of ronghe.organization.v1.
enum class Level {
  kUnspecified = 0,
  kProvince = 1,
  kPrefecture = 2,
  kCounty = 3,
  kTownship = 4,
  kBranch = 5,
  kGroup = 6,
};

enum class UnitKind {
  kUnspecified = 0,
  kCommittee = 1,
  kWorkingCommittee = 2,
  kGeneralBranch = 3,
  kBranch = 4,
  kJointBranch = 5,
  kTemporaryBranch = 6,
  kGroup = 7,
  kStatisticalGroup = 8,
};

// kClosing: on its way out; it keeps what it has and takes nothing new.
enum class UnitState { kUnspecified = 0, kActive = 1, kDissolved = 2, kClosing = 3 };

// Names as filters use them (`COUNTY`); nullopt for unknown ones.
std::optional<Level> LevelFromName(std::string_view name);
std::optional<UnitKind> KindFromName(std::string_view name);
std::optional<UnitState> StateFromName(std::string_view name);
// Words for people.
common::Text LevelText(Level level);
common::Text KindText(UnitKind kind);
common::Text StateText(UnitState state);

// A statistical group is no organization: it is not counted and holds no members.
inline bool IsOrganization(UnitKind kind) {
  return kind != UnitKind::kStatisticalGroup;
}
// Units of these ranks get a partition of their own.
inline bool HasOwnPartition(Level level) {
  return level >= Level::kProvince && level <= Level::kCounty;
}

}  // namespace ronghe::organization
