#include "gateway/overview/overview_rpc.h"

#include "gateway/overview/overview_explain.h"
#include "gateway/overview/overview_watch.h"

namespace ronghe::gateway {

using common::Call;

OverviewRpc::OverviewRpc(common::Wrapper& wrapper, const Uses& uses)
    : ServiceBinding(wrapper, v1::Overview::descriptor()->file()->FindServiceByName("OverviewService")) {
  OverviewApp& app = uses.app;
  UnarySerialized<v1::GetOverviewRequest, v1::Overview>(
      "GetOverview", [&app](const Call& call, const v1::GetOverviewRequest& r) { return app.GetOverview(call, r); });
  Unary<v1::ListChildOverviewsRequest, v1::ListChildOverviewsResponse>(
      "ListChildOverviews",
      [&app](const Call& call, const v1::ListChildOverviewsRequest& r) { return app.ListChildOverviews(call, r); });
  Unary<v1::GetTrendRequest, v1::GetTrendResponse>(
      "GetTrend", [&app](const Call& call, const v1::GetTrendRequest& r) { return app.GetTrend(call, r); });
  Unary<v1::CompareUnitsRequest, v1::CompareUnitsResponse>(
      "CompareUnits", [&app](const Call& call, const v1::CompareUnitsRequest& r) { return app.CompareUnits(call, r); });
  Unary<v1::ExplainOverviewRequest, v1::ExplainOverviewResponse>(
      "ExplainOverview", [uses](const Call& call, const v1::ExplainOverviewRequest& r) {
        return ExplainOverview(uses.app, uses.collector, uses.directory, call, r);
      });
  ServerStream<v1::WatchOverviewRequest, v1::Overview>(
      "WatchOverview",
      [uses](const Call&, const v1::WatchOverviewRequest& r) { return WatchOverview(uses.app, uses.hub, r.unit()); });
}

}  // namespace ronghe::gateway
