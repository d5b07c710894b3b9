#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "services/common/audit/audit_log.h"
#include "services/common/values/call.h"
#include "services/common/values/pages.h"
#include "services/common/values/units.h"

namespace ronghe::common {

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

// The structure, as the audit log needs it. Each thread-safe.
struct AuditPlaces {
  // The unit of a name, where the caller may see it: INVALID_ARGUMENT on `parent`, NOT_FOUND.
  std::function<absl::StatusOr<UnitUid>(const Call& call, const std::string& parent)> find;
  // Of all units in and below one.
  std::function<std::set<PartitionId>(UnitUid unit)> partitions_below;
  std::function<bool(UnitUid unit, UnitUid ancestor)> is_within;
  std::function<std::string(UnitUid unit)> code_of;
};

// By the structure that followers have; `units` outlives it.
AuditPlaces PlacesOf(const Units& units);

// The audit log for auditors: who read what is protected in a unit and below it, and whether that record is whole. One
// chain for each partition. Thread-safe.
class AuditApp {
 public:
  // `log` and `signer` must outlive it.
  AuditApp(AuditLog& log, AuditPlaces places, const TokenSigner& signer)
      : log_(log), places_(std::move(places)), signer_(signer) {}

  // Entries of units outside the caller's scope are left out, and entries without a unit, unless the scope is
  // everything. Looks at a bounded number of entries: a page may be short, or empty, and have a next one.
  absl::StatusOr<Page<NamedAuditEntry>> List(const Call& call, const ListAuditQuery& query);
  // The chains of all partitions that have a unit in or below `parent`, as far as they have entries.
  absl::StatusOr<std::vector<AuditFinding>> Verify(const Call& call, const std::string& parent,
                                                   const std::vector<AuditHead>& known);

 private:
  AuditLog& log_;
  const AuditPlaces places_;
  const TokenSigner& signer_;
};

}  // namespace ronghe::common
