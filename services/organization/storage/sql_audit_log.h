#pragma once

#include "services/common/sql/database.h"
#include "services/common/values/clock.h"
#include "services/organization/app/member_store.h"

namespace ronghe::organization {

// The audit log as a chain: each row holds the SHA-256 of the previous row's hash and of its own fields, each preceded
// by its length. Whoever changes, removes or inserts a row must rewrite all later ones and the head. Thread-safe.
class SqlAuditLog final : public AuditLog {
 public:
  // Both must outlive it.
  SqlAuditLog(common::sql::Database& database, const common::Clock& clock) : database_(database), clock_(clock) {}

  absl::Status Append(common::PartitionId partition, const Entry& entry, absl::Time deadline) override;

  // What a walk of the chain found: whether it is whole, and the first row that does not fit (or is missing).
  struct Finding {
    bool intact = false;
    int64_t rows = 0;
    int64_t broken_at = 0;
  };
  absl::StatusOr<Finding> Verify(common::PartitionId partition, absl::Time deadline);

 private:
  common::sql::Database& database_;
  const common::Clock& clock_;
};

}  // namespace ronghe::organization
