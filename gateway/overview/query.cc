#include "gateway/overview/query.h"

#include <algorithm>

#include <absl/strings/strip.h>
#include <fmt/format.h>

#include "gateway/overview/catalog.h"
#include "services/common/values/pages.h"

namespace ronghe::gateway {
namespace {

using common::MonthNumber;
using common::Violations;

constexpr std::string_view kDescending = " desc";
// Names said in an error: all of a service, but no more than the details of an error hold.
constexpr size_t kMaxNamesSaid = 900;

void ReadStructure(common::v1::Structure given, Span& span, Violations& wrong) {
  if (given == common::v1::STRUCTURE_UNSPECIFIED) return;
  if (!common::v1::Structure_IsValid(given)) {
    wrong.Add("structure", "UNKNOWN_VALUE",
              {"must be STRUCTURE_THEN or STRUCTURE_NOW", "应为 STRUCTURE_THEN 或 STRUCTURE_NOW"});
    return;
  }
  span.structure = given;
}

bool IsMonth(const common::Period& period) {
  return period.first == period.last;
}

// `months_only`: where a quarter or year makes no sense.
void ReadPeriod(std::string_view field, const std::string& text, MonthNumber now, bool months_only, Span& span,
                Violations& wrong) {
  if (text.empty()) {
    span.period = {now, now};
  } else if (const auto period = common::ParsePeriod(text); period.has_value() && (!months_only || IsMonth(*period))) {
    span.period = *period;
  } else if (months_only) {
    wrong.Add(std::string(field), "BAD_PERIOD", {"must be a month, as in 2026-11", "应为月份，例如 2026-11"});
    return;
  } else {
    wrong.Add(std::string(field), "BAD_PERIOD",
              {"must be a month, quarter or year, as in 2026-11, 2026-Q4 or 2026",
               "应为月份、季度或年份，例如 2026-11、2026-Q4 或 2026"});
    return;
  }
  if (span.period.first > now) {
    wrong.Add(std::string(field), "IN_FUTURE", {"the period has not begun", "该期间尚未开始"});
  }
  span.text = common::PeriodText(span.period);
}

// So many months before the last of a span.
MonthNumber Before(const Span& last, int months) {
  return common::MonthOf(common::CivilMonthOf(last.period.last) - months);
}

template <typename Request>
Span ReadBoth(const Request& request, MonthNumber now, Violations& wrong) {
  Span span;
  ReadPeriod("period", request.period(), now, /*months_only=*/false, span, wrong);
  ReadStructure(request.structure(), span, wrong);
  return span;
}

std::string NamesOf(std::string_view service) {
  std::string names;
  const auto add = [&](std::string_view name) {
    if (names.size() + name.size() > kMaxNamesSaid) return;
    names += names.empty() ? "" : ", ";
    names += name;
  };
  for (const FigureSet& set : Figures()) {
    if (set.service != service) continue;
    for (const auto* metric : set.metrics) add(fmt::format("{}.{}", set.service, metric->name()));
    for (const RateRule& rate : set.rates) add(rate.name);
  }
  return names;
}

std::string Services() {
  std::string names;
  for (const FigureSet& set : Figures()) names += (names.empty() ? "" : ", ") + set.service;
  return names;
}

bool FindFigure(std::string_view name, Order& order) {
  for (const FigureSet& set : Figures()) {
    std::string_view rest = name;
    if (!rest.starts_with(set.service) || rest.substr(set.service.size(), 1) != ".") continue;
    rest.remove_prefix(set.service.size() + 1);
    order.field = set.field;
    for (const auto* metric : set.metrics) {
      if (metric->name() == rest) order.value = metric;
    }
    for (const RateRule& rate : set.rates) {
      if (rate.name != name) continue;
      order.value = rate.numerator;
      order.divided_by = rate.denominator;
    }
    return order.value != nullptr;
  }
  return false;
}

Order ReadOrder(const std::string& text, Violations& wrong) {
  Order order;
  std::string_view name = text;
  if (name.ends_with(kDescending)) {
    order.descending = true;
    name.remove_suffix(kDescending.size());
  }
  if (text.empty() || name == "code" || FindFigure(name, order)) return order;
  const std::string names = NamesOf(name.substr(0, name.find('.')));
  if (names.empty()) {
    wrong.Add(
        "order_by", "UNKNOWN_METRIC",
        {fmt::format("must be code, or a metric or rate as {{service}}.{{name}} with a service of {}", Services()),
         fmt::format("应为 code，或“服务.指标”，服务为 {}", Services())});
  } else {
    wrong.Add("order_by", "UNKNOWN_METRIC",
              {fmt::format("must be code, or one of {}", names), fmt::format("应为 code，或以下之一：{}", names)});
  }
  return order;
}

}  // namespace

Sensitivity SensitivityOf(const Span& span, MonthNumber now) {
  if (span.structure == common::v1::STRUCTURE_NOW) return Sensitivity::kUnit;
  return span.period.first == now && span.period.last == now ? Sensitivity::kUnit : Sensitivity::kAnyUnit;
}

absl::StatusOr<Span> ReadSpan(const v1::GetOverviewRequest& request, MonthNumber now) {
  Violations wrong;
  Span span = ReadBoth(request, now, wrong);
  RONGHE_RETURN_IF_ERROR(wrong.ToStatus());
  return span;
}

absl::StatusOr<Span> ReadSpan(const v1::CompareUnitsRequest& request, MonthNumber now) {
  Violations wrong;
  Span span = ReadBoth(request, now, wrong);
  if (request.units().empty()) wrong.Add("units", "REQUIRED", {"name 1 to 20 units", "请给出 1 至 20 个组织"});
  if (request.units_size() > kMaxCompared) {
    wrong.Add("units", "TOO_MANY", {"at most 20 units", "最多 20 个组织"});
  }
  RONGHE_RETURN_IF_ERROR(wrong.ToStatus());
  return span;
}

absl::StatusOr<std::vector<Span>> ReadSpans(const v1::GetTrendRequest& request, MonthNumber now) {
  Violations wrong;
  Span last;
  ReadPeriod("end_period", request.end_period(), now, /*months_only=*/true, last, wrong);
  ReadStructure(request.structure(), last, wrong);
  const int months = request.months() == 0 ? kDefaultMonths : request.months();
  if (months < 1 || months > kMaxMonths) {
    wrong.Add("months", "OUT_OF_RANGE", {"must be 1 to 36", "应为 1 至 36"});
  } else if (last.period.last != 0 && !common::ParsePeriod(common::MonthText(Before(last, months - 1))).has_value()) {
    wrong.Add("months", "OUT_OF_RANGE",
              {"the first of the months must not lie before 1900", "起始月份不得早于 1900 年"});
  }
  RONGHE_RETURN_IF_ERROR(wrong.ToStatus());
  std::vector<Span> spans;
  for (int i = months - 1; i >= 0; --i) {
    Span span = last;
    const MonthNumber month = Before(last, i);
    span.period = {month, month};
    span.text = common::MonthText(month);
    spans.push_back(std::move(span));
  }
  return spans;
}

absl::StatusOr<Span> ReadSpan(const v1::ExplainOverviewRequest& request, MonthNumber now) {
  Violations wrong;
  Span span;
  if (request.period().empty()) {
    wrong.Add("period", "REQUIRED", {"name a month, as in 2026-11", "请给出月份，例如 2026-11"});
  } else {
    ReadPeriod("period", request.period(), now, /*months_only=*/true, span, wrong);
  }
  RONGHE_RETURN_IF_ERROR(wrong.ToStatus());
  return span;
}

absl::StatusOr<ListQuery> ReadList(const v1::ListChildOverviewsRequest& request, MonthNumber now) {
  Violations wrong;
  ListQuery query;
  query.span = ReadBoth(request, now, wrong);
  query.order = ReadOrder(request.order_by(), wrong);
  const absl::StatusOr<int> size = common::PageSize(request.page_size());
  if (size.ok()) {
    query.page_size = *size;
  } else {
    wrong.AddAll(size.status());
  }
  RONGHE_RETURN_IF_ERROR(wrong.ToStatus());
  return query;
}

}  // namespace ronghe::gateway
