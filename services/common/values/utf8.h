#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ronghe::common {

// `text` as valid UTF-8 of at most `max_bytes`: bytes that are none become '?', and what is too long ends with `…` (at
// a character's end). Pure.
std::string CleanUtf8(std::string_view text, size_t max_bytes);

// Whether `text` is valid UTF-8 (no surrogates, no overlong forms) without NUL. Pure.
bool IsCleanUtf8(std::string_view text);

}  // namespace ronghe::common
