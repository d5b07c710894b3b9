#pragma once

#include <memory>

#include "gateway/overview/overview_app.h"
#include "gateway/overview/watch_hub.h"
#include "services/common/directory/directory.h"
#include "services/common/serve/binding.h"

namespace ronghe::gateway {

// OverviewService.
class OverviewRpc final : public common::ServiceBinding {
 public:
  struct Uses {
    OverviewApp& app;
    Collector& collector;
    const common::Directory& directory;
    std::shared_ptr<WatchHub> hub;
  };
  // What is used outlives it.
  OverviewRpc(common::Wrapper& wrapper, const Uses& uses);
};

}  // namespace ronghe::gateway
