#pragma once

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"

namespace ronghe::rectification {

// RectificationService.
class RectificationRpc final : public common::ServiceBinding {
 public:
  // `watch` outlives it.
  RectificationRpc(common::Wrapper& wrapper, common::WatchService& watch);
};

}  // namespace ronghe::rectification
