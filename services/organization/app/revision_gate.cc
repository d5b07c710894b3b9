#include "services/organization/app/revision_gate.h"

#include <algorithm>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"

namespace ronghe::organization {
namespace {

constexpr std::string_view kService = "organization";
// Real time, like the deadlines of calls.
constexpr absl::Duration kVisibleWait = absl::Seconds(1);

absl::Status NotYetVisible() {
  return common::Unavailable("NOT_YET_VISIBLE", {"the write of this token is not yet visible here, call again",
                                                 "该令牌对应的写入在此尚不可见，请稍后重试"});
}

}  // namespace

absl::Status RevisionGate::Cover(const common::RevisionToken& token, absl::Time deadline) {
  if (token.service != kService) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(std::string incarnation, consistency_.Incarnation());
  if (token.incarnation != incarnation) {
    return common::OutOfRange(
        "FEED_RESET", {"the token is of a time before the database was restored", "该令牌签发于数据库恢复之前"});
  }
  common::PartitionId partition(token.partition);
  RONGHE_ASSIGN_OR_RETURN(int64_t committed, consistency_.Revision(partition, deadline));
  if (committed < token.revision) return NotYetVisible();
  if (partition != common::kStructurePartition) return absl::OkStatus();
  if (!consistency_.WaitForStructure(token.revision, deadline)) return NotYetVisible();
  return absl::OkStatus();
}

std::string RevisionGate::Token(common::PartitionId partition, int64_t revision) {
  absl::StatusOr<std::string> incarnation = consistency_.Incarnation();
  if (!incarnation.ok()) return "";
  return common::MakeRevisionToken(signer_, {std::string(kService), *incarnation, partition.value, revision});
}

void RevisionGate::MakeVisible(int64_t structure_revision, absl::Time deadline) {
  consistency_.WaitForStructure(structure_revision, std::min(deadline, common::SystemClock().Now() + kVisibleWait));
}

}  // namespace ronghe::organization
