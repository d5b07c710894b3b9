#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "services/common/import/row_sealer.h"
#include "services/common/values/ids.h"
#include "services/common/vault/key_ring.h"

namespace ronghe::common {

// RowSealer with AES-256-GCM under data keys of the key ring.
class KeyRingRowSealer final : public RowSealer {
 public:
  // Both must outlive it and the keys it makes.
  KeyRingRowSealer(const KeyRing& ring, common::Random& random) : ring_(ring), random_(random) {}
  absl::StatusOr<std::string> NewKey() override;
  absl::StatusOr<std::unique_ptr<RowKey>> Unwrap(std::string_view wrapped) override;

 private:
  const KeyRing& ring_;
  common::Random& random_;
};

}  // namespace ronghe::common
