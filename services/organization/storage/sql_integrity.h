#pragma once

#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "services/common/sql/database.h"
#include "services/common/values/ids.h"
#include "services/organization/app/integrity.h"
#include "services/organization/domain/division_map.h"
#include "services/organization/domain/unit_types.h"

namespace ronghe::organization {

class SqlIntegrity final : public IntegrityStore {
 public:
  // Both outlive it.
  SqlIntegrity(common::sql::Database& database, const DivisionMap& divisions)
      : database_(database), divisions_(divisions) {}
  absl::StatusOr<IntegrityReport> Check(const Rules& rules, absl::CivilDay today, int listed,
                                        absl::Time deadline) override;

 private:
  common::sql::Database& database_;
  const DivisionMap& divisions_;
};

// All units as their current rows have them; the other checks look there.
struct CheckedUnit {
  std::string code;
  common::UnitUid parent;
  common::PartitionId partition;
  Level level = Level::kUnspecified;
  UnitKind kind = UnitKind::kUnspecified;
  UnitState state = UnitState::kUnspecified;
  int64_t from_day = 0;
};
using CheckedUnits = absl::flat_hash_map<common::UnitUid, CheckedUnit>;
// `units/{code}`; of a unit that is not there, nothing.
std::vector<std::string> UnitNames(const CheckedUnits& units, common::UnitUid uid);
// There, and not ended.
bool Exists(const CheckedUnits& units, common::UnitUid uid);

// Its parts, each in the session's snapshot. They read whole tables.
absl::StatusOr<CheckedUnits> LoadUnits(common::sql::Session& session);
absl::Status CheckUnits(common::sql::Session& session, const CheckedUnits& units, const Rules& rules,
                        IntegrityReport& report);
absl::Status CheckDivisions(common::sql::Session& session, const DivisionMap& divisions, absl::CivilDay today,
                            IntegrityReport& report);
absl::Status CheckMembers(common::sql::Session& session, const CheckedUnits& units, IntegrityReport& report);
absl::Status CheckPersons(common::sql::Session& session, IntegrityReport& report);
absl::Status CheckPosts(common::sql::Session& session, const CheckedUnits& units, IntegrityReport& report);
absl::Status CheckRecords(common::sql::Session& session, const CheckedUnits& units, IntegrityReport& report);
// What `query` (unit, id) finds lies in a unit that exists, or `check` fails.
absl::Status CheckOfUnits(common::sql::Session& session, const CheckedUnits& units, const common::sql::Query& query,
                          std::string (*name)(int64_t), IntegrityCheck check, IntegrityReport& report);

}  // namespace ronghe::organization
