#pragma once

#include <span>

#include "services/common/audit/audit_log.h"
#include "services/common/sql/database.h"

#include "services/common/values/clock.h"

namespace ronghe::common {

// Its tables, for followers; organization has them in its own.
std::span<const sql::Migration> AuditMigrations();

// The audit log as a chain: each row holds the SHA-256 of the previous row's hash and of its own fields, each preceded
// by its length. Whoever changes, removes or inserts a row must rewrite all later ones and the head. Thread-safe.
class SqlAuditLog final : public AuditLog {
 public:
  // Both must outlive it.
  SqlAuditLog(sql::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  absl::Status Append(PartitionId partition, const AuditReading& reading, absl::Time deadline) override;
  absl::StatusOr<std::vector<AuditEntry>> List(PartitionId partition, const AuditFilter& filter, int64_t before,
                                               int limit, absl::Time deadline) override;
  absl::StatusOr<AuditFinding> Verify(PartitionId partition, std::span<const AuditHead> known, absl::Time deadline,
                                      const std::function<bool()>& cancelled) override;
  absl::StatusOr<AuditFinding> Verify(PartitionId partition, absl::Time deadline) {
    return Verify(partition, {}, deadline, [] { return false; });
  }

 private:
  sql::Database& database_;
  const Clock& clock_;
};

}  // namespace ronghe::common
