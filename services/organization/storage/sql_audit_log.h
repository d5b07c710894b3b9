#pragma once

#include "services/common/sql/database.h"
#include "services/common/values/clock.h"
#include "services/organization/app/audit_log.h"

namespace ronghe::organization {

// The audit log as a chain: each row holds the SHA-256 of the previous row's hash and of its own fields, each preceded
// by its length. Whoever changes, removes or inserts a row must rewrite all later ones and the head. Thread-safe.
class SqlAuditLog final : public AuditLog {
 public:
  // Both must outlive it.
  SqlAuditLog(common::sql::Database& database, const common::Clock& clock) : database_(database), clock_(clock) {}

  absl::Status Append(common::PartitionId partition, const AuditReading& reading, absl::Time deadline) override;
  absl::StatusOr<std::vector<AuditEntry>> List(common::PartitionId partition, const AuditFilter& filter, int64_t before,
                                               int limit, absl::Time deadline) override;
  absl::StatusOr<AuditFinding> Verify(common::PartitionId partition, std::span<const AuditHead> known,
                                      absl::Time deadline, const std::function<bool()>& cancelled) override;
  absl::StatusOr<AuditFinding> Verify(common::PartitionId partition, absl::Time deadline) {
    return Verify(partition, {}, deadline, [] { return false; });
  }

 private:
  common::sql::Database& database_;
  const common::Clock& clock_;
};

}  // namespace ronghe::organization
