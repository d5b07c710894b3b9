#include <map>
#include <set>

#include <fmt/format.h>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/overview_table.h"
#include "ronghe/gateway/v1/overview_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace {

using v1::Overview;
using v1::OverviewService;

template <typename Response>
void Print(Context& context, const Response& response, bool by_period, bool all) {
  if (context.console().json) {
    context.out() << ToJson(response, /*indented=*/true) << '\n';
    return;
  }
  const std::vector<Overview> rows(response.overviews().begin(), response.overviews().end());
  context.out() << OverviewTable(rows, {}, by_period, all, context.console()).Render();
  PrintNotes(context, response.parts(), !rows.empty() && rows.front().structure_differs());
}

// The metric's label, or its name where it has none.
std::string MetricLabel(const std::string& service, const std::string& metric, Language language) {
  const auto* field = Overview::descriptor()->FindFieldByName(service);
  if (field != nullptr && field->message_type() != nullptr) {
    for (const MetricColumn& column : MetricColumns(field->message_type(), language, /*all=*/true)) {
      if (column.field->name() == metric) return column.label;
    }
  }
  return metric;
}

std::string Name(const std::string& unit) {
  return unit.empty() ? "–" : std::string(CodeOf(unit));
}

void PrintDifference(Context& context, const std::string& service,
                     const common::v1::GetStructureDifferenceResponse& difference) {
  const Console& console = context.console();
  Table table({{console.Say({"metric", "指标"})},
               {console.Say({"then", "当时"}), true},
               {console.Say({"now", "现在"}), true},
               {console.Say({"unit", "组织"})},
               {console.Say({"change", "变动"})},
               {console.Say({"under then", "当时上级"})},
               {console.Say({"under now", "现在上级"})},
               {console.Say({"recorded", "记录数"}), true}});
  std::set<std::string> metrics;
  for (const auto& [metric, value] : difference.then()) metrics.insert(metric);
  for (const auto& [metric, value] : difference.now()) metrics.insert(metric);
  const auto value_of = [](const auto& map, const std::string& metric) {
    const auto found = map.find(metric);
    return found == map.end() ? int64_t{0} : found->second;
  };
  for (const std::string& metric : metrics) {
    const int64_t then = value_of(difference.then(), metric);
    const int64_t now = value_of(difference.now(), metric);
    std::vector<std::vector<std::string>> causes;
    for (const common::v1::StructureDifference& one : difference.differences()) {
      const int64_t amount = value_of(one.amounts(), metric);
      if (amount == 0) continue;
      const bool joined = one.kind() == common::v1::STRUCTURE_DIFFERENCE_KIND_JOINED;
      causes.push_back({Name(one.unit()), joined ? console.Say({"joined", "划入"}) : console.Say({"left", "划出"}),
                        Name(one.parent_then()), Name(one.parent_now()), Thousands(amount)});
    }
    if (then == now && causes.empty()) continue;
    if (causes.empty()) causes.emplace_back();
    for (size_t i = 0; i < causes.size(); ++i) {
      std::vector<std::string> cells = {"", "", ""};
      if (i == 0) cells = {MetricLabel(service, metric, console.language), Thousands(then), Thousands(now)};
      cells.insert(cells.end(), causes[i].begin(), causes[i].end());
      table.AddRow(std::move(cells));
    }
  }
  context.out() << service << '\n';
  if (table.rows() == 0) {
    context.out() << console.Say({"no difference", "无差异"}) << "\n\n";
  } else {
    context.out() << table.Render() << '\n';
  }
}

}  // namespace

absl::Status RunTrend(const TrendOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  const auto stub = v1::OverviewService::NewStub(session->channel());
  v1::GetTrendRequest request;
  request.set_unit(UnitName(options.unit));
  request.set_end_period(options.end_period);
  request.set_months(options.months);
  *request.mutable_min_revision() = {options.min_revision.begin(), options.min_revision.end()};
  request.set_structure(StructureOf(options.structure));
  RONGHE_ASSIGN_OR_RETURN(const v1::GetTrendResponse response,
                          (session->Call<OverviewService::Stub, v1::GetTrendRequest, v1::GetTrendResponse>(
                              *stub, &OverviewService::Stub::GetTrend, request)));
  Print(context, response, /*by_period=*/true, options.all);
  return absl::OkStatus();
}

absl::Status RunCompare(const CompareOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  const auto stub = v1::OverviewService::NewStub(session->channel());
  v1::CompareUnitsRequest request;
  for (const std::string& unit : options.units) request.add_units(UnitName(unit));
  *request.mutable_min_revision() = {options.min_revision.begin(), options.min_revision.end()};
  request.set_period(options.period);
  request.set_structure(StructureOf(options.structure));
  RONGHE_ASSIGN_OR_RETURN(const v1::CompareUnitsResponse response,
                          (session->Call<OverviewService::Stub, v1::CompareUnitsRequest, v1::CompareUnitsResponse>(
                              *stub, &OverviewService::Stub::CompareUnits, request)));
  Print(context, response, /*by_period=*/false, options.all);
  return absl::OkStatus();
}

absl::Status RunExplain(const ExplainOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  const auto stub = v1::OverviewService::NewStub(session->channel());
  v1::ExplainOverviewRequest request;
  request.set_unit(UnitName(options.unit));
  *request.mutable_min_revision() = {options.min_revision.begin(), options.min_revision.end()};
  request.set_period(options.period);
  RONGHE_ASSIGN_OR_RETURN(
      const v1::ExplainOverviewResponse response,
      (session->Call<OverviewService::Stub, v1::ExplainOverviewRequest, v1::ExplainOverviewResponse>(
          *stub, &OverviewService::Stub::ExplainOverview, request)));
  if (context.console().json) {
    context.out() << ToJson(response, /*indented=*/true) << '\n';
    return absl::OkStatus();
  }
  const std::map<std::string, common::v1::GetStructureDifferenceResponse> services(response.services().begin(),
                                                                                   response.services().end());
  for (const auto& [service, difference] : services) PrintDifference(context, service, difference);
  PrintNotes(context, response.parts(), false);
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
