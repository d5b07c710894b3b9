#include "services/organization/domain/name_text.h"

#include <array>

namespace ronghe::organization {
namespace {

bool Continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

constexpr std::string_view kDot = "\u00B7";
// What people type for it: bullet, hyphenation point, katakana dot and its half-width form, full-width and halfwidth
// stops.
constexpr std::array<std::string_view, 6> kDots = {"\u2022", "\u2027", "\u30FB", "\uFF65", "\uFF0E", "."};
constexpr std::array<std::string_view, 4> kBlanks = {" ", "\t", "\u00A0", "\u3000"};

}  // namespace

std::string NormalizeName(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    size_t size = 1;
    while (size < name.size() && Continues(name[size])) ++size;
    const std::string_view character = name.substr(0, size);
    name.remove_prefix(size);
    bool blank = false;
    for (std::string_view other : kBlanks) blank = blank || character == other;
    if (blank) continue;
    bool dot = false;
    for (std::string_view other : kDots) dot = dot || character == other;
    if (dot) {
      text += kDot;
    } else if (size == 1 && character[0] >= 'A' && character[0] <= 'Z') {
      text += static_cast<char>(character[0] - 'A' + 'a');
    } else {
      text += character;
    }
  }
  return text;
}

size_t NameLength(std::string_view normalized) {
  size_t length = 0;
  for (char c : normalized) length += Continues(c) ? 0 : 1;
  return length;
}

std::string_view NamePrefix(std::string_view normalized, size_t characters) {
  size_t end = 0;
  for (; end < normalized.size(); ++end) {
    if (!Continues(normalized[end]) && characters-- == 0) break;
  }
  return normalized.substr(0, end);
}

}  // namespace ronghe::organization
