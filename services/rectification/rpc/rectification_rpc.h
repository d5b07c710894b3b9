#pragma once

#include "services/common/audit/audit_app.h"
#include "services/common/changelog/watch.h"
#include "services/common/summary/totals_binding.h"

namespace ronghe::rectification {

// RectificationService.
class RectificationRpc final : public common::TotalsBinding {
 public:
  // All outlive it.
  RectificationRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals,
                   common::AuditApp& audit);
};

}  // namespace ronghe::rectification
