#include "services/organization/storage/sql_consistency.h"

#include "services/common/values/status.h"

namespace ronghe::organization {

absl::StatusOr<int64_t> SqlConsistency::Revision(common::PartitionId partition, absl::Time deadline) {
  int64_t revision = 0;
  RONGHE_RETURN_IF_ERROR(database_.Read(deadline, [&](common::sql::Session& session) -> absl::Status {
    RONGHE_ASSIGN_OR_RETURN(revision, log_.Revision(session, partition));
    return absl::OkStatus();
  }));
  return revision;
}

bool SqlConsistency::WaitForStructure(int64_t revision, absl::Time deadline) {
  if (directory_.structure_revision() >= revision) return true;
  publisher_.Hint();
  return directory_.WaitForStructure(revision, deadline);
}

}  // namespace ronghe::organization
