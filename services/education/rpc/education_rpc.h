#pragma once

#include "services/common/audit/rpc/audit_binding.h"
#include "services/common/changelog/watch.h"
#include "services/common/summary/totals_binding.h"

namespace ronghe::education {

// EducationService.
class EducationRpc final : public common::AuditBinding<common::TotalsBinding> {
 public:
  // All outlive it.
  EducationRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals, common::AuditApp& audit);
};

}  // namespace ronghe::education
