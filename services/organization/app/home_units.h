#pragma once

#include <optional>
#include <span>
#include <string>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include "services/organization/app/unit_store.h"
#include "services/organization/domain/import.h"

namespace ronghe::organization {

// The units that the rows of one member import name, each looked up once. Not thread-safe.
class HomeUnits {
 public:
  // All units must lie in `partition` and in or below `parent`.
  HomeUnits(common::PartitionId partition, common::UnitUid parent) : partition_(partition), parent_(parent) {}

  // Looks up those that are not known yet.
  absl::Status Load(UnitReader& reader, std::span<const std::string> codes);

  // What a row that names `code` gets: the unit, or why not. `code` has been loaded.
  struct Verdict {
    common::UnitUid uid;
    std::string reason;  // empty: good
    common::Text text;
  };
  const Verdict& Of(const std::string& code) const;

 private:
  absl::StatusOr<bool> IsBelowParent(UnitReader& reader, const Unit& unit);
  absl::StatusOr<Verdict> Judge(UnitReader& reader, const Unit& unit);

  common::PartitionId partition_;
  common::UnitUid parent_;
  absl::flat_hash_map<std::string, Verdict> by_code_;
  absl::flat_hash_map<common::UnitUid, bool> below_;  // whether in or below the parent
};

}  // namespace ronghe::organization
