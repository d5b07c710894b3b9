#include "services/organization/storage/member_affiliations.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kAdd{"affiliation_add",
                          "INSERT INTO member_affiliation (partition_id, unit_uid, kind, member_id, since_us) "
                          "VALUES (?, ?, ?, ?, ?) ON CONFLICT (partition_id, unit_uid, kind, member_id) DO NOTHING"};
constexpr sql::Query kDrop{
    "affiliation_drop",
    "DELETE FROM member_affiliation WHERE partition_id = ? AND unit_uid = ? AND kind = ? AND member_id = ?"};
constexpr sql::Query kAddOrigin{"member_origin_add",
                                "INSERT INTO member_origin (partition_id, origin_partition) VALUES (?, ?) "
                                "ON CONFLICT (partition_id, origin_partition) DO NOTHING"};
constexpr std::string_view kSelectOrigins =
    "SELECT DISTINCT origin_partition FROM member_origin WHERE partition_id IN ({}) ORDER BY origin_partition";
// The list of units stands in the middle.
constexpr std::string_view kSelectHead =
    "SELECT unit_uid, member_id FROM member_affiliation WHERE partition_id = ? AND kind = ? AND unit_uid IN (";
constexpr std::string_view kSelectTail = ") AND (unit_uid, member_id) > (?, ?) ORDER BY unit_uid, member_id LIMIT ?";

}  // namespace

absl::Status AddAffiliation(sql::Session& session, const Affiliation& affiliation, int64_t since_us) {
  return session
      .Execute(kAdd, {affiliation.partition.value, affiliation.unit.value, static_cast<int64_t>(affiliation.kind),
                      affiliation.member.value, since_us})
      .status();
}

absl::Status AddOrigin(sql::Session& session, common::PartitionId home, common::PartitionId rows) {
  return session.Execute(kAddOrigin, {home.value, rows.value}).status();
}

absl::StatusOr<std::vector<common::PartitionId>> SelectOrigins(sql::Session& session,
                                                               std::span<const common::PartitionId> homes) {
  std::vector<common::PartitionId> origins;
  if (homes.empty()) return origins;
  const int padded = sql::PaddedCount(static_cast<int>(homes.size()));
  const std::string text = fmt::format(kSelectOrigins, sql::Placeholders(padded));
  std::vector<sql::Value> args;
  for (int i = 0; i < padded; ++i) args.emplace_back(homes[std::min<size_t>(i, homes.size() - 1)].value);
  RONGHE_RETURN_IF_ERROR(session.Select({"member_origins", text}, args, [&](const sql::Row& row) {
    origins.emplace_back(row.Int(0));
    return absl::OkStatus();
  }));
  return origins;
}

absl::Status DropAffiliation(sql::Session& session, const Affiliation& affiliation) {
  return session
      .Execute(kDrop, {affiliation.partition.value, affiliation.unit.value, static_cast<int64_t>(affiliation.kind),
                       affiliation.member.value})
      .status();
}

absl::StatusOr<std::vector<MemberPosition>> SelectAffiliated(sql::Session& session, const UnitsOfPartition& units,
                                                             AffiliationKind kind, const MemberPosition& after,
                                                             int limit) {
  std::vector<MemberPosition> found;
  if (units.units.empty()) return found;
  const int padded = sql::PaddedCount(static_cast<int>(units.units.size()));
  const std::string text = fmt::format("{}{}{}", kSelectHead, sql::Placeholders(padded), kSelectTail);
  std::vector<sql::Value> args = {units.partition.value, static_cast<int64_t>(kind)};
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(units.units[std::min<size_t>(i, units.units.size() - 1)].value);
  }
  for (int64_t value : {after.unit.value, after.member.value, static_cast<int64_t>(limit)}) args.emplace_back(value);
  RONGHE_RETURN_IF_ERROR(session.Select({"affiliation_list", text}, args, [&](const sql::Row& row) {
    found.push_back({common::UnitUid(row.Int(0)), MemberId(row.Int(1))});
    return absl::OkStatus();
  }));
  return found;
}

}  // namespace ronghe::organization
