#include "services/organization/app/transfer_store.h"

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/organization/app/owner_registry.h"

namespace ronghe::organization {

std::string TransferName(TransferId id) {
  return fmt::format("transfers/{}", id.value);
}

std::optional<TransferId> TransferIdOf(std::string_view name) {
  const int64_t id = IdFromName(name, "transfers");
  if (id == 0) return std::nullopt;
  return TransferId(id);
}

std::string EtagOf(const StoredTransfer& transfer) {
  return fmt::format("t{}", transfer.version);
}

absl::Status LetGo(TransferTxn& txn, MemberId id, std::string_view action) {
  if (!id) return absl::OkStatus();
  RONGHE_ASSIGN_OR_RETURN(MemberTxn * members, txn.Members(common::PartitionOf(id.value)));
  RONGHE_ASSIGN_OR_RETURN(const std::optional<StoredMember> member, members->Find(id));
  if (!member) return common::Internal("a transfer names a member that is not there");
  Membership membership = member->membership;
  membership.transfer = 0;
  return members->Replace(*member, {member->unit, member->member, membership}, action).status();
}

}  // namespace ronghe::organization
