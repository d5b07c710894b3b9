#pragma once

#include "services/common/audit/audit_app.h"
#include "services/organization/app/tree.h"

namespace ronghe::organization {

// The structure, as the audit log needs it; `tree` outlives it.
common::AuditPlaces AuditPlacesOf(const Tree& tree);

}  // namespace ronghe::organization
