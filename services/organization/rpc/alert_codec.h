#pragma once

#include "ronghe/organization/v1/alert.pb.h"

#include "services/organization/app/alert_store.h"
#include "services/organization/app/tree.h"
#include "services/organization/domain/rules.h"

namespace ronghe::organization {

// `rules`: those in force today, of the pack `version`.
v1::Alert ToProto(const StoredAlert& alert, const Tree& tree, const Rules& rules, const std::string& version);

}  // namespace ronghe::organization
