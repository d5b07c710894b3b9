#pragma once

#include <memory>

#include "services/common/values/clock.h"
#include "services/organization/app/consistency.h"
#include "services/organization/app/import_names.h"
#include "services/organization/app/import_parts.h"
#include "services/organization/app/member_store.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// Members as CreateMember registers them, in bulk, all in the partition of the import's parent. Thread-safe.
class MemberImportTarget final : public ImportTarget {
 public:
  // All must outlive it.
  struct Parts {
    MemberStore& members;
    MemberTxnFactory& txns;
    const MemberRowCodec& codec;
    const Tree& tree;
    Consistency& consistency;
  };
  MemberImportTarget(const Parts& parts, common::Calendar calendar) : parts_(parts), calendar_(calendar) {}

  std::string_view collection() const override { return "members"; }
  bool personal() const override { return true; }
  int64_t OrderOf(std::string_view payload) const override;
  absl::StatusOr<std::unique_ptr<ImportCheck>> NewCheck(const Import& import) override;
  absl::StatusOr<ChunkOutcome> Apply(ImportTxn& txn, const Import& import, std::span<const ImportRow> rows) override;
  absl::Status Revert(ImportTxn& txn, const Import& import, std::span<const int64_t> results) override;

 private:
  Parts parts_;
  common::Calendar calendar_;
};

}  // namespace ronghe::organization
