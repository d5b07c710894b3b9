#pragma once

#include <string>
#include <string_view>

namespace ronghe::gateway::cli {

// Columns that a text takes on a terminal: wide and full-width characters (East Asian Width W and F) take two,
// combining marks and format characters none. Bytes that are no UTF-8 count as one.
int DisplayWidth(std::string_view text);

// The text without control characters, which could steer the terminal that shows it; they become U+FFFD.
std::string Printable(std::string_view text);

// The beginning of a text that fits into `columns`, ending in `…` where something was cut off.
std::string Shorten(std::string_view text, int columns);

}  // namespace ronghe::gateway::cli
