#include "services/organization/storage/sql_record_txn.h"

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/domain/placement.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kFindRecordUnit{
    "record_find_unit",
    "SELECT unit_partition, code, kind, state, sector, from_day FROM unit WHERE partition_id = ? AND uid = ?"};
constexpr sql::Query kParentOf{"record_parent", "SELECT parent_uid FROM unit WHERE partition_id = ? AND uid = ?"};
constexpr sql::Query kFindMember{
    "record_find_member", "SELECT unit_uid, status, full_day FROM member WHERE partition_id = ? AND member_id = ?"};

}  // namespace

absl::StatusOr<std::optional<HostUnit>> SelectHostUnit(sql::Session& session, common::UnitUid unit) {
  std::optional<HostUnit> found;
  const auto read = [&](const sql::Row& row) {
    found = HostUnit{common::PartitionId(row.Int(0)),    std::string(row.Text(1)), static_cast<UnitKind>(row.Int(2)),
                     static_cast<UnitState>(row.Int(3)), std::string(row.Text(4)), common::DayFromNumber(row.Int(5))};
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(
      session.SelectOne(kFindRecordUnit, {common::kStructurePartition.value, unit.value}, read).status());
  return found;
}

absl::StatusOr<bool> IsUnitWithin(sql::Session& session, common::UnitUid unit, common::UnitUid above) {
  for (int depth = 0; unit && depth <= kMaxDepth; ++depth) {
    if (unit == above) return true;
    common::UnitUid parent;
    const auto read = [&](const sql::Row& row) {
      parent = common::UnitUid(row.Int(0));
      return absl::OkStatus();
    };
    RONGHE_RETURN_IF_ERROR(
        session.SelectOne(kParentOf, {common::kStructurePartition.value, unit.value}, read).status());
    unit = parent;
  }
  return false;
}

absl::StatusOr<std::optional<MemberFacts>> SelectMemberFacts(sql::Session& session, common::PartitionId partition,
                                                             MemberId id) {
  std::optional<MemberFacts> found;
  const auto read = [&](const sql::Row& row) {
    found.emplace();
    found->unit = common::UnitUid(row.Int(0));
    found->status = static_cast<MemberStatus>(row.Int(1));
    if (!row.IsNull(2)) found->full_since = common::DayFromNumber(row.Int(2));
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(
      session.SelectOne(kFindMember, {common::PartitionOf(id.value).value, id.value}, read).status());
  if (!found) return found;
  RONGHE_ASSIGN_OR_RETURN(const std::optional<HostUnit> home, SelectHostUnit(session, found->unit));
  if (!home || home->partition != partition) found.reset();
  return found;
}

}  // namespace ronghe::organization
