#include "gateway/overview/overview_rpc.h"

namespace ronghe::gateway {

OverviewRpc::OverviewRpc(common::Wrapper& wrapper, OverviewApp& app)
    : ServiceBinding(wrapper, v1::Overview::descriptor()->file()->FindServiceByName("OverviewService")) {
  Unary<v1::GetOverviewRequest, v1::Overview>("GetOverview",
                                              [&app](const common::Call& call, const v1::GetOverviewRequest& request) {
                                                return app.GetOverview(call, request);
                                              });
  Unary<v1::ListChildOverviewsRequest, v1::ListChildOverviewsResponse>(
      "ListChildOverviews", [&app](const common::Call& call, const v1::ListChildOverviewsRequest& request) {
        return app.ListChildOverviews(call, request);
      });
}

}  // namespace ronghe::gateway
