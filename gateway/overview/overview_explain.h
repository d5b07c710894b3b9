#pragma once

#include <absl/status/statusor.h>

#include "gateway/overview/overview_app.h"
#include "services/common/directory/directory.h"
#include "services/common/values/call.h"

namespace ronghe::gateway {

// ExplainOverview: asks the services side by side. Names of units outside the caller's scope are emptied; the numbers
// stay, as they are part of a total the caller may see. Blocks until the services have answered.
absl::StatusOr<v1::ExplainOverviewResponse> ExplainOverview(OverviewApp& app, Collector& collector,
                                                            const common::Directory& directory,
                                                            const common::Call& call,
                                                            const v1::ExplainOverviewRequest& request);

}  // namespace ronghe::gateway
