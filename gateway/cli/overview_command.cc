#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "gateway/cli/commands.h"
#include "gateway/cli/labels.h"
#include "gateway/cli/table.h"
#include "ronghe/gateway/v1/overview_service.grpc.pb.h"

namespace ronghe::gateway::cli {
namespace pb = google::protobuf;
namespace {

using v1::Overview;
constexpr int kPageSize = 1000;

struct Children {
  std::vector<Overview> overviews;
  Overview total;
  std::vector<v1::OverviewPart> parts;
};

struct Node {
  Overview overview;
  std::vector<Overview> children;
};

absl::StatusOr<Children> ListChildren(Session& session, v1::OverviewService::Stub& stub, const std::string& unit) {
  v1::ListChildOverviewsRequest request;
  request.set_unit(unit);
  request.set_page_size(kPageSize);
  Children children;
  RONGHE_RETURN_IF_ERROR(
      (session.CallPages<v1::OverviewService::Stub, v1::ListChildOverviewsRequest, v1::ListChildOverviewsResponse>(
          stub, &v1::OverviewService::Stub::ListChildOverviews, request, [&](v1::ListChildOverviewsResponse& response) {
            std::move(response.mutable_overviews()->begin(), response.mutable_overviews()->end(),
                      std::back_inserter(children.overviews));
            if (response.has_total()) children.total = response.total();
            children.parts.assign(response.parts().begin(), response.parts().end());
          })));
  return children;
}

// The message of each service's figures in an overview, and the columns they make.
struct Figures {
  const pb::FieldDescriptor* field;
  std::vector<MetricColumn> columns;
};
std::vector<Figures> AllFigures(Language language, bool all) {
  std::vector<Figures> figures;
  const pb::Descriptor* type = Overview::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    if (field->is_repeated() || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    auto columns = MetricColumns(field->message_type(), language, all);
    if (!columns.empty()) figures.push_back({field, std::move(columns)});
  }
  return figures;
}

void AddRow(Table& table, const Overview& overview, int indent, const std::vector<Figures>& all, Language language) {
  const pb::EnumValueDescriptor* level =
      pb::GetEnumDescriptor<organization::v1::Level>()->FindValueByNumber(overview.level());
  std::vector<std::string> cells = {
      fmt::format("{}{}", std::string(static_cast<size_t>(indent) * 2, ' '), overview.title()),
      std::string(CodeOf(overview.unit())), level == nullptr ? "" : LabelOf(level, language)};
  const pb::Reflection* reflection = overview.GetReflection();
  for (const Figures& figures : all) {
    const bool there = reflection->HasField(overview, figures.field);
    const pb::Message& message = reflection->GetMessage(overview, figures.field);
    for (const MetricColumn& column : figures.columns) {
      cells.push_back(there ? Thousands(message.GetReflection()->GetInt64(message, column.field)) : "–");
    }
  }
  table.AddRow(std::move(cells));
}

Table EmptyTable(const std::vector<Figures>& all, const Console& console) {
  std::vector<Table::Column> columns = {
      {console.Say({"unit", "组织"})}, {console.Say({"code", "代码"})}, {console.Say({"level", "层级"})}};
  for (const Figures& figures : all) {
    for (const MetricColumn& column : figures.columns) columns.push_back({column.label, /*right=*/true});
  }
  return Table(std::move(columns));
}

std::string PartNote(const v1::OverviewPart& part, const Console& console) {
  if (part.missing()) {
    return console.Say({fmt::format("{} does not answer: its figures are missing", part.service()),
                        fmt::format("{} 服务无响应：缺少其数据", part.service())});
  }
  const std::string time =
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixSeconds(part.time().seconds()), absl::UTCTimeZone());
  if (part.stale()) {
    return console.Say({fmt::format("{} does not answer: figures as of {}", part.service(), time),
                        fmt::format("{} 服务无响应：数据截至 {}", part.service(), time)});
  }
  return "";
}

nlohmann::json JsonOf(const pb::Message& message) {
  return nlohmann::json::parse(ToJson(message), nullptr, false);
}

void PrintJson(Context& context, const Overview& total, const std::vector<Node>& nodes,
               const std::vector<v1::OverviewPart>& parts) {
  nlohmann::json json = {{"overviews", nlohmann::json::array()}, {"parts", nlohmann::json::array()}};
  if (!total.unit().empty()) json["total"] = JsonOf(total);
  for (const Node& node : nodes) {
    nlohmann::json item = JsonOf(node.overview);
    for (const Overview& child : node.children) item["children"].push_back(JsonOf(child));
    json["overviews"].push_back(std::move(item));
  }
  for (const v1::OverviewPart& part : parts) json["parts"].push_back(JsonOf(part));
  context.out() << json.dump(2) << '\n';
}

}  // namespace

absl::Status RunOverview(const OverviewOptions& options, Context& context) {
  RONGHE_ASSIGN_OR_RETURN(Session * session, context.session());
  auto stub = v1::OverviewService::NewStub(session->channel());
  const std::string unit = UnitName(options.unit.empty() ? "-" : options.unit);
  RONGHE_ASSIGN_OR_RETURN(Children top, ListChildren(*session, *stub, unit));
  // With one root there is nothing to choose: show it with what is below it.
  if (options.unit.empty() && top.overviews.size() == 1) {
    const std::string root = top.overviews[0].unit();
    RONGHE_ASSIGN_OR_RETURN(top, ListChildren(*session, *stub, root));
  }
  std::vector<Node> nodes;
  for (Overview& overview : top.overviews) {
    Node node{std::move(overview), {}};
    if (options.depth > 1 && node.overview.child_count() > 0) {
      RONGHE_ASSIGN_OR_RETURN(Children below, ListChildren(*session, *stub, node.overview.unit()));
      node.children = std::move(below.overviews);
    }
    nodes.push_back(std::move(node));
  }
  if (context.console().json) {
    PrintJson(context, top.total, nodes, top.parts);
    return absl::OkStatus();
  }
  const Language language = context.console().language;
  const std::vector<Figures> figures = AllFigures(language, options.all);
  Table table = EmptyTable(figures, context.console());
  const int indent = top.total.unit().empty() ? 0 : 1;
  if (indent > 0) AddRow(table, top.total, 0, figures, language);
  for (const Node& node : nodes) {
    AddRow(table, node.overview, indent, figures, language);
    for (const Overview& child : node.children) AddRow(table, child, indent + 1, figures, language);
  }
  context.out() << table.Render();
  for (const v1::OverviewPart& part : top.parts) {
    if (const std::string note = PartNote(part, context.console()); !note.empty()) context.err() << note << '\n';
  }
  return absl::OkStatus();
}

}  // namespace ronghe::gateway::cli
