#pragma once

#include "services/common/changelog/watch.h"
#include "services/common/summary/totals_binding.h"

namespace ronghe::rectification {

// RectificationService.
class RectificationRpc final : public common::TotalsBinding {
 public:
  // Both outlive it.
  RectificationRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals);
};

}  // namespace ronghe::rectification
