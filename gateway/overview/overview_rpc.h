#pragma once

#include "gateway/overview/overview_app.h"
#include "services/common/serve/binding.h"

namespace ronghe::gateway {

// OverviewService.
class OverviewRpc final : public common::ServiceBinding {
 public:
  // `app` outlives it.
  OverviewRpc(common::Wrapper& wrapper, OverviewApp& app);
};

}  // namespace ronghe::gateway
