#pragma once

#include "services/common/changelog/changelog.h"
#include "services/organization/app/access_store.h"

namespace ronghe::organization {

// Principals, grants and revoked tokens in partition 0. Thread-safe.
class SqlAccessStore final : public AccessStore {
 public:
  // Both must outlive it.
  SqlAccessStore(common::sql::Database& database, common::ChangeLog& log) : database_(database), log_(log) {}

  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(AccessReader&)> body) override;
  absl::StatusOr<int64_t> Write(const common::Call& call, absl::FunctionRef<absl::Status(AccessTxn&)> body) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
};

}  // namespace ronghe::organization
