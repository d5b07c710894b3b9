#pragma once

#include "services/common/changelog/watch.h"
#include "services/common/summary/totals_binding.h"

namespace ronghe::education {

// EducationService.
class EducationRpc final : public common::TotalsBinding {
 public:
  // Both outlive it.
  EducationRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals);
};

}  // namespace ronghe::education
