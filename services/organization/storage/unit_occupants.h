#pragma once

#include <span>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>

#include "services/common/changelog/changelog.h"
#include "services/common/sql/database.h"
#include "services/common/values/ids.h"
#include "services/common/values/status.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/domain/unit_counts.h"

namespace ronghe::organization {

// What lives in units besides units: members, workplaces, duties. Without one nothing lives anywhere. Thread-safe.
class UnitOccupants {
 public:
  virtual ~UnitOccupants() = default;
  // Own member counts of what lies in these partitions, inside a snapshot; `partitions` may be thousands. A unit may be
  // told more than once: what is told adds up. Default: no members.
  virtual absl::Status Count(common::sql::Session& session, std::span<const common::PartitionId> partitions,
                             absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each);
  // How many live in one unit, inside a structure transaction that is about to dissolve it. Takes the lock row of the
  // unit's partition first, so that whoever adds a member waits and then finds the unit dissolved (in table `unit`).
  virtual absl::StatusOr<int64_t> LockAndCount(common::sql::Session& session, common::PartitionId partition,
                                               common::UnitUid unit) = 0;
  // What lives in `order.from` belongs to `order.to` from now on, inside a structure transaction; each change is logged
  // in its own partition (WriteTxn::Also; the partitions of both units are held already). Returns how many members went
  // (or of `effect()`) went along. What cannot follow is added to `blockers`: then nothing of the transaction is
  // committed. Default: nothing can, if there is anything.
  virtual absl::StatusOr<int64_t> HandOver(common::WriteTxn& structure, const HandOverOrder& order,
                                           std::vector<common::Blocker>& blockers);
  // What HandOver counts.
  virtual EffectKind effect() const { return EffectKind::kMembersMoved; }
  // Why a unit in which so many live is not dissolved. Default: HAS_MEMBERS.
  virtual common::Blocker Blocks(const std::string& unit, int64_t count) const;
  // A unit's version changes, inside the structure transaction: what depends on its kind or its life changes too, in
  // the unit's partition. Default: nothing does.
  virtual absl::Status Follow(common::WriteTxn& structure, const Unit& before, const Unit& after);
  // Whether there are records, also ended ones, that keep a unit from being erased as if it had never been.
  virtual absl::StatusOr<bool> Keeps(common::sql::Session& session, const Unit& unit);
};

}  // namespace ronghe::organization
