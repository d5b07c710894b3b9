#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/common/values/call.h"
#include "services/common/values/ids.h"

namespace ronghe::education {

// Numbers are those of organization.v1.
enum class UnitState { kUnspecified = 0, kActive = 1, kDissolved = 2, kClosing = 3 };

// A unit as the replica of the structure has it.
struct UnitView {
  common::UnitUid uid;
  common::UnitUid parent;
  common::PartitionId partition;
  std::string code;
  int level = 0;  // 1 province … 6 group
  UnitState state = UnitState::kUnspecified;
};

// The structure in memory. Thread-safe.
class Units {
 public:
  virtual ~Units() = default;
  virtual std::optional<UnitView> FindByCode(std::string_view code) const = 0;
  virtual std::optional<UnitView> Find(common::UnitUid uid) const = 0;
  virtual bool IsWithin(common::UnitUid unit, common::UnitUid ancestor) const = 0;
  virtual bool Covers(const common::Scope& scope, common::UnitUid unit) const = 0;
  virtual std::vector<UnitView> AncestorsOf(common::UnitUid unit) const = 0;  // itself first
  // Living ones that answer for it, the responsible one first: itself while it lives.
  virtual std::vector<UnitView> SuccessorsOf(common::UnitUid unit) const = 0;
  // In and below `unit`, dissolved ones too.
  virtual std::vector<UnitView> SubtreeOf(common::UnitUid unit) const = 0;

  // The unit that answers for `unit` now; itself where nobody does.
  common::UnitUid AnswersFor(common::UnitUid unit) const {
    const std::vector<UnitView> successors = SuccessorsOf(unit);
    return successors.empty() ? unit : successors.front().uid;
  }
};

}  // namespace ronghe::education
