#include "services/assessment/rpc/assessment_rpc.h"

#include "ronghe/assessment/v1/assessment_service.pb.h"
#include "ronghe/assessment/v1/metrics.pb.h"
#include "ronghe/common/v1/change.pb.h"

namespace ronghe::assessment {
namespace {

using common::v1::WatchRequest;
using common::v1::WatchResponse;

}  // namespace

AssessmentRpc::AssessmentRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals)
    : TotalsBinding(wrapper, google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
                                 "ronghe.assessment.v1.AssessmentService")) {
  ServerStream<WatchRequest, WatchResponse>(
      "Watch", [&watch](const common::Call& call, const WatchRequest& request) { return watch.Open(call, request); });
  BindTotals<v1::BatchGetSummariesResponse>(totals);
}

}  // namespace ronghe::assessment
