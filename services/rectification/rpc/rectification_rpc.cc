#include "services/rectification/rpc/rectification_rpc.h"

#include "ronghe/common/v1/change.pb.h"
#include "ronghe/rectification/v1/metrics.pb.h"
#include "ronghe/rectification/v1/rectification_service.pb.h"

namespace ronghe::rectification {
namespace {

using common::v1::WatchRequest;
using common::v1::WatchResponse;

}  // namespace

RectificationRpc::RectificationRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals,
                                   common::AuditApp& audit)
    : AuditBinding(wrapper, google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
                                "ronghe.rectification.v1.RectificationService")) {
  ServerStream<WatchRequest, WatchResponse>(
      "Watch", [&watch](const common::Call& call, const WatchRequest& request) { return watch.Open(call, request); });
  BindTotals<v1::BatchGetSummariesResponse>(totals);
  BindAudit(audit);
}

}  // namespace ronghe::rectification
