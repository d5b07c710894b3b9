#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "services/common/values/status.h"

namespace ronghe::common {

// What a text field may hold. Lengths are in characters (Unicode code points), not bytes.
struct TextRule {
  std::string_view field;  // path in the request
  size_t min = 0;          // 1: required
  size_t max = 0;
};

// Adds REQUIRED, TOO_LONG, NOT_UTF8 or CONTROL_CHARACTER. Surrounding blanks do not make a required text.
void CheckText(const TextRule& rule, std::string_view value, Violations& violations);

// Characters of a valid text; -1 if it is not valid UTF-8 (no overlong forms, no surrogates).
int64_t CountCharacters(std::string_view text);
bool HasControlCharacters(std::string_view valid_utf8);
// The longest row of decimal digits: so phones and identity numbers are kept out of free texts.
int LongestNumber(std::string_view text);
// As many digits as a mobile phone has; identity numbers have more.
inline constexpr int kPersonalDigits = 11;
// 32 hexadecimal digits in groups of 8-4-4-4-12.
bool IsUuid(std::string_view text);

}  // namespace ronghe::common
