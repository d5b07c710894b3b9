#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>
#include <absl/time/time.h>

#include "services/common/values/ids.h"
#include "services/organization/domain/rules.h"
#include "services/organization/domain/unit_state.h"
#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// What a caller says about a unit.
struct UnitFields {
  std::string code;
  std::string title;
  std::string short_title;
  Level level = Level::kUnspecified;
  UnitKind kind = UnitKind::kUnspecified;
  std::string division_code;
  std::string sector;
  std::optional<absl::CivilDay> established;
};

// Adds every violation of the field rules of unit.proto; fields are prefixed (`unit.`).
void CheckUnitFields(const UnitFields& fields, const Rules& rules, absl::CivilDay today, std::string_view prefix,
                     common::Violations& violations);
// Whether a text has the form of a unit code: 2 to 32 characters of A-Z, 0-9 and hyphen.
bool IsUnitCode(std::string_view code);
// A code of GB/T 2260, or of a township with nine digits.
bool IsDivisionCode(std::string_view code);

// Another unit, named. No uid: none (the unit is a root).
struct UnitRef {
  common::UnitUid uid;
  std::string code;
};

// One version of a unit: what holds from a day on. A Unit that exists is valid. Immutable; safe to share.
class Unit {
 public:
  // A new unit. INVALID_ARGUMENT with one violation per bad field. `rules`: those in force on the day `from`.
  static absl::StatusOr<Unit> Create(common::UnitUid uid, common::PartitionId partition, UnitRef parent,
                                     UnitFields fields, const Rules& rules, absl::CivilDay from, absl::CivilDay today);
  // From the store, which holds only valid ones.
  struct Stored {
    common::UnitUid uid;
    common::PartitionId partition;
    UnitRef parent;
    UnitFields fields;
    UnitState state = UnitState::kActive;
    std::vector<UnitRef> successors = {};  // of a unit that was merged or split up, the responsible one first
    absl::CivilDay first;                  // first day of the unit in the tree
    absl::CivilDay from;                   // first day of this version
    absl::Time recorded;
    int64_t revision = 0;
    std::string scheduled_change = {};
  };
  static Unit Restore(Stored stored) { return Unit(std::move(stored)); }

  common::UnitUid uid() const { return data_.uid; }
  common::PartitionId partition() const { return data_.partition; }
  const UnitRef& parent() const { return data_.parent; }
  bool is_root() const { return !data_.parent.uid; }
  const UnitFields& fields() const { return data_.fields; }
  const std::string& code() const { return data_.fields.code; }
  Level level() const { return data_.fields.level; }
  UnitKind kind() const { return data_.fields.kind; }
  Standing standing() const { return {data_.fields.level, data_.fields.kind}; }
  UnitState state() const { return data_.state; }
  bool active() const { return data_.state == UnitState::kActive; }
  // Still in the tree: active, or closing.
  bool lives() const { return data_.state != UnitState::kDissolved; }
  // Who took its place directly; empty unless it was merged or split up, and where the reader did not ask for them.
  const std::vector<UnitRef>& successors() const { return data_.successors; }
  absl::CivilDay first() const { return data_.first; }
  absl::CivilDay from() const { return data_.from; }
  absl::Time recorded() const { return data_.recorded; }
  int64_t revision() const { return data_.revision; }
  UnitRef ref() const { return {data_.uid, data_.fields.code}; }
  std::string name() const { return "units/" + data_.fields.code; }
  // Changes with every version.
  std::string etag() const;

  // The next versions, from the day `from`. FAILED_PRECONDITION, reason UNIT_DISSOLVED, after the end.
  // Code and level never change: `fields` must hold the same.
  absl::StatusOr<Unit> Updated(UnitFields fields, const Rules& rules, absl::CivilDay from, absl::CivilDay today) const;
  absl::StatusOr<Unit> MovedTo(UnitRef parent, absl::CivilDay from) const;
  absl::StatusOr<Unit> Dissolved(absl::CivilDay from) const;
  absl::StatusOr<Unit> SucceededBy(std::vector<UnitRef> successors, absl::CivilDay from) const;
  absl::StatusOr<Unit> Restored(UnitRef parent, absl::CivilDay from) const;
  absl::StatusOr<Unit> Closing(absl::CivilDay from) const;
  absl::StatusOr<Unit> Reopened(absl::CivilDay from) const;
  // Of the answer to a write that is to take effect on a later day: `reorganizations/{id}`; else empty.
  const std::string& scheduled_change() const { return data_.scheduled_change; }
  Unit WithScheduledChange(std::string name) const;
  // As the store knows it.
  Unit WithSuccessors(std::vector<UnitRef> successors) const;
  // As the store wrote it.
  Unit Recorded(absl::Time recorded, int64_t revision) const;

 private:
  explicit Unit(Stored data) : data_(std::move(data)) {}
  absl::StatusOr<Unit> Next(UnitEvent event, absl::CivilDay from) const;
  Stored data_;
};

}  // namespace ronghe::organization
