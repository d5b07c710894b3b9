#pragma once

#include <string>
#include <string_view>

#include "services/organization/domain/member.h"

// What callers see of personal data unless they ask for it in full.
namespace ronghe::organization {

// The first character and two stars, however long the name is: `王**`.
std::string MaskName(std::string_view name);
// The first four and the last four characters: `3707**********1234`.
std::string MaskIdentityNumber(std::string_view number);
// The first three and the last four digits: `138****1234`; of a shorter phone only the last two: `****56`.
std::string MaskPhone(std::string_view phone);
// Only the year.
DateParts MaskBirthDate(absl::CivilDay day);

// The fields with all personal data masked.
Member::Fields Masked(const Member& member);

}  // namespace ronghe::organization
