#pragma once

#include "services/common/serve/binding.h"

namespace ronghe::common {

// EchoService, in every process.
class EchoBinding final : public ServiceBinding {
 public:
  explicit EchoBinding(Wrapper& wrapper);
};

}  // namespace ronghe::common
