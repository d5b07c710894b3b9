#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/organization/app/audit_log.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

struct ListAuditQuery {
  std::string parent;  // `units/{code}`
  int page_size = 0;
  std::string page_token;
  AuditFilter filter = {};
};

// An entry with the name of its unit as callers know it; empty for none.
struct NamedAuditEntry {
  AuditEntry entry;
  std::string unit;
};

// The audit log for auditors: who read personal data in a unit and below it, and whether that record is whole. One
// chain for each partition. Thread-safe.
class AuditApp {
 public:
  // All must outlive it.
  AuditApp(AuditLog& log, const Tree& tree, const common::TokenSigner& signer)
      : log_(log), tree_(tree), signer_(signer) {}

  // Entries of units outside the caller's scope are left out, and entries without a unit, unless the scope is
  // everything. Looks at a bounded number of entries: a page may be short, or empty, and have a next one.
  absl::StatusOr<common::Page<NamedAuditEntry>> List(const common::Call& call, const ListAuditQuery& query);
  // The chains of all partitions that have a unit in or below `parent`, as far as they have entries.
  absl::StatusOr<std::vector<AuditFinding>> Verify(const common::Call& call, const std::string& parent,
                                                   const std::vector<AuditHead>& known);

 private:
  AuditLog& log_;
  const Tree& tree_;
  const common::TokenSigner& signer_;
};

}  // namespace ronghe::organization
