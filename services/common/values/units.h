#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/ids.h"
#include "services/common/values/status.h"

// The structure as the use cases of services other than organization see it.
namespace ronghe::common {

// Numbers are those of organization.v1.
enum class UnitState { kUnspecified = 0, kActive = 1, kDissolved = 2, kClosing = 3 };

// A unit as the replica of the structure has it.
struct UnitView {
  UnitUid uid;
  UnitUid parent;
  PartitionId partition;
  std::string code;
  int level = 0;  // 1 province … 6 group
  UnitState state = UnitState::kUnspecified;
  int kind = 0;  // of organization.v1.UnitKind
};

// The structure in memory, and what callers may do there. Thread-safe.
class Units {
 public:
  virtual ~Units() = default;
  virtual std::optional<UnitView> FindByCode(std::string_view code) const = 0;
  virtual std::optional<UnitView> Find(UnitUid uid) const = 0;
  virtual bool IsWithin(UnitUid unit, UnitUid ancestor) const = 0;
  virtual bool Covers(const Scope& scope, UnitUid unit) const = 0;
  virtual std::vector<UnitView> AncestorsOf(UnitUid unit) const = 0;  // itself first
  // Living ones that answer for it, the responsible one first: itself while it lives.
  virtual std::vector<UnitView> SuccessorsOf(UnitUid unit) const = 0;
  // Those that were merged or split up and for which `unit` answers, or with `subtree` one in or below it.
  virtual std::vector<UnitView> PredecessorsOf(UnitUid unit, bool subtree) const = 0;
  // In and below `unit`, dissolved ones too.
  virtual std::vector<UnitView> SubtreeOf(UnitUid unit) const = 0;

  // The unit that answers for `unit` now; itself where nobody does.
  UnitUid AnswersFor(UnitUid unit) const {
    const std::vector<UnitView> successors = SuccessorsOf(unit);
    return successors.empty() ? unit : successors.front().uid;
  }
};

// Why a unit takes no new records, with all blockers; OK for one that does.
absl::Status RefuseUnit(const UnitView& unit, const Units& units);

// The unit of a name, `units/{code}`, where the caller may see it: NOT_FOUND elsewhere. `violations`: of the request so
// far; with them INVALID_ARGUMENT, also on `field` for what is no name.
absl::StatusOr<UnitView> VisibleUnit(const Units& units, const Call& call, const std::string& name,
                                     std::string_view field, Violations violations);

}  // namespace ronghe::common
