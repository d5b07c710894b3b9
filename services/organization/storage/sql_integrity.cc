#include "services/organization/storage/sql_integrity.h"

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kCheckedUnits{
    "integrity_units",
    "SELECT uid, code, parent_uid, unit_partition, level, kind, state, from_day FROM unit "
    "WHERE partition_id = 0 ORDER BY uid"};

}  // namespace

std::vector<std::string> UnitNames(const CheckedUnits& units, common::UnitUid uid) {
  const auto found = units.find(uid);
  if (found == units.end()) return {};
  return {"units/" + found->second.code};
}

bool Exists(const CheckedUnits& units, common::UnitUid uid) {
  const auto found = units.find(uid);
  return found != units.end() && found->second.state != UnitState::kDissolved;
}

absl::Status CheckOfUnits(sql::Session& session, const CheckedUnits& units, const sql::Query& query,
                          std::string (*name)(int64_t), IntegrityCheck check, IntegrityReport& report) {
  return session.Select(query, {}, [&](const sql::Row& row) {
    report.AddExamined(check);
    const common::UnitUid unit(row.Int(0));
    if (!Exists(units, unit)) report.AddFinding(check, name(row.Int(1)), UnitNames(units, unit));
    return absl::OkStatus();
  });
}

absl::StatusOr<CheckedUnits> LoadUnits(sql::Session& session) {
  CheckedUnits units;
  RONGHE_RETURN_IF_ERROR(session.Select(kCheckedUnits, {}, [&](const sql::Row& row) {
    units[common::UnitUid(row.Int(0))] = {std::string(row.Text(1)),
                                          common::UnitUid(row.Int(2)),
                                          common::PartitionId(row.Int(3)),
                                          static_cast<Level>(row.Int(4)),
                                          static_cast<UnitKind>(row.Int(5)),
                                          static_cast<UnitState>(row.Int(6)),
                                          row.Int(7)};
    return absl::OkStatus();
  }));
  return units;
}

absl::StatusOr<IntegrityReport> SqlIntegrity::Check(const Rules& rules, absl::CivilDay today, int listed,
                                                    absl::Time deadline) {
  IntegrityReport report(listed);
  const absl::Status read = database_.Read(deadline, [&](sql::Session& session) -> absl::Status {
    report = IntegrityReport(listed);
    RONGHE_ASSIGN_OR_RETURN(const CheckedUnits units, LoadUnits(session));
    RONGHE_RETURN_IF_ERROR(CheckUnits(session, units, rules, report));
    RONGHE_RETURN_IF_ERROR(CheckDivisions(session, divisions_, today, report));
    RONGHE_RETURN_IF_ERROR(CheckMembers(session, units, report));
    RONGHE_RETURN_IF_ERROR(CheckPersons(session, report));
    RONGHE_RETURN_IF_ERROR(CheckPosts(session, units, report));
    return CheckRecords(session, units, report);
  });
  if (!read.ok()) return read;
  return report;
}

}  // namespace ronghe::organization
