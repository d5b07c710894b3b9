#pragma once

#include "ronghe/common/v1/summary.pb.h"

#include "services/common/serve/binding.h"
#include "services/common/summary/totals.h"

namespace ronghe::common {

// Base of a service that answers for its totals: BatchGetSummaries, GetStructureDifference and AuditSummaries.
class TotalsBinding : public ServiceBinding {
 protected:
  using ServiceBinding::ServiceBinding;

  // `Response`: the service's own BatchGetSummariesResponse. `totals` outlives the binding.
  template <typename Response>
  void BindTotals(Totals& totals) {
    const SummaryService& summaries = totals.summaries();
    Unary<v1::BatchGetSummariesRequest, Response>(
        "BatchGetSummaries",
        [&summaries](const Call& call, const v1::BatchGetSummariesRequest& request) -> absl::StatusOr<Response> {
          Response response;
          RONGHE_RETURN_IF_ERROR(summaries.BatchGet(call, request, response));
          return response;
        });
    Unary<v1::GetStructureDifferenceRequest, v1::GetStructureDifferenceResponse>(
        "GetStructureDifference", [&summaries](const Call& call, const v1::GetStructureDifferenceRequest& request) {
          return summaries.GetDifference(call, request);
        });
    Unary<v1::AuditSummariesRequest, v1::AuditSummariesResponse>(
        "AuditSummaries",
        [&totals](const Call& call, const v1::AuditSummariesRequest& request) { return totals.Audit(call, request); });
  }
};

}  // namespace ronghe::common
