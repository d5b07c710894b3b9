#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/organization/app/unit_store.h"

namespace ronghe::organization {

// A unit to be created with others, for imports.
struct UnitDraft {
  int64_t line = 0;         // as the sender numbers it, unique
  UnitFields fields;
  std::string parent_code;  // of a unit in the store or among the drafts; empty: a root
};

struct DraftFault {
  int64_t line = 0;
  common::Violation violation;  // field empty: the row as a whole
};

struct BulkPlan {
  // Indexes into the drafts that are valid, parents before children.
  std::vector<size_t> order;
  // Everything that is wrong, by line. A child of a faulty draft has PARENT_REFUSED.
  std::vector<DraftFault> faults;
};

// Checks drafts as Create would, against each other and against the store: field rules, codes new and not twice, parents known and
// fitting, cycles among the drafts, depth. `under`: all must lie in or below this unit (empty: anywhere). Faults, never an
// error, for what is wrong with the drafts.
absl::StatusOr<BulkPlan> PlanUnits(UnitReader& reader, std::span<const UnitDraft> drafts, const std::string& under,
                                   absl::CivilDay effective, absl::CivilDay today);

// Creates drafts (at most 500) in their order; parents are in the store or earlier in the list. Checks again what may have
// changed since the plan: FAILED_PRECONDITION or ALREADY_EXISTS naming the first unit that no longer fits, and nothing is done.
absl::StatusOr<std::vector<Unit>> CreateUnits(UnitTxn& txn, std::span<const UnitDraft> drafts, absl::CivilDay effective,
                                              absl::CivilDay today);

// Takes units out again (the revert of an import), children and parents alike, or nothing: FAILED_PRECONDITION with
// HAS_UNITS (units below that are not among them), HAS_MEMBERS, CHANGED_SINCE (another version than the one created with
// `revisions[i]`).
absl::Status EraseUnits(UnitTxn& txn, std::span<const std::string> codes, std::span<const int64_t> revisions);

}  // namespace ronghe::organization
