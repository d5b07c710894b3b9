#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/common/values/call.h"
#include "services/common/values/status.h"
#include "services/organization/domain/reorganization.h"
#include "services/organization/domain/unit.h"

namespace ronghe::organization {

// Which units a list wants: bit n of a mask allows the value n.
struct UnitFilter {
  uint32_t levels = ~0u;
  uint32_t kinds = ~0u;
  uint32_t states = ~0u;
  bool Allows(Level level, UnitKind kind, UnitState state) const {
    return (levels >> static_cast<int>(level) & 1u) && (kinds >> static_cast<int>(kind) & 1u) &&
           (states >> static_cast<int>(state) & 1u);
  }
};

// A piece of a list in the order of codes: after `after` (empty: from the beginning), at most `limit`.
struct CodeRange {
  std::string after;
  bool descending = false;
  int limit = 0;
};

// A version with its validity as known now: [unit.from(), until); no until: it holds still.
struct UnitSpan {
  Unit unit;
  std::optional<absl::CivilDay> until;
};

// A reorganization as it is kept.
struct Reorganization {
  int64_t id = 0;
  std::string title = {};
  common::UnitUid owner = {};  // none: everything
  ReorganizationState state = ReorganizationState::kUnspecified;
  absl::CivilDay day = {};
  std::string steps = {};    // encoded (ReorganizationCodec)
  std::string outcome = {};  // encoded
  std::string actor = {};    // who decided it
  absl::Time created = {};
  std::optional<absl::Time> ended = {};
  int64_t revision = 0;

  std::string name() const { return "reorganizations/" + std::to_string(id); }
  std::string etag() const { return std::to_string(revision); }
};

// What goes from one unit to another in a merger or a split.
struct HandOverOrder {
  Unit from;
  Unit to;
  absl::CivilDay day;
  std::string actor;
  // Members, workplaces and duties by name, or else everything.
  std::optional<std::vector<std::string>> only = {};
};
// How many of what went along.
struct HandedOver {
  EffectKind kind;
  int64_t count = 0;
};

// Reads of the structure inside one snapshot or transaction. Not thread-safe.
class UnitReader {
 public:
  virtual ~UnitReader() = default;
  // Current versions.
  virtual absl::StatusOr<std::optional<Unit>> FindByCode(std::string_view code) = 0;
  virtual absl::StatusOr<std::optional<Unit>> Find(common::UnitUid uid) = 0;
  // Those that exist, in no order; any number.
  virtual absl::StatusOr<std::vector<Unit>> FindMany(std::span<const common::UnitUid> uids) = 0;
  virtual absl::StatusOr<std::vector<Unit>> FindManyByCode(std::span<const std::string> codes) = 0;
  virtual absl::StatusOr<std::vector<Unit>> Children(common::UnitUid parent, const UnitFilter& filter,
                                                     const CodeRange& range) = 0;

  // As of a day, as known now.
  virtual absl::StatusOr<std::vector<Unit>> FindManyAsOf(std::span<const common::UnitUid> uids, absl::CivilDay day) = 0;
  virtual absl::StatusOr<std::vector<Unit>> ChildrenAsOf(common::UnitUid parent, absl::CivilDay day,
                                                         const UnitFilter& filter, const CodeRange& range) = 0;
  // Units in and below the roots (below only, if `below`) on a day, in the order of codes. No roots: the whole tree.
  virtual absl::StatusOr<std::vector<Unit>> SubtreeAsOf(std::span<const common::UnitUid> roots, bool below,
                                                        absl::CivilDay day, const UnitFilter& filter,
                                                        const CodeRange& range) = 0;
  // The same, uids only, parents before children.
  virtual absl::StatusOr<std::vector<common::UnitUid>> SubtreeUidsAsOf(std::span<const common::UnitUid> roots,
                                                                       absl::CivilDay day) = 0;
  // Every version as recorded at `known_at` (now, for none), oldest first.
  virtual absl::StatusOr<std::vector<Unit>> Versions(common::UnitUid uid, std::optional<absl::Time> known_at) = 0;
  // The version that was written with `revision`, whatever has become of it.
  virtual absl::StatusOr<std::optional<Unit>> VersionOf(std::string_view code, int64_t revision) = 0;
  // Versions that hold on `day` or later, oldest first.
  virtual absl::StatusOr<std::vector<UnitSpan>> VersionsFrom(common::UnitUid uid, absl::CivilDay day) = 0;
  // Codes of the active units below one on `day` or later, by code, at most `limit`.
  virtual absl::StatusOr<std::vector<std::string>> ActiveBelow(common::UnitUid uid, absl::CivilDay day, int limit) = 0;
  // Active children of a unit: what would stand under a changed kind.
  virtual absl::StatusOr<std::vector<Unit>> ActiveChildrenFrom(common::UnitUid uid, absl::CivilDay day) = 0;
  // Ranks below a unit in today's tree, counting itself: 1 for a leaf.
  virtual absl::StatusOr<int> Height(common::UnitUid uid) = 0;

  virtual absl::StatusOr<std::optional<Reorganization>> FindReorganization(int64_t id) = 0;
  // The latest first, before the one with this id (0: from the latest), in one of the states (bit n of the mask: the
  // state n), at most `limit`.
  virtual absl::StatusOr<std::vector<Reorganization>> Reorganizations(int64_t before, uint32_t states, int limit) = 0;
};

// A write that was done before under the same request id.
struct DoneBefore {
  std::string resource;
  int64_t revision = 0;
};

// One transaction on the structure (partition 0); all of them are serial. Not thread-safe.
class UnitTxn : public virtual UnitReader {
 public:
  virtual absl::Time now() const = 0;
  // Idempotency: call first. A value: answer with it and change nothing.
  virtual absl::StatusOr<std::optional<DoneBefore>> Claim(const common::RequestKey& key) = 0;
  virtual void Remember(std::string resource) = 0;

  virtual common::UnitUid NewUid() = 0;
  // `count` new partition numbers in a row; returns the first.
  virtual absl::StatusOr<common::PartitionId> NewPartitions(int count) = 0;
  // Adds new units and logs them; ALREADY_EXISTS, reason DUPLICATE_CODE. Returns them as recorded.
  virtual absl::StatusOr<std::vector<Unit>> Insert(std::vector<Unit> units) = 0;
  // Adds a version and logs it; `before` is the current one. Returns it as recorded.
  virtual absl::StatusOr<Unit> Change(const Unit& before, const Unit& after) = 0;
  // Which of the units have been changed since they were made, or took the place of another.
  virtual absl::StatusOr<std::vector<common::UnitUid>> Changed(std::span<const common::UnitUid> uids) = 0;
  // The units that stand, or ever stood, directly under one of these.
  virtual absl::StatusOr<std::vector<UnitRef>> EverBelow(std::span<const common::UnitUid> uids) = 0;
  // Takes units out as if they had never been (the revert of an import): rows, versions, codes.
  virtual absl::Status Erase(std::span<const Unit> units) = 0;
  // What lives in the units besides units (members), counted in their partitions under the partitions' locks.
  virtual absl::StatusOr<std::vector<common::Blocker>> Occupants(std::span<const Unit> units) = 0;

  // Keeps everybody else from changing what lives in these partitions until the transaction ends. Called with all of
  // them at once, before anything is handed over.
  virtual absl::Status Hold(std::vector<common::PartitionId> partitions) = 0;
  // Everything that lives in one unit belongs to another from now on, each change logged in its own partition. Returns
  // how many of what; what cannot follow is added to `blockers`, and the transaction must then not be committed.
  virtual absl::StatusOr<std::vector<HandedOver>> HandOver(const HandOverOrder& order,
                                                           std::vector<common::Blocker>& blockers) = 0;

  // Records and logs it; its id and revision are given here. With a state SCHEDULED it comes back on its day.
  virtual absl::StatusOr<Reorganization> Record(Reorganization reorganization) = 0;
  // The next state of a recorded one: state, outcome and end are written.
  virtual absl::StatusOr<Reorganization> Conclude(Reorganization reorganization, bool clear_timer) = 0;
  // Runs `body`; if it returns an error, nothing of what it did remains, and the transaction goes on. Returns the
  // error.
  virtual absl::Status Attempt(absl::FunctionRef<absl::Status()> body) = 0;
};

// The structure as it is stored. Thread-safe.
class UnitStore {
 public:
  virtual ~UnitStore() = default;
  // One snapshot.
  virtual absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(UnitReader&)> body) = 0;
  // The fast way for one unit.
  virtual absl::StatusOr<std::optional<Unit>> FindByCode(std::string_view code, absl::Time deadline) = 0;
  // One transaction: OK commits durably and returns the structure's revision; an error rolls back. `body` may run again
  // after a conflict. With `dry_run` everything is done and rolled back, and the revision is 0.
  virtual absl::StatusOr<int64_t> Write(const common::Call& call, bool dry_run,
                                        absl::FunctionRef<absl::Status(UnitTxn&)> body) = 0;
};

}  // namespace ronghe::organization
