#include "services/common/summary/totals.h"

#include "services/common/values/status.h"

namespace ronghe::common {

Totals::Totals(const Parts& parts)
    : metrics_(parts.metrics),
      folder_(metrics_, parts.calendar.zone()),
      gate_(parts.service, parts.database, parts.log, parts.publisher, parts.hub, parts.signer),
      summaries_({parts.database, metrics_, parts.directory, parts.log, gate_, parts.calendar}),
      feed_rpc_(parts.wrapper, {parts.database, parts.log, parts.feed, parts.hub}) {
  parts.publisher.SetStep(folder_);
}

absl::StatusOr<v1::AuditSummariesResponse> Totals::Audit(const Call& call, const v1::AuditSummariesRequest& request) {
  (void)call;
  (void)request;
  return Internal("no auditor yet");
}

}  // namespace ronghe::common
