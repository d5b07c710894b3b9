#pragma once

#include <memory>

#include "services/common/values/clock.h"
#include "services/organization/app/import_parts.h"
#include "services/organization/app/import_target.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/unit_store.h"

namespace ronghe::organization {

// Members as CreateMember registers them, in bulk, all in the partition of the import's parent. Thread-safe.
class MemberImportTarget final : public ImportTarget {
 public:
  MemberImportTarget(MemberStore& members, MemberTxnFactory& txns, UnitStore& units, const MemberRowCodec& codec,
                     common::Calendar calendar)
      : members_(members), txns_(txns), units_(units), codec_(codec), calendar_(calendar) {}

  std::string_view collection() const override { return "members"; }
  bool personal() const override { return true; }
  int64_t OrderOf(std::string_view payload) const override;
  absl::StatusOr<std::unique_ptr<ImportCheck>> NewCheck(const Import& import) override;
  absl::StatusOr<ChunkOutcome> Apply(ImportTxn& txn, const Import& import, std::span<const ImportRow> rows) override;
  absl::Status Revert(ImportTxn& txn, const Import& import, std::span<const int64_t> results) override;

 private:
  MemberStore& members_;
  MemberTxnFactory& txns_;
  UnitStore& units_;
  const MemberRowCodec& codec_;
  common::Calendar calendar_;
};

}  // namespace ronghe::organization
