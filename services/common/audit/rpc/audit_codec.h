#pragma once

#include <absl/status/statusor.h>

#include "ronghe/organization/v1/access_service.pb.h"

#include "services/common/audit/audit_app.h"

// ListAuditEntries and VerifyAuditLog, as every service with an audit log answers them.
namespace ronghe::common {

absl::StatusOr<organization::v1::ListAuditEntriesResponse> AnswerAuditEntries(
    AuditApp& app, const Call& call, const organization::v1::ListAuditEntriesRequest& request);
absl::StatusOr<organization::v1::VerifyAuditLogResponse> AnswerAuditVerification(
    AuditApp& app, const Call& call, const organization::v1::VerifyAuditLogRequest& request);

}  // namespace ronghe::common
