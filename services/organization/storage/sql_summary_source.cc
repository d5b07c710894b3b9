#include "services/organization/storage/sql_summary_source.h"

#include "services/common/values/status.h"

namespace ronghe::organization {

absl::StatusOr<OwnCounts> SqlSummarySource::Read(std::span<const common::PartitionId> partitions, absl::Time deadline) {
  OwnCounts counts;
  auto read = [&](common::sql::Session& session) -> absl::Status {
    counts = OwnCounts();
    RONGHE_ASSIGN_OR_RETURN(common::Feed::Head head, feed_.ReadHead(session, common::kStructurePartition));
    counts.position = head.position;
    counts.time = head.time;
    counts.structure_revision = head.partition_revision;
    for (UnitOccupants* occupants : occupants_) {
      RONGHE_RETURN_IF_ERROR(occupants->Count(
          session, partitions, [&](common::UnitUid unit, const MemberCounts& own) { counts.members[unit] += own; }));
    }
    return absl::OkStatus();
  };
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, read));
  return counts;
}

}  // namespace ronghe::organization
