#pragma once

#include <functional>
#include <string>
#include <utility>

#include "services/common/import/import_app.h"
#include "services/common/values/units.h"

namespace ronghe::common {

// For what lies in the partition of the unit under which it is imported. Thread-safe.
class UnitImportPlaces final : public ImportPlaces {
 public:
  using MakeToken = std::function<std::string(PartitionId, int64_t revision)>;
  // `units` outlives it.
  UnitImportPlaces(const Units& units, MakeToken token) : units_(units), token_(std::move(token)) {}

  // FAILED_PRECONDITION for a unit that takes nothing new (RefuseUnit).
  absl::Status Place(const Call& call, const std::string& parent, Import& fresh) const override;
  absl::StatusOr<UnitUid> Find(const std::string& parent) const override;
  bool Covers(const Scope& scope, UnitUid unit) const override { return units_.Covers(scope, unit); }
  bool IsWithin(UnitUid unit, UnitUid ancestor) const override { return units_.IsWithin(unit, ancestor); }
  std::string CodeOf(UnitUid unit) const override {
    const std::optional<UnitView> view = units_.Find(unit);
    return view ? view->code : "";
  }
  std::string Token(PartitionId partition, int64_t revision) const override { return token_(partition, revision); }
  void MakeVisible(const Import&, absl::Time) const override {}  // reads are of the store

 private:
  const Units& units_;
  const MakeToken token_;
};

}  // namespace ronghe::common
