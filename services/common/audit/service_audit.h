#pragma once

#include "services/common/audit/audit_app.h"
#include "services/common/audit/rpc/text_readings.h"
#include "services/common/audit/sql/sql_audit_log.h"

namespace ronghe::common {

// The audit log of a service that follows organization, composed: who read its texts, for auditors.
struct ServiceAudit {
  // All outlive it.
  ServiceAudit(sql::Database& database, const Clock& clock, const Units& units, OwnerResolver& owners,
               const TokenSigner& signer)
      : log(database, clock), app(log, PlacesOf(units), signer), readings({log, units, owners}) {}

  SqlAuditLog log;
  AuditApp app;
  TextReadings readings;  // for Wrapper::SetReadingSink
};

}  // namespace ronghe::common
