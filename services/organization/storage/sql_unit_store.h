#pragma once

#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// Units in partition 0, in a database with organization::Migrations and ChangeLogMigrations. Thread-safe.
class SqlUnitStore final : public UnitStore {
 public:
  // All must outlive it.
  SqlUnitStore(common::sql::Database& database, common::ChangeLog& log, std::vector<UnitOccupants*> occupants)
      : database_(database), log_(log), occupants_(std::move(occupants)) {}

  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(UnitReader&)> body) override;
  absl::StatusOr<std::optional<Unit>> FindByCode(std::string_view code, absl::Time deadline) override;
  absl::StatusOr<int64_t> Write(const common::Call& call, bool dry_run,
                                absl::FunctionRef<absl::Status(UnitTxn&)> body) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  std::vector<UnitOccupants*> occupants_;
};

}  // namespace ronghe::organization
