#pragma once

#include "services/common/changelog/watch.h"
#include "services/common/serve/binding.h"

namespace ronghe::education {

// EducationService.
class EducationRpc final : public common::ServiceBinding {
 public:
  // `watch` outlives it.
  EducationRpc(common::Wrapper& wrapper, common::WatchService& watch);
};

}  // namespace ronghe::education
