#include "services/rectification/rpc/rectification_rpc.h"

#include "ronghe/common/v1/change.pb.h"
#include "ronghe/rectification/v1/metrics.pb.h"
#include "ronghe/rectification/v1/rectification_service.pb.h"

#include "services/common/audit/rpc/audit_codec.h"

namespace ronghe::rectification {
namespace {

using common::v1::WatchRequest;
using common::v1::WatchResponse;
using organization::v1::ListAuditEntriesRequest;
using organization::v1::ListAuditEntriesResponse;
using organization::v1::VerifyAuditLogRequest;
using organization::v1::VerifyAuditLogResponse;

}  // namespace

RectificationRpc::RectificationRpc(common::Wrapper& wrapper, common::WatchService& watch, common::Totals& totals,
                                   common::AuditApp& audit)
    : TotalsBinding(wrapper, google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
                                 "ronghe.rectification.v1.RectificationService")) {
  ServerStream<WatchRequest, WatchResponse>(
      "Watch", [&watch](const common::Call& call, const WatchRequest& request) { return watch.Open(call, request); });
  BindTotals<v1::BatchGetSummariesResponse>(totals);
  Unary<ListAuditEntriesRequest, ListAuditEntriesResponse>(
      "ListAuditEntries",
      [&audit](const common::Call& call, const auto& r) { return common::AnswerAuditEntries(audit, call, r); });
  Unary<VerifyAuditLogRequest, VerifyAuditLogResponse>(
      "VerifyAuditLog",
      [&audit](const common::Call& call, const auto& r) { return common::AnswerAuditVerification(audit, call, r); });
}

}  // namespace ronghe::rectification
