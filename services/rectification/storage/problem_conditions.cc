#include "services/rectification/storage/problem_conditions.h"

#include <algorithm>

#include <fmt/format.h>

#include "services/common/values/clock.h"

namespace ronghe::rectification {
namespace {

namespace sql = common::sql;
using sql::Value;

// `column IN (…)` of the values 1 to `greatest` that a mask allows; nothing where it allows all.
void AddMask(std::string_view column, uint32_t mask, int greatest, std::string& text) {
  std::string list;
  for (int value = 1; value <= greatest; ++value) {
    if ((mask >> value & 1u) != 0) list += fmt::format("{}{}", list.empty() ? "" : ", ", value);
  }
  const uint32_t all = ((1u << (greatest + 1)) - 1) & ~1u;
  if ((mask & all) != all) text += fmt::format(" AND {} IN ({})", column, list.empty() ? "0" : list);
}

// `column IN (?, …)` padded, so that few statements are prepared.
template <typename List, typename ToValue>
void AddIn(std::string_view column, std::string_view in, const List& list, ToValue to_value, std::string& text,
           std::vector<Value>& args) {
  if (list.empty()) return;
  const int padded = sql::PaddedCount(static_cast<int>(list.size()));
  text += fmt::format(" AND {} {} ({})", column, in, sql::Placeholders(padded));
  for (int i = 0; i < padded; ++i) {
    args.push_back(to_value(list[std::min<size_t>(static_cast<size_t>(i), list.size() - 1)]));
  }
}

Value OfUnit(common::UnitUid unit) {
  return unit.value;
}
Value OfText(const std::string& value) {
  return value;
}

void AddFlag(std::string_view yes, std::string_view no, const std::optional<bool>& wanted, std::string& text) {
  if (wanted) text += fmt::format(" AND {}", *wanted ? yes : no);
}

void AddDay(std::string_view condition, const std::optional<absl::CivilDay>& day, std::string& text,
            std::vector<Value>& args) {
  if (!day) return;
  text += fmt::format(" AND {} ?", condition);
  args.emplace_back(common::DayNumber(*day));
}

}  // namespace

std::string UnitCondition(std::span<const common::UnitUid> units, std::vector<Value>& args) {
  const int padded = sql::PaddedCount(static_cast<int>(units.size()));
  for (int i = 0; i < padded; ++i) {
    args.emplace_back(units[std::min<size_t>(static_cast<size_t>(i), units.size() - 1)].value);
  }
  return fmt::format("unit_uid IN ({})", sql::Placeholders(padded));
}

void AddConditions(const ProblemFilter& filter, std::string& text, std::vector<Value>& args) {
  AddMask("state", filter.states, static_cast<int>(ProblemState::kCancelled), text);
  AddMask("source", filter.sources, static_cast<int>(ProblemSource::kOther), text);
  AddMask("class", filter.classes, static_cast<int>(ProblemClass::kLongTerm), text);
  AddMask("extent", filter.extents, static_cast<int>(ProblemExtent::kCommon), text);
  AddIn("category", "IN", filter.categories, OfText, text, args);
  AddIn("category", "NOT IN", filter.not_categories, OfText, text, args);
  AddFlag("overdue = 1", "overdue = 0", filter.overdue, text);
  AddFlag("paused_left IS NOT NULL", "paused_left IS NULL", filter.paused, text);
  AddFlag("escalation_steps > 0", "escalation_steps = 0", filter.escalated, text);
  if (filter.with_extension) text += " AND extension_day IS NOT NULL";
  if (filter.person != 0) {
    text += " AND person_id = ?";
    args.emplace_back(filter.person);
  }
  if (filter.order != 0) {
    text += " AND order_id = ?";
    args.emplace_back(filter.order);
  }
  if (filter.recurrence_of != 0) {
    text += " AND recurrence_of = ?";
    args.emplace_back(filter.recurrence_of);
  }
  AddDay("due_day <", filter.due_before, text, args);
  AddDay("due_day >", filter.due_after, text, args);
  AddDay("look_back_day <=", filter.look_back_until, text, args);
  AddIn("supervising_uid", "IN", filter.supervising, OfUnit, text, args);
  AddIn("supervising_uid", "NOT IN", filter.not_supervising, OfUnit, text, args);
  AddIn("escalated_uid", "IN", filter.escalated_to, OfUnit, text, args);
  AddIn("escalated_uid", "NOT IN", filter.not_escalated_to, OfUnit, text, args);
  if (filter.not_submitter.key.empty()) return;
  // As SamePerson judges: by members where both have one, else by principals, else by keys.
  text +=
      " AND NOT (CASE WHEN submitter_member <> 0 AND CAST(? AS BIGINT) <> 0 THEN submitter_member = ? "
      "WHEN submitter_principal <> 0 AND CAST(? AS BIGINT) <> 0 THEN submitter_principal = ? ELSE submitter_key = ? "
      "END)";
  args.insert(args.end(), {filter.not_submitter.member, filter.not_submitter.member, filter.not_submitter.principal,
                           filter.not_submitter.principal, filter.not_submitter.key});
}

std::string_view OrderKey(ProblemOrder order) {
  switch (order) {
    case ProblemOrder::kUnit:
      return "unit_uid";
    case ProblemOrder::kDue:
      return "COALESCE(due_day, 9223372036854775807)";
    case ProblemOrder::kNewest:
      return "(-create_us)";
  }
  return "unit_uid";
}

}  // namespace ronghe::rectification
