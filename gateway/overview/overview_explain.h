#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

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

// The units that stood directly under `unit` at the end of a past month, by code, as the first service to answer has
// folded it; nullopt while none answers. Errors: of the request itself.
absl::StatusOr<std::optional<std::vector<std::string>>> ChildrenThen(
    Collector& collector, const std::string& unit, common::MonthNumber month,
    const google::protobuf::RepeatedPtrField<std::string>& min_revision, absl::Time now, absl::Time deadline);

}  // namespace ronghe::gateway
