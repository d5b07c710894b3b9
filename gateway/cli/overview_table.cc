#include "gateway/cli/overview_table.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "gateway/cli/labels.h"
#include "ronghe/common/v1/metric.pb.h"

namespace ronghe::gateway::cli {
namespace pb = google::protobuf;
namespace {

using common::v1::MetricUnit;
using v1::Overview;

constexpr char kNothing[] = "–";

struct Scale {
  double factor;
  int decimals;
};
Scale ScaleOf(MetricUnit unit) {
  switch (unit) {
    case common::v1::METRIC_UNIT_DECI_HOURS:
      return {0.1, 1};
    case common::v1::METRIC_UNIT_CENTI_POINTS:
      return {0.01, 2};
    default:
      return {1, 0};
  }
}

MetricUnit UnitOf(const pb::FieldDescriptor* metric) {
  return metric == nullptr ? common::v1::METRIC_UNIT_COUNT : metric->options().GetExtension(common::v1::metric).unit();
}

const std::string& Pick(const std::string& zh, const std::string& en, Language language) {
  return language == Language::kChinese ? zh : en;
}

void AddColumns(const pb::FieldDescriptor* service, Language language, bool all, std::vector<FigureColumn>& columns) {
  const pb::Descriptor* type = service->message_type();
  for (const MetricColumn& metric : MetricColumns(type, language, all)) {
    const Scale scale = ScaleOf(UnitOf(metric.field));
    columns.push_back({service, metric.field, "", scale.factor, scale.decimals, "", metric.label});
  }
  const int rates = type->options().ExtensionSize(common::v1::rate);
  for (int i = 0; i < rates; ++i) {
    const common::v1::Rate& rate = type->options().GetExtension(common::v1::rate, i);
    if (!all && !rate.shown_by_default()) continue;
    const MetricUnit above = UnitOf(type->FindFieldByName(rate.numerator()));
    const bool share = above == UnitOf(type->FindFieldByName(rate.denominator()));
    const Scale scale = share ? Scale{100, 1} : ScaleOf(above);
    columns.push_back({service, nullptr, fmt::format("{}.{}", service->name(), rate.name()), scale.factor,
                       scale.decimals, share ? "%" : "", Pick(rate.label_zh(), rate.label_en(), language)});
  }
}

std::string Number(double value, const FigureColumn& column) {
  if (column.decimals == 0) return Thousands(std::llround(value * column.scale)) + column.suffix;
  return fmt::format("{:.{}f}{}", value * column.scale, column.decimals, column.suffix);
}

// The figure that a list is ordered by; nullopt for `code` and the like.
std::optional<FigureColumn> OrderedColumn(const std::string& ordered_by, Language language) {
  const std::string name = ordered_by.substr(0, ordered_by.find(' '));
  const size_t dot = name.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const pb::FieldDescriptor* service = Overview::descriptor()->FindFieldByName(name.substr(0, dot));
  if (service == nullptr || service->message_type() == nullptr) return std::nullopt;
  std::vector<FigureColumn> columns;
  AddColumns(service, language, /*all=*/true, columns);
  for (const FigureColumn& column : columns) {
    if (column.metric == nullptr ? column.rate == name : column.metric->name() == name.substr(dot + 1)) return column;
  }
  return std::nullopt;
}

std::string PartNote(const v1::OverviewPart& part, const Console& console) {
  if (part.missing() && !part.stale()) {
    return console.Say({fmt::format("{} does not answer: its figures are missing", part.service()),
                        fmt::format("{} 服务无响应：缺少其数据", part.service())});
  }
  if (!part.stale()) return "";
  const std::string time =
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixSeconds(part.time().seconds()), absl::UTCTimeZone());
  return console.Say({fmt::format("{} does not answer: figures as of {}", part.service(), time),
                      fmt::format("{} 服务无响应：数据截至 {}", part.service(), time)});
}

}  // namespace

std::vector<FigureColumn> FigureColumns(const std::vector<Overview>& overviews, Language language, bool all) {
  std::vector<FigureColumn> columns;
  const pb::Descriptor* type = Overview::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    if (field->is_repeated() || field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    // A service that has counted nothing yet would only make the table wide.
    const auto has = [&](const Overview& overview) {
      const pb::Reflection& reflection = *overview.GetReflection();
      return reflection.HasField(overview, field) && (all || reflection.GetMessage(overview, field).ByteSizeLong() > 0);
    };
    if (std::any_of(overviews.begin(), overviews.end(), has)) AddColumns(field, language, all, columns);
  }
  return columns;
}

std::string FigureCell(const Overview& overview, const FigureColumn& column) {
  if (column.metric == nullptr) {
    for (const v1::RateValue& rate : overview.rates()) {
      if (rate.name() == column.rate) return Number(rate.value(), column);
    }
    return kNothing;
  }
  if (!overview.GetReflection()->HasField(overview, column.service)) return kNothing;
  const pb::Message& figures = overview.GetReflection()->GetMessage(overview, column.service);
  const int64_t value = figures.GetReflection()->GetInt64(figures, column.metric);
  return column.decimals == 0 ? Thousands(value) : Number(static_cast<double>(value), column);
}

Table OverviewTable(const std::vector<Overview>& overviews, const std::vector<int>& indents, bool by_period, bool all,
                    const Console& console, const std::string& ordered_by) {
  std::vector<FigureColumn> figures = FigureColumns(overviews, console.language, all);
  const std::optional<FigureColumn> ordered = OrderedColumn(ordered_by, console.language);
  if (ordered.has_value()) {
    std::erase_if(figures,
                  [&](const FigureColumn& one) { return one.metric == ordered->metric && one.rate == ordered->rate; });
  }
  std::vector<Table::Column> columns;
  if (by_period) {
    columns.push_back({console.Say({"period", "期间"})});
  } else {
    columns = {{console.Say({"unit", "组织"})}, {console.Say({"code", "代码"})}, {console.Say({"level", "层级"})}};
  }
  const auto ranked = [](const Overview& overview) { return overview.rank() > 0; };
  const bool ranks = std::any_of(overviews.begin(), overviews.end(), ranked);
  if (ranks || ordered.has_value()) columns.push_back({console.Say({"rank", "位次"}), /*right=*/true});
  const bool shares = ordered.has_value() && ordered->metric != nullptr;
  if (ordered.has_value()) columns.push_back({ordered->label, /*right=*/true});
  if (shares) columns.push_back({console.Say({"share", "占比"}), /*right=*/true});
  for (const FigureColumn& figure : figures) columns.push_back({figure.label, /*right=*/true});
  Table table(std::move(columns));
  for (size_t i = 0; i < overviews.size(); ++i) {
    const Overview& overview = overviews[i];
    std::vector<std::string> cells;
    if (by_period) {
      cells.push_back(overview.period());
    } else {
      const auto* level = pb::GetEnumDescriptor<organization::v1::Level>()->FindValueByNumber(overview.level());
      const size_t indent = i < indents.size() ? static_cast<size_t>(indents[i]) * 2 : 0;
      cells = {fmt::format("{}{}", std::string(indent, ' '), overview.title()), std::string(CodeOf(overview.unit())),
               level == nullptr ? "" : LabelOf(level, console.language)};
    }
    const bool placed = overview.rank() > 0;
    if (ranks || ordered.has_value()) cells.push_back(placed ? std::to_string(overview.rank()) : "");
    if (ordered.has_value()) cells.push_back(FigureCell(overview, *ordered));
    if (shares) cells.push_back(placed ? fmt::format("{:.1f}%", overview.share() * 100) : "");
    for (const FigureColumn& figure : figures) cells.push_back(FigureCell(overview, figure));
    table.AddRow(std::move(cells));
  }
  return table;
}

void PrintNotes(Context& context, const pb::RepeatedPtrField<v1::OverviewPart>& parts, bool structure_differs) {
  for (const v1::OverviewPart& part : parts) {
    if (const std::string note = PartNote(part, context.console()); !note.empty()) context.err() << note << '\n';
  }
  if (!structure_differs) return;
  context.err() << context.console().Say(
                       {"a move is still on its way: the services' figures are summed under different "
                        "structures",
                        "组织调整尚未同步完成：各服务数据按不同的组织结构汇总"})
                << '\n';
}

common::v1::Structure StructureOf(const std::string& name) {
  if (name == "now") return common::v1::STRUCTURE_NOW;
  return name.empty() ? common::v1::STRUCTURE_UNSPECIFIED : common::v1::STRUCTURE_THEN;
}

}  // namespace ronghe::gateway::cli
