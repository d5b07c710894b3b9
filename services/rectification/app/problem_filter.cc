#include "services/rectification/app/problem_filter.h"

#include <cstdio>
#include <string>

#include <absl/time/time.h>
#include <fmt/format.h>

#include "services/common/values/pages.h"
#include "services/common/values/resource_name.h"
#include "services/common/values/status.h"

namespace ronghe::rectification {
namespace {

using common::Condition;

absl::Status UnknownValue(const Condition& condition) {
  return common::InvalidArgument(
      "filter", "UNKNOWN_VALUE",
      {fmt::format("{} has no such value", condition.field), fmt::format("{} 没有该取值", condition.field)});
}

template <typename Enum>
absl::Status NarrowMask(const Condition& condition, std::optional<Enum> value, uint32_t& mask) {
  if (!value) return UnknownValue(condition);
  const uint32_t bit = 1u << static_cast<int>(*value);
  mask &= condition.negated ? ~bit : bit;
  return absl::OkStatus();
}

absl::Status NarrowFlag(const Condition& condition, std::optional<bool>& flag) {
  if (condition.value != "TRUE" && condition.value != "FALSE") return UnknownValue(condition);
  flag = (condition.value == "TRUE") != condition.negated;
  return absl::OkStatus();
}

absl::Status NarrowDay(const Condition& condition, std::optional<absl::CivilDay>& day) {
  absl::CivilDay parsed;
  if (condition.negated || !absl::ParseCivilTime(condition.value, &parsed)) return UnknownValue(condition);
  day = parsed;
  return absl::OkStatus();
}

absl::Status Narrow(const Condition& condition, const common::Units& units, ProblemFilter& filter) {
  const std::string& field = condition.field;
  const std::string& value = condition.value;
  if (field == "state") return NarrowMask(condition, ProblemStateFromName(value), filter.states);
  if (field == "source") return NarrowMask(condition, ProblemSourceFromName(value), filter.sources);
  if (field == "problem_class") return NarrowMask(condition, ProblemClassFromName(value), filter.classes);
  if (field == "extent") return NarrowMask(condition, ProblemExtentFromName(value), filter.extents);
  if (field == "overdue") return NarrowFlag(condition, filter.overdue);
  if (field == "paused") return NarrowFlag(condition, filter.paused);
  if (field == "escalated") return NarrowFlag(condition, filter.escalated);
  if (field == "due_before") return NarrowDay(condition, filter.due_before);
  if (field == "due_after") return NarrowDay(condition, filter.due_after);
  if (field == "category") {
    (condition.negated ? filter.not_categories : filter.categories).push_back(value);
    return absl::OkStatus();
  }
  if (field == "person") {
    filter.person = common::IdFromName(value, "members");
    return filter.person == 0 || condition.negated ? UnknownValue(condition) : absl::OkStatus();
  }
  if (field == "recurrence_of") {
    filter.recurrence_of = common::IdFromName(value, "problems");
    return filter.recurrence_of == 0 || condition.negated ? UnknownValue(condition) : absl::OkStatus();
  }
  if (field == "order") {
    filter.order = common::IdFromName(value, "orders");
    return filter.order == 0 || condition.negated ? UnknownValue(condition) : absl::OkStatus();
  }
  const std::optional<std::string> code = common::CodeIn(value);
  const std::optional<common::UnitView> unit = code ? units.FindByCode(*code) : std::nullopt;
  if (!unit) return UnknownValue(condition);
  (condition.negated ? filter.not_supervising : filter.supervising).push_back(unit->uid);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProblemFilter> ParseProblemFilter(std::string_view filter, const common::Units& units,
                                                 uint32_t default_states) {
  RONGHE_ASSIGN_OR_RETURN(
      const std::vector<Condition> conditions,
      common::ParseFilter(
          filter, {"state", "category", "source", "problem_class", "extent", "overdue", "paused", "escalated", "person",
                   "order", "recurrence_of", "supervising_unit", "due_before", "due_after"}));
  ProblemFilter parsed;
  bool state_given = false;
  for (const Condition& condition : conditions) {
    RONGHE_RETURN_IF_ERROR(Narrow(condition, units, parsed));
    state_given |= condition.field == "state";
  }
  if (!state_given) parsed.states &= default_states;
  return parsed;
}

}  // namespace ronghe::rectification
