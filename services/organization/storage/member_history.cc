#include "services/organization/storage/member_history.h"

#include <string>
#include <string_view>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

#define RONGHE_VERSION_COLUMNS                                                                                     \
  "version, unit_uid, status, join_day, full_day, floating, floating_uid, floating_day, leave_reason, leave_day, " \
  "probation_day"

// A row holds what ended its version; what made it stands in the row before.
constexpr sql::Query kSelectEnded{"member_history_select",
                                  "SELECT " RONGHE_VERSION_COLUMNS
                                  ", since_us, since_actor, until_us, action, fields FROM member_history "
                                  "WHERE partition_id = ? AND member_id = ? AND version >= ? ORDER BY version LIMIT ?"};
constexpr sql::Query kSelectCurrent{"member_history_current",
                                    "SELECT " RONGHE_VERSION_COLUMNS
                                    ", update_us, actor FROM member WHERE partition_id = ? AND member_id = ?"};
#undef RONGHE_VERSION_COLUMNS

std::optional<absl::CivilDay> DayAt(const sql::Row& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return common::DayFromNumber(row.Int(column));
}

MemberVersion Read(const sql::Row& row) {
  MemberVersion version;
  version.version = row.Int(0);
  version.unit = common::UnitUid(row.Int(1));
  version.status = static_cast<MemberStatus>(row.Int(2));
  version.join_day = common::DayFromNumber(row.Int(3));
  version.full_day = DayAt(row, 4);
  version.membership.floating = static_cast<Floating>(row.Int(5));
  version.membership.floating_unit = common::UnitUid(row.Int(6));
  version.membership.floating_since = DayAt(row, 7);
  version.membership.leave_reason = static_cast<LeaveReason>(row.Int(8));
  version.membership.leave_day = DayAt(row, 9);
  version.membership.probation_until = DayAt(row, 10);
  version.start = absl::FromUnixMicros(row.Int(11));
  version.actor = row.Text(12);
  return version;
}

std::vector<std::string> SplitPaths(std::string_view text) {
  std::vector<std::string> paths;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    paths.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return paths;
}

}  // namespace

absl::StatusOr<std::vector<MemberVersion>> SelectMemberHistory(sql::Session& session, MemberId member, int64_t after,
                                                               int limit) {
  const int64_t partition = common::PartitionOf(member.value).value;
  std::vector<MemberVersion> versions;
  std::string action = "create";
  std::vector<std::string> fields;
  const auto take = [&](MemberVersion version) {
    version.action = std::move(action);
    version.fields = std::move(fields);
    if (version.version > after) versions.push_back(std::move(version));
  };
  RONGHE_RETURN_IF_ERROR(
      session.Select(kSelectEnded, {partition, member.value, after, int64_t{limit} + 1}, [&](const sql::Row& row) {
        MemberVersion version = Read(row);
        version.end = absl::FromUnixMicros(row.Int(13));
        take(std::move(version));
        action = row.Text(14);
        fields = SplitPaths(row.Text(15));
        return absl::OkStatus();
      }));
  if (static_cast<int>(versions.size()) < limit) {
    const auto current = session.SelectOne(kSelectCurrent, {partition, member.value}, [&](const sql::Row& row) {
      take(Read(row));
      return absl::OkStatus();
    });
    RONGHE_RETURN_IF_ERROR(current.status());
  }
  if (static_cast<int>(versions.size()) > limit) versions.resize(limit);
  return versions;
}

}  // namespace ronghe::organization
