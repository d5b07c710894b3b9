#pragma once

#include <optional>
#include <vector>

#include "services/common/changelog/changelog.h"
#include "services/common/values/clock.h"
#include "services/organization/app/unit_store.h"
#include "services/organization/storage/unit_occupants.h"

namespace ronghe::organization {

// Units in partition 0, in a database with organization::Migrations and ChangeLogMigrations. Thread-safe.
class SqlUnitStore final : public UnitStore {
 public:
  // All must outlive it. `calendar`: for what is scheduled; without one nothing can be.
  SqlUnitStore(common::sql::Database& database, common::ChangeLog& log, std::vector<UnitOccupants*> occupants,
               std::optional<common::Calendar> calendar = std::nullopt)
      : database_(database), log_(log), occupants_(std::move(occupants)), calendar_(calendar) {}

  absl::Status Read(absl::Time deadline, absl::FunctionRef<absl::Status(UnitReader&)> body) override;
  absl::StatusOr<std::optional<Unit>> FindByCode(std::string_view code, absl::Time deadline) override;
  absl::StatusOr<int64_t> Write(const common::Call& call, bool dry_run,
                                absl::FunctionRef<absl::Status(UnitTxn&)> body) override;

 private:
  common::sql::Database& database_;
  common::ChangeLog& log_;
  std::vector<UnitOccupants*> occupants_;
  std::optional<common::Calendar> calendar_;
};

}  // namespace ronghe::organization
