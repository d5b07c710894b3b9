#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/civil_time.h>

#include "services/common/values/ids.h"
#include "services/common/values/status.h"
#include "services/organization/domain/rules.h"

namespace ronghe::organization {

using TermId = common::Id<struct TermIdTag>;

// Numbers are those of ronghe.organization.v1.
enum class TermState { kUnspecified = 0, kCurrent = 1, kExpiring = 2, kOverdue = 3, kEnded = 4 };
enum class ElectionState { kNone = 0, kPlanned = 1, kFailed = 2, kHeld = 3 };
enum class ExtensionReason { kNone = 0, kOther = 5 };  // 1 to 5 are known

// What can happen to a term. kApproach and kPass come from the clock. An extension goes to a day that is far off, or
// near enough for the term to be expiring still.
enum class TermEvent { kApproach, kPass, kExtendFar, kExtendNear, kPlan, kFail, kElect, kEnd };

common::Text StateText(TermState state);
common::Text EventText(TermEvent event);
std::optional<TermState> TermStateFromName(std::string_view name);

// The state after `event`; FAILED_PRECONDITION, reason TERM_STATE.
absl::StatusOr<TermState> NextState(TermState state, TermEvent event, const std::string& resource);

// The days of a term.
struct TermDates {
  absl::CivilDay start;
  absl::CivilDay original_due;  // the last day as elected
  absl::CivilDay due;           // the last day, extensions included
  absl::CivilDay expiring;      // from this day on it is expiring

  // Of a term that begins on `start` under the rules of that day; `years` as TermRules::YearsOf gives them, not 0.
  static TermDates Of(absl::CivilDay start, int years, const TermRules& rules);
  // The same after an extension.
  TermDates ExtendedTo(absl::CivilDay due, const TermRules& rules) const;
  // The furthest day to which it may be extended.
  absl::CivilDay LatestDue(const TermRules& rules) const;
  // What a term that has not ended is on a day.
  TermState StateOn(absl::CivilDay day) const;
  // The first day after `day` on which that changes; nullopt: never.
  std::optional<absl::CivilDay> NextChange(absl::CivilDay day) const;
};

}  // namespace ronghe::organization
