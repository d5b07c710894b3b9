#include "services/rectification/rpc/rules_codec.h"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "services/common/values/status.h"
#include "services/common/values/text_file.h"
#include "services/common/values/wire.h"
#include "services/rectification/rpc/rules/default_calendar.txtpb.h"
#include "services/rectification/rpc/rules/default_policy.txtpb.h"

namespace ronghe::rectification {
namespace {

using common::Violations;

template <typename Days>
std::vector<absl::CivilDay> DaysFrom(const Days& dates, const std::string& path, Violations& violations) {
  std::vector<absl::CivilDay> days;
  for (int i = 0; i < dates.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", path, i);
    const std::optional<absl::CivilDay> day = common::ReadDate(dates[i], at, violations);
    if (day) days.push_back(*day);
  }
  return days;
}

}  // namespace

absl::StatusOr<LoadedPolicy> ReadPolicy(std::string_view text) {
  LoadedPolicy loaded;
  RONGHE_RETURN_IF_ERROR(common::ParseText(text, loaded.message));
  Policy policy;
  policy.version = loaded.message.version();
  for (const v1::ProblemCategory& one : loaded.message.categories()) {
    policy.categories.push_back({one.code(), one.title_zh(), one.title_en()});
  }
  for (const v1::EscalationStep& one : loaded.message.escalation()) {
    policy.escalation.push_back({one.days(), one.level()});
  }
  policy.look_back_days.assign(loaded.message.look_back_days().begin(), loaded.message.look_back_days().end());
  policy.due_soon_days = loaded.message.due_soon_days();
  for (const v1::RiskReviewRule& one : loaded.message.risk_reviews()) {
    policy.risk_reviews.push_back({one.rating(), one.days()});
  }
  RONGHE_ASSIGN_OR_RETURN(loaded.policy, CheckPolicy(std::move(policy)));
  return loaded;
}

absl::StatusOr<LoadedCalendar> ReadCalendar(std::string_view text) {
  v1::WorkCalendar message;
  RONGHE_RETURN_IF_ERROR(common::ParseText(text, message));
  Violations violations;
  std::vector<WorkCalendar::Year> years;
  for (int i = 0; i < message.years_size(); ++i) {
    const v1::WorkCalendarYear& one = message.years(i);
    years.push_back({one.year(), one.source(),
                     DaysFrom(one.holidays(), fmt::format("years[{}].holidays", i), violations),
                     DaysFrom(one.workdays(), fmt::format("years[{}].workdays", i), violations)});
  }
  absl::StatusOr<WorkCalendar> calendar = WorkCalendar::Create(message.version(), std::move(years));
  violations.AddAll(calendar.status());
  RONGHE_RETURN_IF_ERROR(violations.ToStatus());
  return LoadedCalendar{std::move(message), *std::move(calendar)};
}

absl::StatusOr<LoadedPolicy> LoadPolicy(const std::string& file) {
  RONGHE_ASSIGN_OR_RETURN(const std::string text, common::ReadRulesFile(file, DefaultPolicy(), "policy"));
  return ReadPolicy(text);
}

absl::StatusOr<LoadedCalendar> LoadCalendar(const std::string& file) {
  RONGHE_ASSIGN_OR_RETURN(const std::string text, common::ReadRulesFile(file, DefaultCalendar(), "calendar"));
  return ReadCalendar(text);
}

}  // namespace ronghe::rectification
