#include <algorithm>
#include <iterator>

#include <absl/time/time.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/overview_table.h"
#include "ronghe/gateway/v1/overview_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

using v1::Overview;
using v1::OverviewService;
constexpr int kPageSize = 1000;

// All pages in one.
absl::StatusOr<v1::ListChildOverviewsResponse> ListChildren(Session& session, OverviewService::Stub& stub,
                                                            const std::string& unit, const OverviewOptions& options) {
  v1::ListChildOverviewsRequest request;
  request.set_unit(unit);
  request.set_page_size(kPageSize);
  request.set_period(options.period);
  request.set_structure(StructureOf(options.structure));
  request.set_order_by(options.order_by);
  *request.mutable_min_revision() = {options.min_revision.begin(), options.min_revision.end()};
  v1::ListChildOverviewsResponse all;
  RONGHE_RETURN_IF_ERROR(
      (session.CallPages<OverviewService::Stub, v1::ListChildOverviewsRequest, v1::ListChildOverviewsResponse>(
          stub, &OverviewService::Stub::ListChildOverviews, request, [&](v1::ListChildOverviewsResponse& page) {
            google::protobuf::RepeatedPtrField<Overview> before;
            before.Swap(all.mutable_overviews());
            before.MergeFrom(page.overviews());
            all.Swap(&page);
            all.mutable_overviews()->Swap(&before);
          })));
  return all;
}

struct Node {
  Overview overview;
  std::vector<Overview> children;
};

nlohmann::json JsonOf(const google::protobuf::Message& message) {
  return nlohmann::json::parse(ToJson(message), nullptr, false);
}

void PrintJson(Context& context, const v1::ListChildOverviewsResponse& top, const std::vector<Node>& nodes) {
  nlohmann::json json = {{"overviews", nlohmann::json::array()}, {"parts", nlohmann::json::array()}};
  if (top.has_total()) json["total"] = JsonOf(top.total());
  for (const Node& node : nodes) {
    nlohmann::json item = JsonOf(node.overview);
    for (const Overview& child : node.children) item["children"].push_back(JsonOf(child));
    json["overviews"].push_back(std::move(item));
  }
  for (const v1::OverviewPart& part : top.parts()) json["parts"].push_back(JsonOf(part));
  context.out() << json.dump(2) << '\n';
}

void PrintTable(Context& context, const v1::ListChildOverviewsResponse& top, const std::vector<Node>& nodes,
                const OverviewOptions& options) {
  std::vector<Overview> rows;
  std::vector<int> indents;
  const auto add = [&](const Overview& overview, int indent) {
    rows.push_back(overview);
    indents.push_back(indent);
  };
  const int indent = top.has_total() ? 1 : 0;
  if (top.has_total()) add(top.total(), 0);
  for (const Node& node : nodes) {
    add(node.overview, indent);
    for (const Overview& child : node.children) add(child, indent + 1);
  }
  context.out()
      << OverviewTable(rows, indents, /*by_period=*/false, options.all, context.console(), options.order_by).Render();
  const bool differs = std::any_of(rows.begin(), rows.end(), [](const Overview& o) { return o.structure_differs(); });
  PrintNotes(context, top.parts(), differs);
}

// Of the newest figures.
std::string TimeOf(const Overview& overview) {
  int64_t seconds = 0;
  for (const v1::OverviewPart& part : overview.parts()) seconds = std::max(seconds, part.time().seconds());
  return absl::FormatTime("%H:%M:%S", absl::FromUnixSeconds(seconds), absl::LocalTimeZone());
}

absl::Status Watch(const OverviewOptions& options, Context& context, Session& session, OverviewService::Stub& stub) {
  if (options.unit.empty() || options.unit == "-") {
    return common::InvalidArgument("unit", "REQUIRED", {"--watch needs a unit", "--watch 需要指定组织"});
  }
  grpc::ClientContext call;
  session.Prepare(call, context.timeout_given ? context.connect.timeout : absl::InfiniteDuration());
  v1::WatchOverviewRequest request;
  request.set_unit(UnitName(options.unit));
  const auto reader = stub.WatchOverview(&call, request);
  Overview overview;
  for (int seen = 1; reader->Read(&overview); ++seen) {
    if (context.console().json) {
      context.out() << ToJson(overview) << '\n';
    } else {
      context.out() << TimeOf(overview) << '\n'
                    << OverviewTable({overview}, {}, /*by_period=*/false, options.all, context.console()).Render()
                    << '\n';
      PrintNotes(context, overview.parts(), overview.structure_differs());
    }
    context.out().flush();
    if (seen != options.count) continue;
    call.TryCancel();
    (void)reader->Finish();
    return absl::OkStatus();
  }
  return common::FromGrpc(reader->Finish());
}

}  // namespace

absl::Status RunOverview(const OverviewOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  const auto stub = v1::OverviewService::NewStub(session->channel());
  if (options.watch) return Watch(options, context, *session, *stub);
  const std::string unit = UnitName(options.unit.empty() ? "-" : options.unit);
  RONGHE_ASSIGN_OR_RETURN(v1::ListChildOverviewsResponse top, ListChildren(*session, *stub, unit, options));
  // With one root there is nothing to choose: show it with what is below it.
  if (options.unit.empty() && top.overviews_size() == 1) {
    const std::string root = top.overviews(0).unit();
    RONGHE_ASSIGN_OR_RETURN(top, ListChildren(*session, *stub, root, options));
  }
  std::vector<Node> nodes;
  for (Overview& overview : *top.mutable_overviews()) {
    Node node{std::move(overview), {}};
    if (options.depth > 1 && node.overview.child_count() > 0) {
      RONGHE_ASSIGN_OR_RETURN(v1::ListChildOverviewsResponse below,
                              ListChildren(*session, *stub, node.overview.unit(), options));
      node.children.assign(std::make_move_iterator(below.mutable_overviews()->begin()),
                           std::make_move_iterator(below.mutable_overviews()->end()));
    }
    nodes.push_back(std::move(node));
  }
  if (context.console().json) {
    PrintJson(context, top, nodes);
  } else {
    PrintTable(context, top, nodes, options);
  }
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
