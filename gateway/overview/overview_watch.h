#pragma once

#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "gateway/overview/overview_app.h"
#include "gateway/overview/watch_hub.h"
#include "services/common/serve/binding.h"

namespace ronghe::gateway {

// The stream of WatchOverview: the overview as it is, then anew whenever something to be seen in it has changed
// (positions and times alone are nothing to be seen). Always the newest: what changes while the reader is busy is seen
// once he is not. Ends with NOT_FOUND when the unit is gone. `app` outlives it; `hub` tells it when to look.
absl::StatusOr<std::unique_ptr<common::MessageSource>> WatchOverview(OverviewApp& app, std::shared_ptr<WatchHub> hub,
                                                                     const std::string& unit);

}  // namespace ronghe::gateway
