#include "services/organization/storage/sql_member_occupants.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "services/common/changelog/changelog.h"
#include "services/common/values/status.h"
#include "services/organization/domain/membership.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr size_t kPartitionsPerStatement = 512;
// Answered from the index alone.
constexpr std::string_view kCountHead = "SELECT unit_uid, status, sex, COUNT(*) FROM member WHERE partition_id IN (";
constexpr std::string_view kCountTail = ") GROUP BY partition_id, unit_uid, status, sex ORDER BY unit_uid";
constexpr std::string_view kFloatingOutHead = "SELECT unit_uid, COUNT(*) FROM member WHERE partition_id IN (";
constexpr std::string_view kFloatingOutTail = ") AND floating > 0 GROUP BY unit_uid";
constexpr std::string_view kFloatingInHead = "SELECT floating_uid, COUNT(*) FROM member WHERE partition_id IN (";
constexpr std::string_view kFloatingInTail = ") AND floating = 1 GROUP BY floating_uid";
constexpr sql::Query kCountOne{
    "member_count_unit", "SELECT COUNT(*) FROM member WHERE partition_id = ? AND unit_uid = ? AND status IN (1, 2)"};
constexpr sql::Query kCountAffiliated{
    "affiliation_count_unit",
    "SELECT COUNT(*) FROM member_affiliation WHERE partition_id = ? AND unit_uid = ? AND kind IN (1, 2)"};

void Add(MemberCounts& counts, int64_t status, int64_t sex, int64_t n) {
  if (status == static_cast<int64_t>(MemberStatus::kFull)) counts.full += n;
  if (status == static_cast<int64_t>(MemberStatus::kProbationary)) counts.probationary += n;
  if (sex == static_cast<int64_t>(Sex::kFemale) && IsCurrent(static_cast<MemberStatus>(status))) counts.female += n;
}

// One more number of every unit that has some.
absl::Status CountFloating(sql::Session& session, std::string_view head, std::string_view tail,
                           std::span<const sql::Value> partitions, int64_t MemberCounts::*number,
                           absl::FunctionRef<void(common::UnitUid, const MemberCounts&)> each) {
  const std::string text = fmt::format("{}{}{}", head, sql::Placeholders(static_cast<int>(partitions.size())), tail);
  return session.Select({"member_count_floating", text}, partitions, [&](const sql::Row& row) {
    MemberCounts counts;
    counts.*number = row.Int(1);
    each(common::UnitUid(row.Int(0)), counts);
    return absl::OkStatus();
  });
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
    RONGHE_RETURN_IF_ERROR(
        CountFloating(session, kFloatingOutHead, kFloatingOutTail, args, &MemberCounts::floating_out, each));
    RONGHE_RETURN_IF_ERROR(
        CountFloating(session, kFloatingInHead, kFloatingInTail, args, &MemberCounts::floating_in, each));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqlMemberOccupants::LockAndCount(sql::Session& session, common::PartitionId partition,
                                                         common::UnitUid unit) {
  RONGHE_RETURN_IF_ERROR(common::LockPartition(session, partition));
  int64_t members = 0;
  for (const sql::Query& query : {kCountOne, kCountAffiliated}) {
    const auto found = session.SelectOne(query, {partition.value, unit.value}, [&](const sql::Row& row) {
      members += row.Int(0);
      return absl::OkStatus();
    });
    RONGHE_RETURN_IF_ERROR(found.status());
  }
  return members;
}

common::Blocker UnitOccupants::BlockerOf(const std::string& unit, int64_t count) const {
  return {"HAS_MEMBERS",
          unit,
          {fmt::format("{} {} in the unit", count, count == 1 ? "member lives" : "members live"),
           fmt::format("该组织尚有 {} 名党员", count)}};
}

}  // namespace ronghe::organization
