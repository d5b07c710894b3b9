#pragma once

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"

namespace ronghe::assessment {

// AssessmentService.
class AssessmentRpc final : public common::ServiceBinding {
 public:
  // `watch` outlives it.
  AssessmentRpc(common::Wrapper& wrapper, common::WatchService& watch);
};

}  // namespace ronghe::assessment
