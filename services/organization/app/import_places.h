#pragma once

#include <string>

#include "services/common/import/import_app.h"
#include "services/organization/app/revision_gate.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// Where imports go: units into the structure's partition, members into that of the unit. Thread-safe.
class TreeImportPlaces final : public common::ImportPlaces {
 public:
  // Both must outlive it.
  TreeImportPlaces(const Tree& tree, RevisionGate& gate) : tree_(tree), gate_(gate) {}

  // `units/-` is the root, for units only. PERMISSION_DENIED there without the permission on everything;
  // FAILED_PRECONDITION, reason PARENT_DISSOLVED.
  absl::Status Place(const common::Call& call, const std::string& parent, common::Import& fresh) const override;
  absl::StatusOr<common::UnitUid> Find(const std::string& parent) const override;
  bool Covers(const common::Scope& scope, common::UnitUid unit) const override { return tree_.Covers(scope, unit); }
  bool IsWithin(common::UnitUid unit, common::UnitUid ancestor) const override {
    return tree_.IsWithin(unit, ancestor);
  }
  std::string CodeOf(common::UnitUid unit) const override { return tree_.CodeOf(unit); }
  std::string Token(common::PartitionId partition, int64_t revision) const override {
    return gate_.Token(partition, revision);
  }
  void MakeVisible(const common::Import& import, absl::Time deadline) const override {
    if (import.partition == common::kStructurePartition) gate_.MakeVisible(import.revision, deadline);
  }

 private:
  const Tree& tree_;
  RevisionGate& gate_;
};

}  // namespace ronghe::organization
