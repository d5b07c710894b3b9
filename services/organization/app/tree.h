#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>

#include "services/common/values/call.h"
#include "services/common/values/ids.h"
#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

// A unit in the replica of the structure that this process keeps in memory.
struct TreeUnit {
  common::UnitUid uid;
  common::UnitUid parent;
  common::PartitionId partition;
  std::string code;
  Level level = Level::kUnspecified;
  UnitKind kind = UnitKind::kUnspecified;
  UnitState state = UnitState::kUnspecified;
};

// The current structure in memory, in feed order: at most a moment behind the store (see Consistency). Thread-safe;
// each call sees one consistent moment.
class Tree {
 public:
  virtual ~Tree() = default;
  virtual int64_t position() const = 0;            // of the feed
  virtual int64_t structure_revision() const = 0;  // of partition 0, at that position
  virtual std::optional<TreeUnit> FindByCode(std::string_view code) const = 0;
  virtual std::optional<TreeUnit> Find(common::UnitUid uid) const = 0;
  virtual std::string CodeOf(common::UnitUid uid) const = 0;  // empty for an unknown one
  virtual bool IsWithin(common::UnitUid unit, common::UnitUid ancestor) const = 0;
  virtual bool Covers(const common::Scope& scope, common::UnitUid unit) const = 0;  // no unit: everything
  virtual std::vector<TreeUnit> ChildrenOf(common::UnitUid unit) const = 0;         // by code; of no unit: the roots
  // In and below `unit` (all, for no unit), parents before children, dissolved ones too.
  virtual void VisitSubtree(common::UnitUid unit, absl::FunctionRef<void(const TreeUnit&)> visit) const = 0;
};

}  // namespace ronghe::organization
