#pragma once

#include <absl/status/statusor.h>

#include "ronghe/organization/v1/integrity.pb.h"

#include "services/organization/app/integrity.h"

namespace ronghe::organization {

// How many findings of each check are to be listed; INVALID_ARGUMENT outside of the range in integrity.proto.
absl::StatusOr<int> ListedFindings(const v1::CheckIntegrityRequest& request);
// Everything but the times.
v1::CheckIntegrityResponse ToProto(const IntegrityReport& report);

}  // namespace ronghe::organization
