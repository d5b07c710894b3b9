#include "services/common/follower/structure_gate.h"

#include "services/common/values/ids.h"
#include "services/common/values/status.h"

namespace ronghe::common {
namespace {

constexpr char kOrganization[] = "organization";

absl::Status NotYetVisible() {
  return Unavailable("NOT_YET_VISIBLE", {"the write is not visible here yet", "此处尚未可见该次写入"});
}

}  // namespace

Wrapper::RevisionGate StructureGate(Directory& directory) {
  return [&directory](const RevisionToken& token, absl::Time deadline) {
    if (token.service != kOrganization || PartitionId(token.partition) != kStructurePartition) return absl::OkStatus();
    if (directory.loaded() && directory.incarnation() != token.incarnation) {
      return OutOfRange("FEED_RESET", {"the data was restored since that write", "该次写入之后数据已被恢复"});
    }
    return directory.WaitForStructure(token.revision, deadline) ? absl::OkStatus() : NotYetVisible();
  };
}

std::function<absl::Status()> DirectoryReadiness(const Directory& directory) {
  return [&directory] {
    if (directory.loaded()) return absl::OkStatus();
    return Unavailable("DIRECTORY_LOADING", {"the directory is not loaded yet", "组织目录尚未载入"});
  };
}

}  // namespace ronghe::common
