#include "services/organization/storage/sql_facts.h"

#include <set>
#include <string>
#include <utility>

#include "services/common/values/status.h"
#include "services/organization/storage/count_rollup.h"
#include "services/organization/storage/duty_rows.h"
#include "services/organization/storage/post_rows.h"
#include "services/organization/storage/workplace_rows.h"

namespace ronghe::organization {
namespace {

namespace sql = common::sql;

constexpr sql::Query kUnits{"facts_units",
                            "SELECT uid, parent_uid, unit_partition, kind, state FROM unit WHERE partition_id = 0"};

}  // namespace

SqlFacts::SqlFacts(const common::MetricSet& metrics, std::vector<UnitOccupants*> occupants)
    : occupants_(std::move(occupants)) {
  for (const CountMetric& metric : CountMetrics()) index_.push_back(metrics.IndexOf(metric.name).value_or(0));
}

void SqlFacts::Tell(common::UnitUid unit, const UnitCounts& counts, EachAmount each, common::MonthNumber month) const {
  for (size_t i = 0; i < index_.size(); ++i) {
    if (const int64_t amount = CountMetrics()[i].of(counts); amount != 0) each(unit, month, index_[i], amount);
  }
}

absl::Status SqlFacts::Count(sql::Session& session, EachAmount each) {
  std::set<common::PartitionId> partitions;
  RONGHE_RETURN_IF_ERROR(session.Select(kUnits, {}, [&](const sql::Row& row) {
    partitions.insert(common::PartitionId(row.Int(2)));
    Tell(common::UnitUid(row.Int(0)), CountsOf(static_cast<UnitKind>(row.Int(3)), static_cast<UnitState>(row.Int(4))),
         each);
    return absl::OkStatus();
  }));
  const std::vector<common::PartitionId> list(partitions.begin(), partitions.end());
  for (UnitOccupants* occupants : occupants_) {
    RONGHE_RETURN_IF_ERROR(occupants->Count(session, list, [&](common::UnitUid unit, const MemberCounts& members) {
      UnitCounts counts;
      counts.members = members;
      Tell(unit, counts, each);
    }));
  }
  RONGHE_RETURN_IF_ERROR(CountPosts(session, [&](common::UnitUid unit, const PostCounts& posts) {
    UnitCounts counts;
    counts.posts = posts;
    Tell(unit, counts, each);
  }));
  RONGHE_RETURN_IF_ERROR(CountWorkplaces(session, [&](common::UnitUid unit, const WorkplaceCounts& workplaces) {
    UnitCounts counts;
    counts.workplaces = workplaces;
    Tell(unit, counts, each);
  }));
  return CountDuties(session, [&](common::UnitUid unit, common::MonthNumber month, const DutyCounts& duties) {
    UnitCounts counts;
    counts.duties = duties;
    Tell(unit, counts, each, month);
  });
}

absl::StatusOr<bool> SqlFacts::Places(sql::Session& session, EachPlace each) {
  RONGHE_RETURN_IF_ERROR(session.Select(kUnits, {}, [&](const sql::Row& row) {
    each(common::UnitUid(row.Int(0)), common::UnitUid(row.Int(1)));
    return absl::OkStatus();
  }));
  return true;
}

}  // namespace ronghe::organization
