#pragma once

#include <memory>

#include "services/common/values/clock.h"
#include "services/organization/app/consistency.h"
#include "services/organization/app/import_names.h"
#include "services/organization/app/import_parts.h"
#include "services/organization/app/unit_store.h"

namespace ronghe::organization {

// Units as CreateUnit makes them, in bulk, with effect from the day of the import. Thread-safe.
class UnitImportTarget final : public ImportTarget {
 public:
  // All must outlive it.
  UnitImportTarget(UnitStore& store, UnitTxnFactory& txns, const UnitRowCodec& codec, Consistency& consistency,
                   common::Calendar calendar, const RuleBook& rules)
      : store_(store), txns_(txns), codec_(codec), consistency_(consistency), calendar_(calendar), rules_(rules) {}

  std::string_view collection() const override { return "units"; }
  bool personal() const override { return false; }
  int64_t OrderOf(std::string_view payload) const override;
  absl::StatusOr<std::unique_ptr<ImportCheck>> NewCheck(const Import& import) override;
  absl::StatusOr<ChunkOutcome> Apply(ImportTxn& txn, const Import& import, std::span<const ImportRow> rows) override;
  void MakeVisible(const Import& import) override;
  absl::Status Revert(ImportTxn& txn, const Import& import, std::span<const int64_t> results) override;

 private:
  UnitStore& store_;
  UnitTxnFactory& txns_;
  const UnitRowCodec& codec_;
  Consistency& consistency_;
  common::Calendar calendar_;
  const RuleBook& rules_;
};

}  // namespace ronghe::organization
