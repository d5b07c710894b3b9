#include "services/organization/rpc/owner_resolver.h"

#include <algorithm>

#include "services/common/values/clock.h"

namespace ronghe::organization {
namespace {

// Real time, like the deadlines of calls.
constexpr absl::Duration kPatience = absl::Seconds(1);

}  // namespace

bool ServiceOwnerResolver::CatchUp(absl::Time deadline) {
  absl::StatusOr<int64_t> committed = consistency_.Revision(common::kStructurePartition, deadline);
  if (!committed.ok()) return false;
  return consistency_.WaitForStructure(*committed, std::min(deadline, common::SystemClock().Now() + kPatience));
}

}  // namespace ronghe::organization
