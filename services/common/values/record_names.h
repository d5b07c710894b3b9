#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "services/common/values/ids.h"

namespace ronghe::common {

// What messages need beside the record. Thread-safe.
struct RecordNames {
  std::function<std::string(UnitUid)> code_of;
  // The token of a write; empty where the service cannot name it now.
  std::function<std::string(PartitionId, int64_t revision)> token_of;
};

}  // namespace ronghe::common
