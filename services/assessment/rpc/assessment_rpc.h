#pragma once

#include "services/common/changelog/watch.h"
#include "services/common/summary/totals_binding.h"

namespace ronghe::assessment {

// AssessmentService.
class AssessmentRpc final : public common::TotalsBinding {
 public:
  // Both outlive it.
  AssessmentRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals);
};

}  // namespace ronghe::assessment
