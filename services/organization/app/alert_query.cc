#include "services/organization/app/alert_query.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "services/common/values/clock.h"
#include "services/common/values/status.h"
#include "services/organization/app/unit_app.h"

namespace ronghe::organization {
namespace {

constexpr size_t kMostUnits = 512;
constexpr int kAlertsAtOnce = 500;

std::string PositionText(const AlertPosition& position) {
  return fmt::format("{}.{}.{}.{}", position.severity, position.since, position.unit.value, position.rule);
}

absl::StatusOr<AlertPosition> ReadAlertPosition(const std::string& text) {
  AlertPosition position;
  if (text.empty()) return position;
  int64_t* const parts[] = {&position.severity, &position.since, &position.unit.value, &position.rule};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (size_t i = 0; i < std::size(parts); ++i) {
    const auto read = std::from_chars(at, end, *parts[i]);
    const bool last = i + 1 == std::size(parts);
    if (read.ec != std::errc() || (last ? read.ptr != end : read.ptr == end || *read.ptr != '.')) {
      return common::Internal("a signed page token has another form");
    }
    at = read.ptr + 1;
  }
  return position;
}

}  // namespace

AlertPosition StoredAlert::position() const {
  return {static_cast<int64_t>(severity), common::DayNumber(since), unit, static_cast<int64_t>(rule)};
}

absl::StatusOr<AlertFilter> ParseAlertFilter(std::string_view filter) {
  RONGHE_ASSIGN_OR_RETURN(const std::vector<common::Condition> conditions,
                          common::ParseFilter(filter, {"rule", "severity"}));
  AlertFilter parsed;
  for (const common::Condition& condition : conditions) {
    const bool of_rule = condition.field == "rule";
    const int value =
        of_rule ? static_cast<int>(AlertRuleFromName(condition.value).value_or(AlertRule::kUnspecified))
                : static_cast<int>(AlertSeverityFromName(condition.value).value_or(AlertSeverity::kUnspecified));
    if (value == 0) {
      return common::InvalidArgument(
          "filter", "UNKNOWN_VALUE",
          {fmt::format("{} has no such value", condition.field), fmt::format("{} 没有该取值", condition.field)});
    }
    uint32_t& mask = of_rule ? parsed.rules : parsed.severities;
    mask &= condition.negated ? ~(1u << value) : 1u << value;
  }
  return parsed;
}

absl::Status AlertQuery::Collect(const common::Call& call, common::UnitUid root, const UnitsOfPartition& part,
                                 const AlertFilter& filter, AlertPosition after, int limit,
                                 std::vector<StoredAlert>& alerts) {
  const bool few = part.units.size() <= kMostUnits;
  const UnitsOfPartition asked{part.partition, few ? part.units : std::vector<common::UnitUid>()};
  int found = 0;
  while (found < limit) {
    if (call.cancelled()) return common::Cancelled();
    RONGHE_ASSIGN_OR_RETURN(const std::vector<StoredAlert> some,
                            store_.List(asked, filter, after, few ? limit : kAlertsAtOnce, call.deadline));
    for (const StoredAlert& alert : some) {
      if (!few && !tree_.IsWithin(alert.unit, root)) continue;
      alerts.push_back(alert);
      if (++found == limit) break;
    }
    if (few || static_cast<int>(some.size()) < kAlertsAtOnce) break;
    after = some.back().position();
  }
  return absl::OkStatus();
}

absl::StatusOr<AlertPage> AlertQuery::List(const common::Call& call, const ListAlertsQuery& query) {
  const std::string text = fmt::format("alerts\n{}\n{}", query.unit, query.filter);
  common::Violations violations;
  const absl::StatusOr<AlertFilter> filter = ParseAlertFilter(query.filter);
  violations.AddAll(filter.status());
  const absl::StatusOr<int> page_size = common::PageSize(query.page_size);
  violations.AddAll(page_size.status());
  const absl::StatusOr<std::string> token = common::ReadPageToken(signer_, text, query.page_token);
  violations.AddAll(token.status());
  const absl::StatusOr<std::string> code = CodeFromName(query.unit, "unit");
  violations.AddAll(code.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  const std::optional<TreeUnit> root = tree_.FindByCode(*code);
  if (!root || !tree_.Covers(call.scope, root->uid)) return common::NotFound(query.unit);
  RONGHE_ASSIGN_OR_RETURN(const AlertPosition after, ReadAlertPosition(*token));
  std::map<common::PartitionId, std::vector<common::UnitUid>> parts;
  tree_.VisitSubtree(root->uid, [&](const TreeUnit& unit) { parts[unit.partition].push_back(unit.uid); });
  AlertPage page;
  for (auto& [partition, units] : parts) {
    const UnitsOfPartition part{partition, std::move(units)};
    RONGHE_RETURN_IF_ERROR(Collect(call, root->uid, part, *filter, after, *page_size + 1, page.alerts));
  }
  std::sort(page.alerts.begin(), page.alerts.end(),
            [](const StoredAlert& a, const StoredAlert& b) { return a.position() < b.position(); });
  if (page.alerts.size() > static_cast<size_t>(*page_size)) {
    page.alerts.erase(page.alerts.begin() + *page_size, page.alerts.end());
    page.next_page_token = common::MakePageToken(signer_, text, PositionText(page.alerts.back().position()));
  }
  return page;
}

}  // namespace ronghe::organization
