#include "services/rectification/storage/problem_rollup.h"

#include <map>
#include <string>
#include <utility>

#include "services/common/values/status.h"
#include "services/rectification/storage/risk_rollup.h"

namespace ronghe::rectification {
namespace {

namespace sql = common::sql;

constexpr std::string_view kOpen = "problems_open";
constexpr std::string_view kOverdue = "problems_overdue";

// States 6 and 8: closed and cancelled.
constexpr sql::Query kStocks{"problem_stocks",
                             "SELECT unit_uid, COUNT(*), CAST(COALESCE(SUM(overdue), 0) AS BIGINT) FROM problem "
                             "WHERE state NOT IN (6, 8) GROUP BY unit_uid ORDER BY unit_uid"};
constexpr sql::Query kFlows{"problem_flows",
                            "SELECT unit_uid, month, event, on_time, COUNT(*) FROM problem_step "
                            "GROUP BY unit_uid, month, event, on_time ORDER BY unit_uid, month, event, on_time"};

}  // namespace

ProblemStocks StocksOf(const Problem& problem) {
  if (!IsOpen(problem.state)) return {};
  return {1, problem.overdue ? 1 : 0};
}

std::vector<std::string_view> FlowsOf(ProblemEvent event, bool on_time) {
  switch (event) {
    case ProblemEvent::kRegister:
      return {"problems_found"};
    case ProblemEvent::kClose:
      if (on_time) return {"problems_closed", "problems_closed_on_time"};
      return {"problems_closed"};
    case ProblemEvent::kReturn:
      return {"problems_returned"};
    case ProblemEvent::kEscalate:
      return {"problems_escalated"};
    case ProblemEvent::kReopen:
    case ProblemEvent::kRecur:
      return {"problems_recurring"};
    default:
      return {};
  }
}

common::MonthNumber MonthOfStep(const ProblemStep& step, absl::TimeZone zone) {
  return common::MonthOf(absl::CivilMonth(absl::ToCivilSecond(step.at, zone)));
}

common::RollupChange ProblemChange(common::UnitUid unit, const Problem* before, const Problem* after,
                                   std::span<const ProblemStep> steps, absl::TimeZone zone, int sign) {
  std::map<common::MonthNumber, std::map<std::string_view, int64_t>> added;
  for (const ProblemStep& step : steps) {
    auto& month = added[MonthOfStep(step, zone)];
    for (const std::string_view metric : FlowsOf(step.event, step.on_time)) month[metric] += sign;
  }
  const ProblemStocks was = before == nullptr ? ProblemStocks() : StocksOf(*before);
  const ProblemStocks is = after == nullptr ? ProblemStocks() : StocksOf(*after);
  if (added.empty()) added[0];
  // Stocks change now, whatever the month.
  auto& last = added.rbegin()->second;
  last[kOpen] += is.open - was.open;
  last[kOverdue] += is.overdue - was.overdue;
  common::RollupChange change;
  for (const auto& [month, metrics] : added) {
    common::RollupChange::Amount amount;
    amount.unit = unit;
    amount.month = month;
    for (const auto& [metric, value] : metrics) {
      if (value != 0) amount.metrics.emplace_back(metric, value);
    }
    if (!amount.metrics.empty()) change.amounts.push_back(std::move(amount));
  }
  return change;
}

absl::Status ProblemFacts::Count(sql::Session& session, EachAmount each) {
  RONGHE_RETURN_IF_ERROR(session.Select(kStocks, {}, [&](const sql::Row& row) {
    const common::UnitUid unit(row.Int(0));
    each(unit, 0, IndexOf(kOpen), row.Int(1));
    if (row.Int(2) != 0) each(unit, 0, IndexOf(kOverdue), row.Int(2));
    return absl::OkStatus();
  }));
  RONGHE_RETURN_IF_ERROR(session.Select(kFlows, {}, [&](const sql::Row& row) {
    for (const std::string_view metric : FlowsOf(static_cast<ProblemEvent>(row.Int(2)), row.Int(3) != 0)) {
      each(common::UnitUid(row.Int(0)), static_cast<common::MonthNumber>(row.Int(1)), IndexOf(metric), row.Int(4));
    }
    return absl::OkStatus();
  }));
  return CountRisks(session, metrics_, each);
}

}  // namespace ronghe::rectification
