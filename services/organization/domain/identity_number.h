#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/time/civil_time.h>

namespace ronghe::organization {

// Citizen identity numbers as in GB 11643-1999: six digits of division, eight of birth date, three in sequence (the
// last one odd for men, even for women), and a check character (ISO 7064 MOD 11-2).

// Without surrounding blanks and with a capital X.
std::string NormalizeIdentityNumber(std::string_view text);
// The check character for the first 17 digits; '\0' if they are not 17 digits.
char IdentityCheckCharacter(std::string_view digits);
// 17 digits and the right check character.
bool IsIdentityNumber(std::string_view number);
// The birth date inside a number; nullopt if it is no day of the calendar. Requires IsIdentityNumber.
std::optional<absl::CivilDay> BirthDateIn(std::string_view number);
// Whether a number is a man's. Requires IsIdentityNumber.
bool IsMaleIdentityNumber(std::string_view number);

}  // namespace ronghe::organization
