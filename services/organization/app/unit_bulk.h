#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/organization/app/unit_store.h"

namespace ronghe::organization {

// Units created together, for imports: checked as a whole first, applied in chunks later.

struct UnitDraft {
  int64_t line = 0;  // as the sender numbers it, unique
  UnitFields fields;
  std::string parent_code;  // of a unit in the store or among the drafts; empty: a root
};

// One thing that is wrong with a draft; several may name one line.
struct DraftFault {
  int64_t line = 0;
  std::string field;  // of the row (`code`, `parent`); empty: the row as a whole
  std::string reason;
  common::Text text;
};
using FaultSink = absl::FunctionRef<absl::Status(DraftFault)>;

// Applied in this order, parents come before their children: what stands under what is decided by it. 0 to 15.
int64_t DraftOrder(const UnitFields& fields);

// Checks drafts as CreateUnit would, against each other and against the store: field rules, codes new and not twice,
// parents known and fitting, depth. Keeps about 100 bytes a draft. Not thread-safe.
class UnitBulkCheck {
 public:
  // `under`: all must lie below this unit; no uid: anywhere, roots too. They will hold from `effective` on, under the
  // rules of that day, which outlive it.
  UnitBulkCheck(UnitRef under, const Rules& rules, absl::CivilDay effective, absl::CivilDay today)
      : under_(std::move(under)), rules_(rules), effective_(effective), today_(today) {}

  // In any order, in portions. Errors are those of the reader and of the sink.
  absl::Status Add(UnitReader& reader, std::span<const UnitDraft> drafts, FaultSink refuse);
  // After the last: what only shows when all are known. A child of a refused draft is refused too (PARENT_REFUSED).
  absl::Status Finish(UnitReader& reader, FaultSink refuse);

 private:
  struct Node {
    int64_t line = 0;
    std::string parent_code;
    Standing standing;
    int depth = 0;  // once placed
    bool refused = false;
  };
  // A unit of the store under which drafts stand.
  struct Outside {
    Standing standing;
    int depth = 0;
    std::vector<common::Violation> faults;  // what forbids to stand under it, whatever stands there
  };
  absl::Status Refuse(Node& node, std::string field, std::string reason, common::Text text, FaultSink refuse);
  absl::Status CheckOne(const UnitDraft& draft, Node& node, FaultSink refuse);
  absl::Status Place(Node& node, FaultSink refuse);
  absl::Status PlaceUnder(Node& node, Standing parent, int parent_depth, FaultSink refuse);
  absl::Status LoadOutside(UnitReader& reader);
  absl::StatusOr<Outside> Judge(UnitReader& reader, const Unit& unit) const;

  UnitRef under_;
  const Rules& rules_;
  absl::CivilDay effective_;
  absl::CivilDay today_;
  std::vector<Node> nodes_;
  absl::flat_hash_map<std::string, size_t> by_code_;
  absl::flat_hash_map<std::string, Outside> outside_;
};

struct BulkResult {
  struct Created {
    int64_t line = 0;
    Unit unit;
  };
  std::vector<Created> created;
  std::vector<DraftFault> refused;  // what has changed since the check; nothing of them is written
};

// Creates drafts (at most 500) that passed the check; parents are in the store or earlier in the list.
absl::StatusOr<BulkResult> CreateUnits(UnitTxn& txn, std::span<const UnitDraft> drafts, const Rules& rules,
                                       absl::CivilDay effective, absl::CivilDay today);

// Takes units out as if they had never been (the revert of an import), or none: FAILED_PRECONDITION, reason
// IMPORT_IN_USE, with every blocker: HAS_UNITS (units below that are not among them), HAS_MEMBERS, CHANGED_SINCE. Units
// already gone do not matter.
absl::Status EraseUnits(UnitTxn& txn, std::span<const common::UnitUid> uids);

}  // namespace ronghe::organization
