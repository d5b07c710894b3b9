#pragma once

#include <functional>
#include <string>
#include <utility>

#include "services/common/import/import_app.h"
#include "services/common/values/units.h"

namespace ronghe::rectification {

// Where ledgers go: into the partition of the unit under which they are imported. Thread-safe.
class LedgerImportPlaces final : public common::ImportPlaces {
 public:
  using MakeToken = std::function<std::string(common::PartitionId, int64_t revision)>;
  // `units` outlives it.
  LedgerImportPlaces(const common::Units& units, MakeToken token) : units_(units), token_(std::move(token)) {}

  // FAILED_PRECONDITION for a unit that takes nothing new (common::RefuseUnit).
  absl::Status Place(const common::Call& call, const std::string& parent, common::Import& fresh) const override;
  absl::StatusOr<common::UnitUid> Find(const std::string& parent) const override;
  bool Covers(const common::Scope& scope, common::UnitUid unit) const override { return units_.Covers(scope, unit); }
  bool IsWithin(common::UnitUid unit, common::UnitUid ancestor) const override {
    return units_.IsWithin(unit, ancestor);
  }
  std::string CodeOf(common::UnitUid unit) const override {
    const std::optional<common::UnitView> view = units_.Find(unit);
    return view ? view->code : "";
  }
  std::string Token(common::PartitionId partition, int64_t revision) const override {
    return token_(partition, revision);
  }
  void MakeVisible(const common::Import&, absl::Time) const override {}  // reads are of the store

 private:
  const common::Units& units_;
  const MakeToken token_;
};

}  // namespace ronghe::rectification
