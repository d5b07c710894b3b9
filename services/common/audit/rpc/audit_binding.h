#pragma once

#include "services/common/audit/rpc/audit_codec.h"
#include "services/common/serve/binding.h"

namespace ronghe::common {

// Base of a service with ListAuditEntries and VerifyAuditLog, over the base that it has besides.
template <typename Base>
class AuditBinding : public Base {
 protected:
  using Base::Base;

  // `audit` outlives the binding.
  void BindAudit(AuditApp& audit) {
    this->template Unary<organization::v1::ListAuditEntriesRequest, organization::v1::ListAuditEntriesResponse>(
        "ListAuditEntries",
        [&audit](const Call& call, const auto& request) { return AnswerAuditEntries(audit, call, request); });
    this->template Unary<organization::v1::VerifyAuditLogRequest, organization::v1::VerifyAuditLogResponse>(
        "VerifyAuditLog",
        [&audit](const Call& call, const auto& request) { return AnswerAuditVerification(audit, call, request); });
  }
};

}  // namespace ronghe::common
