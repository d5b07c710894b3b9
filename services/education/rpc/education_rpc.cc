#include "services/education/rpc/education_rpc.h"

#include "ronghe/common/v1/change.pb.h"
#include "ronghe/education/v1/education_service.pb.h"
#include "ronghe/education/v1/metrics.pb.h"

namespace ronghe::education {
namespace {

using common::v1::WatchRequest;
using common::v1::WatchResponse;

}  // namespace

EducationRpc::EducationRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals,
                           common::AuditApp& audit)
    : AuditBinding(wrapper, google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
                                "ronghe.education.v1.EducationService")) {
  ServerStream<WatchRequest, WatchResponse>(
      "Watch", [&watch](const common::Call& call, const WatchRequest& request) { return watch.Open(call, request); });
  BindTotals<v1::BatchGetSummariesResponse>(totals);
  BindAudit(audit);
}

}  // namespace ronghe::education
