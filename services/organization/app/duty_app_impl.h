#pragma once

// What the parts of DutyApp share; for its own files only.

#include <string>
#include <string_view>
#include <vector>

#include "services/organization/app/duty_app.h"

namespace ronghe::organization {

template <>
struct Collection<DutyId> {
  static constexpr std::string_view kName = "duties";
};
template <>
struct Collection<DutyResultId> {
  static constexpr std::string_view kName = "dutyResults";
};

inline common::MonthNumber MonthOfDay(absl::CivilDay day) {
  return common::MonthOf(absl::CivilMonth(day));
}

// Ends a part on a day, or on its first day where that is later.
void EndPartOn(StoredPart& part, absl::CivilDay day, PartEndReason reason);
// Adds what is wrong with parties by themselves.
void CheckParties(DutyKind kind, const std::vector<DutyApp::Party>& parties, std::string_view path,
                  common::Violations& violations);
// Why something is ended or corrected: 1 to 200 characters.
void CheckDutyReason(const std::string& reason, common::Violations& violations);

}  // namespace ronghe::organization
