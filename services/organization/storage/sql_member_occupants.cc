#include "services/organization/storage/sql_member_occupants.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/domain/member.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr size_t kPartitionsPerStatement = 512;
// Answered from the index alone.
constexpr std::string_view kCountHead = "SELECT unit_uid, status, sex, COUNT(*) FROM member WHERE partition_id IN (";
constexpr std::string_view kCountTail = ") GROUP BY partition_id, unit_uid, status, sex ORDER BY unit_uid";
constexpr sql::Query kAddPartition{
    "member_lock_add",
    "INSERT INTO shard_rev (partition_id, rev, last_tick) VALUES (?, 0, 0) ON CONFLICT (partition_id) DO NOTHING"};
constexpr sql::Query kTakeLock{"member_lock_take", "UPDATE shard_rev SET rev = rev WHERE partition_id = ?"};
constexpr sql::Query kCountOne{"member_count_unit",
                               "SELECT COUNT(*) FROM member WHERE partition_id = ? AND unit_uid = ?"};

void Add(MemberCounts& counts, int64_t status, int64_t sex, int64_t n) {
  if (status == static_cast<int64_t>(MemberStatus::kFull)) counts.full += n;
  if (status == static_cast<int64_t>(MemberStatus::kProbationary)) counts.probationary += n;
  if (sex == static_cast<int64_t>(Sex::kFemale)) counts.female += n;
}

}  // namespace

absl::Status SqlMemberOccupants::Count(sql::Session& session, std::span<const common::PartitionId> partitions,
                                       absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each) {
  for (; !partitions.empty(); partitions = partitions.subspan(std::min(partitions.size(), kPartitionsPerStatement))) {
    const size_t count = std::min(partitions.size(), kPartitionsPerStatement);
    const int padded = sql::PaddedCount(static_cast<int>(count));
    const std::string text = fmt::format("{}{}{}", kCountHead, sql::Placeholders(padded), kCountTail);
    std::vector<sql::Value> args;
    for (int i = 0; i < padded; ++i) args.emplace_back(partitions[std::min<size_t>(i, count - 1)].value);
    common::UnitUid unit;
    MemberCounts counts;
    RONGHE_RETURN_IF_ERROR(session.Select({"member_count", text}, args, [&](const sql::Row& row) {
      if (const common::UnitUid next(row.Int(0)); next != unit) {
        if (unit) each(unit, counts);
        unit = next;
        counts = {};
      }
      Add(counts, row.Int(1), row.Int(2), row.Int(3));
      return absl::OkStatus();
    }));
    if (unit) each(unit, counts);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqlMemberOccupants::LockAndCount(sql::Session& session, common::PartitionId partition,
                                                         common::UnitUid unit) {
  RONGHE_RETURN_IF_ERROR(session.Execute(kAddPartition, {partition.value}).status());
  RONGHE_RETURN_IF_ERROR(session.Execute(kTakeLock, {partition.value}).status());
  int64_t members = 0;
  RONGHE_RETURN_IF_ERROR(session
                             .SelectOne(kCountOne, {partition.value, unit.value},
                                        [&](const sql::Row& row) {
                                          members = row.Int(0);
                                          return absl::OkStatus();
                                        })
                             .status());
  return members;
}

}  // namespace ronghe::organization
