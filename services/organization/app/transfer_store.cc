#include "services/organization/app/transfer_store.h"

#include <fmt/format.h>

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

}  // namespace ronghe::organization
