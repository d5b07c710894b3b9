#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ronghe::organization {

// A name as it is searched: without blanks, Latin letters in lower case, one kind of middle dot.
std::string NormalizeName(std::string_view name);
// Code points of a valid text, and its first ones.
size_t NameLength(std::string_view normalized);
std::string_view NamePrefix(std::string_view normalized, size_t characters);

}  // namespace ronghe::organization
